/* SPDX-License-Identifier: BSD-2-Clause */
/* Exits: the handler that vmx/entry.asm calls after each exit, and the kinds of exits. */
#pragma once

#include "core/trace/exit_kind.h"
#include "vmx/vmcs.h"

struct vmx_vcpu;

void vmx_exit(struct vmx_vcpu *v);

/* vmx/trace.c: vmx_exit, and records the exit in the trace. Called while the trace is on. */
void vmx_trace_exit(struct vmx_vcpu *v);

/* The kind under which an exit is counted, timed and traced. A constant reason costs no code. */
static inline enum exit_kind vmx_exit_kind(u64 reason)
{
	switch (reason) {
	case EXIT_CPUID:
		return EXIT_KIND_CPUID;
	case EXIT_RDMSR:
	case EXIT_WRMSR:
		return EXIT_KIND_MSR;
	case EXIT_IO:
		return EXIT_KIND_PORT;
	case EXIT_EPT_VIOLATION:
		return EXIT_KIND_MMIO;
	case EXIT_APIC_ACCESS:
	case EXIT_EOI:
	case EXIT_APIC_WRITE:
		return EXIT_KIND_APIC;
	case EXIT_HLT:
		return EXIT_KIND_HLT;
	case EXIT_VMCALL:
		return EXIT_KIND_HYPERCALL;
	case EXIT_INTERRUPT:
		return EXIT_KIND_INTERRUPT;
	case EXIT_INTERRUPT_WINDOW:
	case EXIT_NMI_WINDOW:
		return EXIT_KIND_WINDOW;
	case EXIT_EXCEPTION:
		return EXIT_KIND_EXCEPTION;
	default:
		return EXIT_KIND_OTHER;
	}
}
