/* SPDX-License-Identifier: BSD-2-Clause */
/* Exits: the handler that svm/entry.asm calls after each exit, and the kinds of exits. */
#pragma once

#include "core/trace/exit_kind.h"
#include "svm/vmcb.h"

struct svm_vcpu;

void svm_exit(struct svm_vcpu *v);

/* svm/trace.c: svm_exit, and records the exit in the trace. Called while the trace is on. */
void svm_trace_exit(struct svm_vcpu *v);

/* The kind under which an exit is counted, timed and traced. A constant code costs no code. */
static inline enum exit_kind svm_exit_kind(u64 code)
{
	if (code >= EXIT_EXCEPTION_BASE && code <= EXIT_EXCEPTION_LAST)
		return EXIT_KIND_EXCEPTION;
	switch (code) {
	case EXIT_CPUID:
		return EXIT_KIND_CPUID;
	case EXIT_MSR:
		return EXIT_KIND_MSR;
	case EXIT_IOIO:
		return EXIT_KIND_PORT;
	case EXIT_NPF:
		return EXIT_KIND_MMIO;
	case EXIT_AVIC_INCOMPLETE_IPI:
	case EXIT_AVIC_NOACCEL:
		return EXIT_KIND_APIC;
	case EXIT_HLT:
		return EXIT_KIND_HLT;
	case EXIT_VMMCALL:
		return EXIT_KIND_HYPERCALL;
	case EXIT_INTR:
		return EXIT_KIND_INTERRUPT;
	case EXIT_VINTR:
		return EXIT_KIND_WINDOW;
	default:
		return EXIT_KIND_OTHER;
	}
}
