/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether hardware runs the APICs of a VM's vCPUs. The reasons against it are computed by
 * apic/virt/accel.c; the model is apic/virt/vlapic.c.
 *
 * Hardware is turned on and off for all of a VM's APICs together. A vCPU that changes a reason
 * publishes the new reasons under the lock of the VM's APICs before it runs on, and sets a
 * pending bit in each vCPU, which then reads them. All state is in the one register page, so
 * nothing is copied at a switch. Hardware that sends by itself may still put a vector into the
 * IRR of a vCPU that has turned it off already. Therefore the last vCPU that turns it off makes
 * all of them read their IRR again.
 */
#include "core/guest/vcpu_accel.h"

#include "apic/virt/accel.h"
#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"
#include "core/guest/vcpu.h"
#include "core/guest/vcpu_apic.h"
#include "core/guest/vm.h"

static_assert((int)ACCEL_AUTO == VM_APIC_AUTO && (int)ACCEL_NEVER == VM_APIC_EMULATE &&
		      (int)ACCEL_ALWAYS == VM_APIC_ACCELERATE,
	      "one enumeration");

/* Lock held. True: hardware is to be turned on or off for the VM's APICs. */
static bool sync_reasons(struct vm *vm)
{
	u32 old = vm->apics.reasons;
	u32 reasons = accel_reasons(virt->accel, (enum accel_choice)vm->config->apic,
				    vm->apics.route->apics, vm->vcpu_count,
				    route_traits(vm->apics.route));

	if (vm->apics.pic_waits)
		reasons |= ACCEL_EXTINT;
	if (vm->apics.tables)
		virt->accel_sync(vm);
	/* Release: without a reason against it hardware may use the tables made above. */
	atomic_store_release(&vm->apics.reasons, reasons);
	return !old != !reasons;
}

void vcpu_accel_sync_vm(struct vm *vm)
{
	bool changed;

	spin_lock(&vm->apics.lock);
	changed = sync_reasons(vm);
	spin_unlock(&vm->apics.lock);
	if (changed)
		vm_wake_vcpus(vm, PENDING_APIC);
}

u32 vcpu_accel_reasons(const struct vcpu *vcpu)
{
	u32 reasons = atomic_load_acquire(&vcpu->vm->apics.reasons);

	return vlapic_is_software_enabled(vcpu->apic) ? reasons : reasons | ACCEL_SOFTWARE_OFF;
}

/*
 * Counts the vCPU among those for which software has to deliver an interrupt of the 8259s,
 * since hardware cannot; or, with waits false, no more.
 */
static void count_pic_wait(struct vcpu *vcpu, bool waits)
{
	if (waits == vcpu->accel.pic_waits)
		return;
	vcpu->accel.pic_waits = waits;
	spin_lock(&vcpu->vm->apics.lock);
	vcpu->vm->apics.pic_waits += waits ? 1 : -1;
	spin_unlock(&vcpu->vm->apics.lock);
	vcpu_accel_sync_vm(vcpu->vm);
}

void vcpu_accel_sync(struct vcpu *vcpu, bool has_pic_irq)
{
	bool on;

	count_pic_wait(vcpu, has_pic_irq && !virt->accel->extint);
	on = !vcpu_accel_reasons(vcpu);
	if (on == vcpu->accel.on)
		return;
	vcpu->accel.on = on;
	if (on)
		atomic_add(&vcpu->vm->apics.accelerated, 1);
	else if (atomic_sub(&vcpu->vm->apics.accelerated, 1) == 1)
		vm_wake_vcpus(vcpu->vm, PENDING_APIC);
}

void vcpu_accel_finish_write(struct vcpu *vcpu, u32 offset)
{
	struct vlapic_effects fx;

	vlapic_regs_finish_write(vcpu_apic(vcpu), offset, vm_now(vcpu->vm), &fx);
	vcpu_apic_apply(vcpu, &fx);
}

void vcpu_accel_finish_eoi(struct vcpu *vcpu, u8 vector)
{
	struct vlapic_effects fx;

	vlapic_finish_eoi(vcpu_apic(vcpu), vector, &fx);
	vcpu_apic_apply(vcpu, &fx);
}
