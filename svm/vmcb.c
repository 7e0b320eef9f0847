/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Initializes a VMCB but for the guest's state: intercepts, maps, nested paging. APM2
 * "Intercept Operation", "IOIO Intercepts", "Nested Paging".
 */
#include "svm/vmcb.h"

#include "core/base/regs.h"
#include "core/guest/chips.h"
#include "core/guest/vm.h"
#include "core/memory/types.h"
#include "mm/host/heap.h"
#include "svm/msr.h"

void vmcb_init(struct vmcb *vmcb, const struct vm *vm)
{
	vmcb->intercept_exceptions = BIT(EXC_DB) | BIT(EXC_AC) | BIT(EXC_MC);
	vmcb->intercept3 = INTERCEPT_INTR | INTERCEPT_NMI | INTERCEPT_SMI | INTERCEPT_INIT |
			   INTERCEPT_RDPMC | INTERCEPT_CPUID | INTERCEPT_INVD | INTERCEPT_HLT |
			   INTERCEPT_INVLPGA | INTERCEPT_IOIO | INTERCEPT_MSR |
			   INTERCEPT_FERR_FREEZE | INTERCEPT_SHUTDOWN;
	vmcb->intercept4 = INTERCEPT_VMRUN | INTERCEPT_VMMCALL | INTERCEPT_VMLOAD |
			   INTERCEPT_VMSAVE | INTERCEPT_STGI | INTERCEPT_CLGI | INTERCEPT_SKINIT |
			   INTERCEPT_MONITOR | INTERCEPT_MWAIT | INTERCEPT_XSETBV |
			   INTERCEPT_RDPRU | INTERCEPT_WBINVD;
	vmcb->iopm_base = heap_to_phys(vm->chips->port_map).addr;
	vmcb->msrpm_base = svm_msr_map(false);
	vmcb->int_ctl = INT_CTL_V_INTR_MASKING;
	vmcb->np_control = NP_ENABLE;
	vmcb->g_pat = memory_types_pat(&vm->memory, PAT_RESET);
}
