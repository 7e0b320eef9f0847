/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles an exit while the trace is on, and records it. */
#include "core/guest/vcpu_trace.h"
#include "vmx/exit.h"
#include "vmx/vcpu.h"

void vmx_trace_exit(struct vmx_vcpu *v)
{
	u64 reason = vmcs_read(VMCS_EXIT_REASON);
	enum exit_kind kind = vmx_exit_kind(reason);
	u64 info = vmcs_read(kind == EXIT_KIND_MMIO ? VMCS_GUEST_PHYSICAL : VMCS_QUALIFICATION);
	u64 rax = v->vcpu.regs.gpr[RAX];

	vcpu_trace_exit(&v->vcpu, kind, (u16)reason, vmcs_read(VMCS_GUEST_RIP), info);
	vmx_exit(v);
	vcpu_trace_handled(&v->vcpu, kind, rax);
}
