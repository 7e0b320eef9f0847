/* SPDX-License-Identifier: BSD-2-Clause */
/* Turning the trace on and off, and the way into this CPU's ring. */
#include "core/host/trace.h"

#include "core/base/atomic.h"
#include "core/base/x86.h"
#include "core/host/cpu.h"
#include "mm/host/heap.h"

u32 trace_enabled;
static bool held;	  /* atomic; the administrator's thread writes */
static u32 times_started; /* the administrator's thread */

/* Interrupts are off; NMIs and machine checks note nothing. */
void trace_note(struct trace_event event)
{
	struct trace_ring *ring = atomic_load_acquire(&cpu_this()->trace);

	event.tsc = x86_rdtsc();
	if (ring && !atomic_get(&held))
		trace_ring_put(ring, &event);
}

enum status trace_start(struct error *err)
{
	for (u32 i = 0; i < cpu_count(); i++) {
		struct cpu *cpu = cpu_by_number(i);
		struct trace_ring *ring;

		if (cpu->trace || !cpu_is_online(cpu))
			continue;
		ring = heap_alloc_pages(TRACE_RING_PAGES);
		if (!ring)
			return fail(err, ERR_NO_MEMORY, "cpu%u: no memory for its trace", i);
		atomic_store_release(&cpu->trace, ring); /* its zeroes first */
	}
	if (!trace_on())
		atomic_set(&trace_enabled, ++times_started);
	return OK;
}

void trace_stop(void)
{
	atomic_set(&trace_enabled, 0);
}

void trace_hold(bool hold)
{
	atomic_set(&held, hold);
}
