/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the trace of events. */
#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/sched.h"
#include "core/host/trace.h"
#include "core/shell/commands.h"
#include "core/terminal/report.h"
#include "core/trace/trace_text.h"
#include "drivers/host/clock.h"
#include "mm/host/heap.h"

enum { DUMP_EVENTS = 64, TEXT_SIZE = 96, WHO_SIZE = VM_NAME_SIZE + 8 };

enum status commands_trace_on(const struct argument *args, struct report *out, struct error *err)
{
	(void)args;
	(void)out;
	return trace_start(err);
}

void commands_trace_off(const struct argument *args, struct report *out)
{
	(void)args;
	(void)out;
	trace_stop();
}

static void show_event(const struct trace_event *event, u32 cpu, struct report *out)
{
	const struct vm *vm = vm_by_id(event->who >> 16);
	char who[WHO_SIZE] = "", text[TEXT_SIZE];

	if (vm) /* else the thread is no vCPU */
		format_text(who, sizeof(who), "%s.%u", vm->config->name, event->who & 0xffff);
	trace_text_describe(event, text, sizeof(text));
	report_row(out, "{uptime_us}%12llu cpu{cpu}%-3u {who}%-12s {what}%-9s {text}%s",
		   clock_uptime_at(event->tsc) / 1000, cpu, who, trace_text_what(event->what),
		   text);
}

/* Opens each CPU's ring at its last `most` events. Returns the sum of these events. */
static u64 open_readers(struct trace_reader *readers, u64 most)
{
	u64 count = 0;

	for (u32 i = 0; i < cpu_count(); i++) {
		trace_ring_open(&readers[i], cpu_by_number(i)->trace, most);
		count += readers[i].end - readers[i].position;
	}
	return count;
}

enum status commands_trace_dump(const struct argument *args, struct report *out, struct error *err)
{
	u64 most = args[0].text ? args[0].number : DUMP_EVENTS, count;
	size_t pages = pages_of(cpu_count() * sizeof(struct trace_reader));
	struct trace_reader *readers = heap_alloc_pages(pages);
	struct trace_event event;
	int cpu;

	if (!readers)
		return fail(err, ERR_NO_MEMORY, "no memory to read the trace");
	trace_hold(true);
	count = open_readers(readers, min_u64(most, TRACE_RING_EVENTS));
	report_list(out, "events");
	while ((cpu = trace_ring_next(readers, cpu_count(), &event)) >= 0) {
		if (count-- <= most)
			show_event(&event, (u32)cpu, out);
		sched_yield(); /* the serial line is slow: other threads run between events */
	}
	trace_hold(false);
	report_list_end(out);
	heap_free_pages(readers, pages);
	return OK;
}
