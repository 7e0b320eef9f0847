/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of the exit kinds' names. */
#include "core/trace/exit_kind.h"

static const char *const kind_names[EXIT_KIND_COUNT] = {
	[EXIT_KIND_CPUID] = "cpuid",	     [EXIT_KIND_MSR] = "msr",
	[EXIT_KIND_PORT] = "port",	     [EXIT_KIND_MMIO] = "mmio",
	[EXIT_KIND_APIC] = "apic",	     [EXIT_KIND_HLT] = "hlt",
	[EXIT_KIND_HYPERCALL] = "hypercall", [EXIT_KIND_INTERRUPT] = "interrupt",
	[EXIT_KIND_WINDOW] = "window",	     [EXIT_KIND_EXCEPTION] = "exception",
	[EXIT_KIND_OTHER] = "other",
};

const char *exit_kind_name(enum exit_kind kind)
{
	return kind_names[kind];
}
