/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's side of page-not-present events (pv/abi.h). The handler of an event waits for
 * the resolution. If the page has failed, it continues after the access. A guest with
 * threads would run another thread instead of waiting.
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

/* Like struct page_not_present_resolutions. */
struct page_ring {
	u32 head, tail;
	struct page_not_present_resolution event[PAGE_RING];
};

struct page_events {
	volatile u32 told, failed; /* events, and events whose page had failed */
	volatile u32 interrupts;   /* interrupts for resolutions */
	volatile u32 wrong;	   /* events and resolutions that violate the ABI */
	volatile bool keep_tail;   /* resolutions are left unread */
	u32 ring_size;
	struct page_not_present_data last;
};
extern struct page_events page_events;
extern struct page_not_present_data page_data;
extern struct page_ring page_ring;

/* Sets the handlers for events and for resolutions. */
void page_events_init(void);

/* Registers the ring and this CPU. flags: ASHLAR_PNP_*. Returns the first error, or 0. */
s64 page_events_register(u32 flags);

/* Reads a word. PAGE_FAILED_VALUE: an event said that the page has failed. */
u64 page_touch(u64 address);
