/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Creates and destroys vCPUs, and runs the loop of a vCPU's thread: pending work, injection,
 * the guest and its exits.
 */
#include "vmx/vcpu.h"

#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"
#include "core/guest/chips.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "mm/host/heap.h"
#include "vmx/accel.h"
#include "vmx/control.h"
#include "vmx/cpu.h"
#include "vmx/failure.h"
#include "vmx/inject.h"
#include "vmx/msr.h"
#include "vmx/switch.h"
#include "vmx/vmcs.h"

void vmx_vcpu_destroy(struct vcpu *vcpu)
{
	struct vmx_vcpu *v = vmx_vcpu_of(vcpu);

	xstate_destroy(&vcpu->xstate);
	heap_free_pages(v->vmcs, 1);
	heap_free_pages(v, 1);
}

struct vcpu *vmx_vcpu_create(struct vm *vm)
{
	static_assert(sizeof(struct vmx_vcpu) <= PAGE_SIZE, "one page a vCPU");
	struct vmx_vcpu *v = heap_alloc_pages(1);

	(void)vm;
	if (!v)
		return NULL;
	v->vmcs = heap_alloc_pages(1);
	if (!v->vmcs || !xstate_create(&v->vcpu.xstate)) {
		vmx_vcpu_destroy(&v->vcpu);
		return NULL;
	}
	v->vmcs_pa = heap_to_phys(v->vmcs).addr;
	vmx_switch_prepare(v);
	return &v->vcpu;
}

/* Flushes all roots of the vCPU: cached translations of each may be out of date. */
static void set_root(const struct vmx_vcpu *v)
{
	vmcs_write(VMCS_EPTP, vmx_accel_eptp(v));
	vmx_cpu_flush_vm(v->vcpu.vm);
	vmx_cpu_flush(vmcs_eptp(v->vcpu.memory.apic_page.root));
}

/* Handles pending work, and prepares the next entry for its results. */
static enum vcpu_action service(struct vmx_vcpu *v)
{
	struct vcpu *vcpu = &v->vcpu;
	enum vcpu_action action = vcpu_service(vcpu, vmx_inject_accepts());

	if (action != VCPU_ENTER)
		return action;
	vmx_switch_in(v);
	vmx_inject_set_windows(v);
	vmx_accel_switch(v);
	if (vcpu->flush)
		set_root(v);
	vcpu->flush = false;
	vmx_msr_sync_tsc(v);
	return VCPU_ENTER;
}

/* Runs the guest and handles its exits, until work is pending or an event is to be injected. */
static void run(struct vmx_vcpu *v)
{
	enum vmx_entry_result result;

	if (v->uncached)
		vmx_control_set_caching(false);
	/* A sender that does not see this yet sets a pending bit, which vmx_entry_run tests. */
	if (v->posts)
		atomic_set(&v->vcpu.accel.posted_at, cpu_this()->number + 1);
	result = vmx_entry_run(v);
	/* Full: before this vCPU reads `on`. vcpu_apic_post sets `on` before it reads this. */
	if (v->posts)
		atomic_store_full(&v->vcpu.accel.posted_at, 0);
	if (v->uncached)
		vmx_control_set_caching(true);
	if (result == VMX_ENTRY_PENDING)
		vmx_inject_undo(v);
	else if (result == VMX_ENTRY_REFUSED)
		vmx_failure_entry_refused(v);
}

enum vcpu_action vmx_vcpu_run(struct vcpu *vcpu)
{
	struct vmx_vcpu *v = vmx_vcpu_of(vcpu);
	const struct vmcs_guest guest = {
		.io_bitmaps = heap_to_phys(vcpu->vm->chips->port_map).addr,
		.apic_page = heap_to_phys(vcpu->apic->regs).addr,
		.eptp = vmcs_eptp(vcpu->memory.apic_page.root),
		.cr4 = vcpu->vm->cpuid->model.cr4,
	};
	enum vcpu_action action = VCPU_ENTER;

	v->apic_page = vcpu->apic->regs;
	vmx_switch_open(v, &guest);
	vmx_cpu_flush_vm(vcpu->vm);
	vmx_cpu_flush(guest.eptp); /* an overlay's root, whose address may have been another's */
	for (;;) {
		if (atomic_get(&vcpu->thread.pending))
			action = service(v);
		if (action != VCPU_ENTER)
			break;
		if (vcpu->event.valid)
			vmx_inject(v);
		run(v);
	}
	vmx_switch_close(v);
	return action;
}
