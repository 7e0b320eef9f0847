/* SPDX-License-Identifier: BSD-2-Clause */
/* svm_exit, and the trace of it. */
#include "core/guest/vcpu_trace.h"
#include "svm/svm.h"

/* As svm/exit.c counts them. */
static enum exit_kind kind_of(u64 code)
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

void svm_exit_traced(struct svm_vcpu *v)
{
	const struct vmcb *vmcb = v->vmcb;
	enum exit_kind kind = kind_of(vmcb->exit_code);
	u64 info = kind == EXIT_KIND_MMIO ? vmcb->exit_info2 : vmcb->exit_info1;
	u64 rax = vmcb->rax;

	vcpu_trace_exit(&v->vcpu, kind, (u16)vmcb->exit_code, vmcb->rip, info);
	svm_exit(v);
	vcpu_trace_handled(&v->vcpu, kind, rax);
}
