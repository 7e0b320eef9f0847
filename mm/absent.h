/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the list of pages that were removed from a guest's nested tables, with the
 * addresses of their contents. The caller provides storage and locks. Pure.
 */
#pragma once

#include "core/base/addr.h"

enum absent_why {
	ABSENT_NOT,	/* not in the list */
	ABSENT_EVICTED, /* removed; its contents are kept */
	ABSENT_FAILED,	/* its contents are lost */
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

/*
 * Returns why the page with gpa is absent; sets *host, except for ABSENT_NOT, to its contents;
 * 0: none.
 */
enum absent_why absent_find(const struct absent *absent, u64 gpa, struct hpa *host);

/* True if a page of [gpa, gpa + size) is in the list. */
bool absent_any(const struct absent *absent, u64 gpa, u64 size);

/* Adds the page at gpa, or changes its row. False: the list is full. */
bool absent_add(struct absent *absent, u64 gpa, struct hpa host, enum absent_why why);

/* Removes the page at gpa, if it is in the list. */
void absent_remove(struct absent *absent, u64 gpa);
