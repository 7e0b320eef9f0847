/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes to CR0 and CR4 that change bits of ours. What is valid is core/model/control.c's.
 * SDM 3C "Exit Qualification for Control-Register Accesses".
 */
#include "vmx/control.h"

#include "core/guest/exit.h"
#include "core/guest/vm.h"
#include "core/memory/types.h"
#include "core/model/control.h"
#include "core/model/cpuid.h"
#include "vmx/failure.h"
#include "vmx/state.h"
#include "vmx/vcpu.h"
#include "vmx/vmcs.h"

/* CR4 bits whose real value follows what the guest writes although writing them exits. */
#define CR4_FOLLOWED (CR4_OSXSAVE | CR4_PKE)

void vmx_control_sync_cd(struct vmx_vcpu *v, u64 cr0)
{
	v->uncached = (cr0 & CR0_CD) && v->vcpu.vm && memory_types_exact(&v->vcpu.vm->memory);
}

/*
 * VM entry and VM exit leave CR0.CD as it is (SDM 3C "Loading Guest Control
 * Registers"): a guest's that counts is this CPU's while the guest runs.
 */
void vmx_control_set_caching(bool on)
{
	u64 cr0 = x86_read_cr0();

	x86_write_cr0(on ? cr0 & ~(u64)CR0_CD : cr0 | CR0_CD);
}

/*
 * A write that changes bits of ours. What is valid is taken into the shadow, and
 * the guest executes the instruction again: now it changes nothing of ours, and
 * hardware does the rest (paging on and off, long mode, table pointers).
 */
static enum verdict write_cr0(struct vmx_vcpu *v, u64 value)
{
	if (!control_cr0_valid(&v->vcpu.ctl, value))
		return VERDICT_GP;
	vmcs_write(VMCS_CR0_SHADOW, value);
	vmx_control_sync_cd(v, value);
	if (v->uncached) /* it is this CPU's with the next vmx_entry_run */
		vcpu_reconsider(&v->vcpu);
	return VERDICT_RESUME;
}

static enum verdict write_cr4(struct vmx_vcpu *v, u64 value)
{
	u64 real = vmcs_read(VMCS_GUEST_CR4) & ~CR4_FOLLOWED;

	if (!control_cr4_valid(&v->vcpu.vm->cpuid->model, &v->vcpu.ctl, value))
		return VERDICT_GP;
	vmcs_write(VMCS_GUEST_CR4, real | (value & CR4_FOLLOWED));
	vmcs_write(VMCS_CR4_SHADOW, value);
	v->cr4 = value;
	return VERDICT_RESUME;
}

enum verdict vmx_control_exit(struct vmx_vcpu *v)
{
	u64 info = vmcs_read(VMCS_QUALIFICATION);
	unsigned access = info >> CR_ACCESS_SHIFT & CR_ACCESS_MASK;
	unsigned number = info & CR_NUMBER_MASK;
	u64 value;

	vmx_state_load_regs(v);
	vmx_state_load_control(v);
	value = v->vcpu.regs.gpr[info >> CR_REGISTER_SHIFT & CR_REGISTER_MASK];
	if (!vmx_state_is_64bit())
		value = (u32)value;
	if (access == CR_ACCESS_MOV_TO && number == 0)
		return write_cr0(v, value);
	if (access == CR_ACCESS_MOV_TO && number == 4)
		return write_cr4(v, value);
	vmx_failure_stop(v, "an access to a control register that should not exit");
	return VERDICT_RESUME;
}
