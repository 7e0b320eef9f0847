/* SPDX-License-Identifier: BSD-2-Clause */
/* vmx_exit, and the trace of it. */
#include "core/guest/vcpu_trace.h"
#include "vmx/vmx.h"

/* As vmx/exit.c counts them. */
static enum exit_kind kind_of(u64 reason)
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

void vmx_exit_traced(struct vmx_vcpu *v)
{
	u64 reason = vmcs_read(VMCS_EXIT_REASON);
	enum exit_kind kind = kind_of(reason);
	u64 info = vmcs_read(kind == EXIT_KIND_MMIO ? VMCS_GUEST_PHYSICAL : VMCS_QUALIFICATION);
	u64 rax = v->vcpu.regs.gpr[RAX];

	vcpu_trace_exit(&v->vcpu, kind, (u16)reason, vmcs_read(VMCS_GUEST_RIP), info);
	vmx_exit(v);
	vcpu_trace_handled(&v->vcpu, kind, rax);
}
