/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the list of exit kinds. Exits are counted, timed and traced by kind. Pure. */
#pragma once

enum exit_kind {
	EXIT_KIND_CPUID,
	EXIT_KIND_MSR,
	EXIT_KIND_PORT,
	EXIT_KIND_MMIO,
	EXIT_KIND_APIC, /* an access to an accelerated APIC that hardware does not complete */
	EXIT_KIND_HLT,
	EXIT_KIND_HYPERCALL,
	EXIT_KIND_INTERRUPT,
	EXIT_KIND_WINDOW,
	EXIT_KIND_EXCEPTION,
	EXIT_KIND_OTHER,
	EXIT_KIND_COUNT
};

/* kind: below EXIT_KIND_COUNT. */
const char *exit_kind_name(enum exit_kind kind);
