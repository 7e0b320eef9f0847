/* SPDX-License-Identifier: BSD-2-Clause */
/* Describes events, with one table of names for each of their numbers. */
#include "core/trace/trace_text.h"

#include "apic/virt/apic_regs.h"
#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/model/event.h"
#include "core/sched/thread.h"
#include "core/trace/exit_kind.h"

static const char *const what_names[TRACE_WHAT_COUNT] = {
	[TRACE_EXIT] = "exit",	   [TRACE_INJECT] = "inject", [TRACE_IPI] = "ipi",
	[TRACE_SWITCH] = "switch", [TRACE_WAKE] = "wake",     [TRACE_HYPERCALL] = "hypercall",
};

const char *trace_text_what(unsigned what)
{
	return what < TRACE_WHAT_COUNT ? what_names[what] : "?";
}

static const char *const event_names[] = {
	[EVENT_INTR] = "interrupt",
	[EVENT_NMI] = "NMI",
	[EVENT_EXCEPTION] = "exception",
	[EVENT_SOFT_INT] = "INT n",
};

static const char *const delivery_names[] = {
	[APIC_FIXED] = "fixed",	  [APIC_LOWEST_PRIORITY] = "lowest priority",
	[APIC_SMI] = "SMI",	  [APIC_NMI] = "NMI",
	[APIC_INIT] = "INIT",	  [APIC_STARTUP] = "SIPI",
	[APIC_EXTINT] = "ExtINT",
};

/* In the order of enum pending. */
static const char *const pending_names[] = {
	"irq",	 "timer", "resched", "stop", "flush", "input",
	"alarm", "pause", "record",  "move", "apic",
};
static_assert(BIT(ARRAY_SIZE(pending_names)) == PENDING_END, "each pending bit has a name");

static const char *name_of(const char *const *names, unsigned count, unsigned index)
{
	return index < count && names[index] ? names[index] : "?";
}

static void describe_pending(u32 bits, char *buf, size_t size)
{
	size_t length = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < ARRAY_SIZE(pending_names) && length < size; i++)
		if (bits & BIT(i))
			length += format_text(buf + length, size - length, "%s%s",
					      length ? " " : "", pending_names[i]);
}

void trace_text_describe(const struct trace_event *event, char *buf, size_t size)
{
	u64 a = event->a, b = event->b;

	switch (event->what) {
	case TRACE_EXIT:
		format_text(buf, size, "%s rip 0x%llx code 0x%x info 0x%llx",
			    event->kind < EXIT_KIND_COUNT ? exit_kind_name(event->kind) : "?", a,
			    event->code, b);
		break;
	case TRACE_INJECT:
		format_text(buf, size, "%s vector %u error 0x%llx",
			    name_of(event_names, ARRAY_SIZE(event_names), event->kind), event->code,
			    a);
		break;
	case TRACE_IPI:
		format_text(buf, size, "%s vector %u to 0x%llx",
			    name_of(delivery_names, ARRAY_SIZE(delivery_names), event->kind),
			    event->code, a);
		break;
	case TRACE_SWITCH:
		format_text(buf, size, "to %s", a ? (const char *)event->a : "idle");
		break;
	case TRACE_WAKE:
		describe_pending(event->code, buf, size);
		break;
	case TRACE_HYPERCALL:
		format_text(buf, size, "number %llu result 0x%llx", a, b);
		break;
	default:
		format_text(buf, size, "what %u a 0x%llx b 0x%llx", event->what, a, b);
	}
}
