/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/page_events.h"

#include "core/base/x86.h"
#include "lib/apic.h"
#include "lib/timer.h"

enum { WAIT_MS = 20000 };

struct page_events page_events = {.ring_size = PAGE_RING};
struct page_not_present_data page_data __attribute__((aligned(64)));
struct page_ring page_ring __attribute__((aligned(4096)));

extern const char page_touch_end[];

/* Reads with one instruction of known address, so that a handler can continue after it. */
__attribute__((noinline)) u64 page_touch(u64 address)
{
	u64 value = PAGE_FAILED_VALUE;

	__asm__ volatile(".globl page_touch_end\n\tmov (%1), %0\npage_touch_end:"
			 : "+r"(value)
			 : "r"(address));
	return value;
}

/* Waits until the event is resolved by its token, and counts wrong events and resolutions. */
static void on_event(struct trap_frame *frame)
{
	u64 end = x86_rdtsc() + WAIT_MS * timer_tsc_per_ms();
	volatile struct page_ring *r = &page_ring;
	volatile struct page_not_present_resolution *event;

	page_events.told++;
	page_events.last = page_data;
	page_data.inuse = 0;
	while (r->head == r->tail && x86_rdtsc() < end)
		x86_pause();
	event = &r->event[r->tail % page_events.ring_size];
	if (r->head == r->tail || event->token != page_events.last.token ||
	    page_events.last.inuse != 1 || event->result > PAGE_FAILED)
		page_events.wrong++;
	if (event->result == PAGE_FAILED) {
		page_events.failed++;
		frame->rip = (u64)page_touch_end;
	}
	if (!page_events.keep_tail)
		r->tail = r->tail + 1;
}

static void on_resolved(struct trap_frame *frame)
{
	(void)frame;
	page_events.interrupts++;
	apic_eoi();
}

void page_events_init(void)
{
	trap_set_handler(PAGE_EVENT_VECTOR, on_event);
	trap_set_handler(PAGE_RESOLVED_VECTOR, on_resolved);
}

s64 page_events_register(u32 flags)
{
	s64 result = call(ASHLAR_CALL_PNP_RING, (u64)&page_ring, PAGE_RING);

	return result ? result
		      : call(ASHLAR_CALL_PNP_REGISTER, (u64)&page_data, PAGE_EVENT_VECTOR,
			     PAGE_RESOLVED_VECTOR, flags);
}
