/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page-not-present events (pv/abi.h) as a guest takes them: in the handler of an
 * event it waits for the resolution, and goes on behind the access when the page
 * has failed. A guest with threads would run another one there.
 */
#pragma once

#include "lib/hypercall.h"
#include "lib/trap.h"

enum {
	PAGE_EVENT_VECTOR = 0x41,
	PAGE_RESOLVED_VECTOR = 0x51,
	PAGE_RING = 8,
	PAGE_FAILED_VALUE = 0xbad,
};

/* As struct page_not_present_resolutions. */
struct page_ring {
	u32 head, tail;
	struct page_not_present_resolution event[PAGE_RING];
};

struct page_events {
	volatile u32 told, failed; /* events, and those of them whose page had failed */
	volatile u32 interrupts;   /* that say so of a resolution */
	volatile u32 wrong;	   /* not as the ABI has it */
	volatile bool keep_tail;   /* resolutions are left unread */
	u32 ring_size;
	struct page_not_present_data last;
};
extern struct page_events page_events;
extern struct page_not_present_data page_data;
extern struct page_ring page_ring;

/* Sets the two handlers. */
void page_events_init(void);

/* Ring and registration of this CPU, flags: ASHLAR_PNP_*; the first error, or 0. */
s64 page_events_register(u32 flags);

/* Reads a word; PAGE_FAILED_VALUE: told that its page has failed. */
u64 page_touch(u64 address);
