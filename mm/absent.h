/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages that were taken out of a guest's nested tables, with where their
 * contents are. Pure; the caller gives it room and locks.
 */
#pragma once

#include "core/base/addr.h"

enum absent_why {
	ABSENT_NOT,	/* it is not in the list */
	ABSENT_EVICTED, /* taken away; its contents are kept */
	ABSENT_FAILED,	/* never to be used again */
};

struct absent_page {
	u64 gpa;
	u64 host; /* physical address, and enum absent_why in the low bits */
};

/* Sorted by gpa. */
struct absent {
	struct absent_page *page; /* [max] */
	u32 count, max;
};

/* Why the page at gpa is absent; *host (not for ABSENT_NOT): its memory, 0 for none. */
enum absent_why absent_find(const struct absent *absent, u64 gpa, struct hpa *host);

/* Is any page of [gpa, gpa + size) in the list? */
bool absent_any(const struct absent *absent, u64 gpa, u64 size);

/* Puts a page into the list, or changes what is said of it. False: there is no room. */
bool absent_add(struct absent *absent, u64 gpa, struct hpa host, enum absent_why why);

/* Takes it out, if it is there. */
void absent_remove(struct absent *absent, u64 gpa);
