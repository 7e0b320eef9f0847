/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logs exits and entries that end a guest: all information from hardware and, for an
 * invalid guest state, the cause, which hardware does not report.
 */
#include "vmx/failure.h"

#include "core/base/cpuid_bits.h"
#include "core/base/log.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "vmx/check.h"
#include "vmx/cpu.h"
#include "vmx/vcpu.h"
#include "vmx/vmcs.h"

/* The controls or the host's state are invalid: our own bug, which ends only this guest. */
void vmx_failure_entry_refused(struct vmx_vcpu *v)
{
	u64 number = vmcs_read(VMCS_INSTRUCTION_ERROR);

	log_write(LOG_ERROR, "%s: vCPU %u: VM entry refused: error %llu, %s",
		  v->vcpu.vm->config->name, v->vcpu.id, number, vmx_check_error_name(number));
	vm_stop(v->vcpu.vm, VM_END_CRASH, vmx_check_error_name(number));
}

static void read_segment(struct check_segment *seg, unsigned which)
{
	seg->selector = (u16)vmcs_read(VMCS_GUEST_SELECTOR + 2 * which);
	seg->limit = (u32)vmcs_read(VMCS_GUEST_LIMIT + 2 * which);
	seg->access = (u32)vmcs_read(VMCS_GUEST_ACCESS + 2 * which);
	seg->base = vmcs_read(VMCS_GUEST_BASE + 2 * which);
}

static void read_check(struct vmx_check *check)
{
	const struct vmx_controls *controls = &cpu_this()->backend->controls;

	static_assert((int)CHECK_LDTR == (int)VMCS_SEG_LDTR && (int)CHECK_TR == (int)VMCS_SEG_TR,
		      "one numbering");
	*check = (struct vmx_check){
		.cr0 = vmcs_read(VMCS_GUEST_CR0),
		.cr3 = vmcs_read(VMCS_GUEST_CR3),
		.cr4 = vmcs_read(VMCS_GUEST_CR4),
		.efer = vmcs_read(VMCS_GUEST_EFER),
		.pat = vmcs_read(VMCS_GUEST_PAT),
		.dr7 = vmcs_read(VMCS_GUEST_DR7),
		.rip = vmcs_read(VMCS_GUEST_RIP),
		.rflags = vmcs_read(VMCS_GUEST_RFLAGS),
		.cr0_set = controls->cr0_set,
		.cr0_clear = controls->cr0_clear,
		.cr4_set = controls->cr4_set,
		.cr4_clear = controls->cr4_clear,
		.phys_bits = (u8)x86_cpuid(CPUID_LEAF_ADDRESS_SIZES, 0).eax,
		.long_mode = vmcs_read(VMCS_ENTRY_CONTROLS) & ENTRY_GUEST_64,
		.event = (u32)vmcs_read(VMCS_ENTRY_EVENT),
		.blocking = (u32)vmcs_read(VMCS_GUEST_BLOCKING),
		.activity = (u32)vmcs_read(VMCS_GUEST_ACTIVITY),
		.pending_debug = vmcs_read(VMCS_GUEST_PENDING_DEBUG),
		.gdtr_base = vmcs_read(VMCS_GUEST_BASE + 2 * VMCS_SEG_GDTR),
		.gdtr_limit = (u32)vmcs_read(VMCS_GUEST_LIMIT + 2 * VMCS_SEG_GDTR),
		.idtr_base = vmcs_read(VMCS_GUEST_BASE + 2 * VMCS_SEG_IDTR),
		.idtr_limit = (u32)vmcs_read(VMCS_GUEST_LIMIT + 2 * VMCS_SEG_IDTR),
	};
	for (unsigned i = 0; i < CHECK_SEGMENTS; i++)
		read_segment(&check->seg[i], i);
}

/* A failed entry does not change the state, so software's check finds the same cause. */
static void explain_state(struct error *err)
{
	u64 qualification = vmcs_read(VMCS_QUALIFICATION);
	struct vmx_check check;

	read_check(&check);
	if (qualification == 0 && vmx_check_state(&check, err) != OK)
		return;
	(void)fail(err, ERR_INVALID, "%s", vmx_check_entry_name(qualification));
}

void vmx_failure_describe_entry(u64 reason, struct error *err)
{
	if (reason == EXIT_ENTRY_STATE)
		explain_state(err);
	else
		(void)fail(err, ERR_INVALID, "%s",
			   reason == EXIT_ENTRY_MSR ? "an MSR cannot be loaded" : "machine check");
}

void vmx_failure_entry_failed(struct vmx_vcpu *v, u64 reason)
{
	struct error err;

	if (reason == EXIT_ENTRY_MACHINE_CHECK)
		panic("machine check at an entry of vCPU %u of %s", v->vcpu.id,
		      v->vcpu.vm->config->name);
	vmx_failure_describe_entry(reason, &err);
	log_write(LOG_ERROR, "%s: vCPU %u: VM entry failed at RIP 0x%llx: %s",
		  v->vcpu.vm->config->name, v->vcpu.id, vmcs_read(VMCS_GUEST_RIP), err.text);
	vm_stop(v->vcpu.vm, VM_END_CRASH, "VM entry fails");
}

void vmx_failure_misconfigured(struct vmx_vcpu *v)
{
	log_write(LOG_ERROR, "%s: vCPU %u: EPT entry for 0x%llx is malformed",
		  v->vcpu.vm->config->name, v->vcpu.id, vmcs_read(VMCS_GUEST_PHYSICAL));
	vm_stop(v->vcpu.vm, VM_END_CRASH, "its EPT tables are malformed");
}

void vmx_failure_unknown(struct vmx_vcpu *v, u64 reason)
{
	log_write(LOG_ERROR, "%s: vCPU %u: exit reason %llu, qualification 0x%llx",
		  v->vcpu.vm->config->name, v->vcpu.id, reason, vmcs_read(VMCS_QUALIFICATION));
	vm_stop(v->vcpu.vm, VM_END_CRASH, "an exit of an unknown kind");
}
