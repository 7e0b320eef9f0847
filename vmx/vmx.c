/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The making of VMs and vCPUs on VMX, and the loop a vCPU runs in.
 * SDM 3C "I/O-Bitmap Addresses", SDM 3D "VM Entries".
 */
#include "vmx/vmx.h"

#include "core/base/atomic.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/xstate.h"
#include "mm/host/heap.h"

static void caps_read(u64 *caps)
{
	vmx_caps_read((struct vmx_caps *)caps);
}

static enum status caps_check(const u64 *caps, struct error *err)
{
	return vmx_caps_check((const struct vmx_caps *)caps, err);
}

void vmx_vcpu_free(struct vmx_vcpu *v)
{
	if (v->fpu)
		heap_free_pages(v->fpu, xstate_size() / PAGE_SIZE);
	if (v->vmcs)
		heap_free_pages(v->vmcs, 1);
	heap_free_pages(v, 1);
}

struct vmx_vcpu *vmx_vcpu_alloc(void)
{
	static_assert(sizeof(struct vmx_vcpu) <= PAGE_SIZE, "one page a vCPU");
	struct vmx_vcpu *v = heap_alloc_pages(1);

	if (!v)
		return NULL;
	v->vmcs = heap_alloc_pages(1);
	v->fpu = heap_alloc_pages(xstate_size() / PAGE_SIZE);
	if (!v->vmcs || !v->fpu) {
		vmx_vcpu_free(v);
		return NULL;
	}
	v->vmcs_pa = heap_to_phys(v->vmcs).addr;
	xstate_reset(v->fpu);
	vmx_prepare(v);
	return v;
}

static struct vcpu *make_vcpu(struct vm *vm)
{
	struct vmx_vcpu *v = vmx_vcpu_alloc();

	(void)vm;
	return v ? &v->vcpu : NULL;
}

static void unmake_vcpu(struct vcpu *vcpu)
{
	vmx_vcpu_free(vmx_of(vcpu));
}

/* What it may have kept of any root that it had or will have. */
static void set_root(const struct vmx_vcpu *v)
{
	vmcs_write(VMCS_EPTP, vmx_root(v));
	vmx_flush_vm(v->vcpu.vm);
	vmx_flush(vmx_eptp(v->vcpu.memory.apic_page.root));
}

/* The cold way to the next entry: what is pending, and what that changes. */
static enum vcpu_action service(struct vmx_vcpu *v)
{
	struct vcpu *vcpu = &v->vcpu;
	enum vcpu_action action = vcpu_service(vcpu, vmx_accepts());

	if (action != VCPU_ENTER)
		return action;
	vmx_switch_in(v);
	vmx_set_windows(v);
	vmx_apic_switch(v);
	if (vcpu->flush)
		set_root(v);
	vcpu->flush = false;
	vmx_sync_tsc(v);
	return VCPU_ENTER;
}

/* The guest, and its exits, until there is something else to do. */
static void run(struct vmx_vcpu *v)
{
	enum vmx_run_result result;

	if (v->uncached)
		vmx_set_caching(false);
	/* One that does not see this yet sets a pending bit, which the entry finds. */
	if (v->posts)
		atomic_set(&v->vcpu.accel.posted_at, cpu_this()->number + 1);
	result = vmx_run(v);
	/* Full: before this vCPU looks at `on`; vcpu_post sets that first and reads this then. */
	if (v->posts)
		atomic_store_full(&v->vcpu.accel.posted_at, 0);
	if (v->uncached)
		vmx_set_caching(true);
	if (result == VMX_RUN_PENDING)
		vmx_inject_undo(v);
	else if (result == VMX_RUN_REFUSED)
		vmx_entry_refused(v);
}

static enum vcpu_action vcpu_run(struct vcpu *vcpu)
{
	struct vmx_vcpu *v = vmx_of(vcpu);
	const struct vmx_guest guest = {
		.io_bitmaps = heap_to_phys(vcpu->vm->chips.port_map).addr,
		.apic_page = heap_to_phys(vcpu->apic->regs).addr,
		.eptp = vmx_eptp(vcpu->memory.apic_page.root),
		.cr4 = vcpu->vm->cpuid->model.cr4,
	};
	enum vcpu_action action = VCPU_ENTER;

	v->apic_page = vcpu->apic->regs;
	vmx_open(v, &guest);
	vmx_flush_vm(vcpu->vm);
	vmx_flush(guest.eptp); /* an overlay's root, which this CPU may know as another's */
	for (;;) {
		if (atomic_get(&vcpu->thread.pending))
			action = service(v);
		if (action != VCPU_ENTER)
			break;
		if (vcpu->event.valid)
			vmx_inject(v);
		run(v);
	}
	vmx_close(v);
	return action;
}

const struct virt_ops vmx_ops = {
	.name = "VMX",
	.hypercall = CPUID_HYPERCALL_VMCALL,
	.nested_format = &pt_format_ept,
	.nested_leaf_level = vmx_leaf_level,
	.apic = &vmx_apic,
	.caps = &vmx_caps_table,
	.caps_read = caps_read,
	.caps_check = caps_check,
	.cpu_enable = vmx_cpu_enable,
	.cpu_test = vmx_test_cpu,
	.cpu_disable = vmx_cpu_disable,
	.vcpu_create = make_vcpu,
	.vcpu_destroy = unmake_vcpu,
	.vcpu_set_state = vmx_set_state,
	.vcpu_get_state = vmx_get_state,
	.vcpu_run = vcpu_run,
};
