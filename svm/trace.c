/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles an exit while the trace is on, and records it. */
#include "core/guest/vcpu_trace.h"
#include "svm/exit.h"
#include "svm/vcpu.h"

void svm_trace_exit(struct svm_vcpu *v)
{
	const struct vmcb *vmcb = v->vmcb;
	enum exit_kind kind = svm_exit_kind(vmcb->exit_code);
	u64 info = kind == EXIT_KIND_MMIO ? vmcb->exit_info2 : vmcb->exit_info1;
	u64 rax = vmcb->rax;

	vcpu_trace_exit(&v->vcpu, kind, (u16)vmcb->exit_code, vmcb->rip, info);
	svm_exit(v);
	vcpu_trace_handled(&v->vcpu, kind, rax);
}
