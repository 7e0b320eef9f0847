/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Failures that end a guest or the machine: a VMCB that VMRUN refuses, and a machine check
 * that a guest's shutdown hides.
 */
#include "svm/failure.h"

#include "core/base/log.h"
#include "core/base/msr_index.h"
#include "core/guest/exit.h"
#include "core/guest/vm.h"
#include "core/host/traps.h"
#include "svm/vcpu.h"

enum { MCG_STATUS_IN_PROGRESS = 1 << 2 };

/* While the guest's CR4.MCE is clear, a machine check is a shutdown (APM2 "#MC"). */
void svm_failure_check_machine(const struct svm_vcpu *v)
{
	u64 status;

	if (traps_rdmsr(MSR_MCG_STATUS, &status) && (status & MCG_STATUS_IN_PROGRESS))
		exit_machine_check(&v->vcpu);
}

void svm_failure_invalid(struct svm_vcpu *v)
{
	log_write(LOG_ERROR,
		  "%s: vCPU %u: VMRUN refuses the VMCB: CR0 %llx CR3 %llx CR4 %llx EFER %llx",
		  v->vcpu.vm->config->name, v->vcpu.id, v->vmcb->cr0, v->vmcb->cr3, v->vmcb->cr4,
		  v->vmcb->efer);
	vm_stop(v->vcpu.vm, VM_END_CRASH, "VMRUN refuses the guest's state");
}
