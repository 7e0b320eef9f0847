/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handles a guest's writes to CR0 and CR4 that change bits which the host owns. Never
 * decides which values are valid: core/model/control.c does.
 * SDM 3C "Exit Qualification for Control-Register Accesses".
 */
#include "vmx/control.h"

#include "core/guest/exit.h"
#include "core/guest/vm.h"
#include "core/memory/types.h"
#include "core/model/control.h"
#include "core/model/cpuid.h"
#include "vmx/state.h"
#include "vmx/vcpu.h"
#include "vmx/vmcs.h"

/* CR4 bits whose writes exit, and that then get the guest's value in the real register too. */
#define CR4_COPIED (CR4_OSXSAVE | CR4_PKE)

void vmx_control_sync_cd(struct vmx_vcpu *v, u64 cr0)
{
	v->uncached = (cr0 & CR0_CD) && v->vcpu.vm && memory_types_exact(&v->vcpu.vm->memory);
}

/*
 * VM entry and VM exit do not change CR0.CD (SDM 3C "Loading Guest Control Registers").
 * Where a guest's CD has effect, software therefore sets it in this CPU while the guest runs.
 */
void vmx_control_set_caching(bool on)
{
	u64 cr0 = x86_read_cr0();

	x86_write_cr0(on ? cr0 & ~(u64)CR0_CD : cr0 | CR0_CD);
}

/*
 * A write that changes bits which the host owns. Stores a valid value in the shadow; then
 * the guest executes the instruction again. This time it changes none of the host's bits, so
 * it does not exit, and hardware does the rest (paging, long mode, table pointers).
 */
static enum verdict write_cr0(struct vmx_vcpu *v, u64 value)
{
	if (!control_cr0_valid(&v->vcpu.ctl, value))
		return VERDICT_GP;
	vmcs_write(VMCS_CR0_SHADOW, value);
	vmx_control_sync_cd(v, value);
	if (v->uncached) /* run() sets CD in this CPU before the next entry */
		vcpu_reconsider(&v->vcpu);
	return VERDICT_RESUME;
}

static enum verdict write_cr4(struct vmx_vcpu *v, u64 value)
{
	u64 real = vmcs_read(VMCS_GUEST_CR4) & ~CR4_COPIED;

	if (!control_cr4_valid(&v->vcpu.vm->cpuid->model, &v->vcpu.ctl, value))
		return VERDICT_GP;
	vmcs_write(VMCS_GUEST_CR4, real | (value & CR4_COPIED));
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
	vm_stop(v->vcpu.vm, VM_END_CRASH, "an access to a control register that should not exit");
	return VERDICT_RESUME;
}
