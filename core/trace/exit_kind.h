/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the kinds of exits, by which exits are counted, timed and traced. Pure. */
#pragma once

enum exit_kind {
	EXIT_KIND_CPUID,
	EXIT_KIND_MSR,
	EXIT_KIND_PORT,
	EXIT_KIND_MMIO,
	EXIT_KIND_APIC, /* an access to an APIC that hardware runs but does not complete */
	EXIT_KIND_HLT,
	EXIT_KIND_HYPERCALL,
	EXIT_KIND_INTERRUPT,
	EXIT_KIND_WINDOW,
	EXIT_KIND_EXCEPTION,
	EXIT_KIND_OTHER,
	EXIT_KIND_COUNT
};

const char *exit_kind_name(enum exit_kind kind);
