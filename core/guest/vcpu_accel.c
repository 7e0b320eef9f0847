/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether hardware runs the APICs of a VM's vCPUs. What speaks against it is
 * apic/virt/accel.c's, the model apic/virt/vlapic.c's.
 *
 * Hardware comes and goes for all of a VM's APICs together. The reasons are
 * published under the route lock by whoever changes one, before it runs on; a
 * pending bit makes each vCPU look. All state is in the one register page, so a
 * switch carries nothing over. Hardware that sends by itself may still put a
 * vector into the IRR of a vCPU that has left already; so the last to leave
 * makes all of them look again.
 */
#include "core/base/atomic.h"
#include "core/guest/vcpu.h"

#include "core/guest/vm.h"

static_assert((int)ACCEL_AUTO == VM_APIC_AUTO && (int)ACCEL_NEVER == VM_APIC_EMULATE &&
		      (int)ACCEL_ALWAYS == VM_APIC_ACCELERATE,
	      "one enumeration");

static void look_again(struct vm *vm)
{
	for (u32 i = 0; i < vm->vcpu_count; i++)
		sched_wake(&vm->vcpus[i]->thread, PENDING_APIC);
}

/* Route lock held. True: acceleration has to come or to go. */
static bool review(struct vm *vm)
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
	changed = review(vm);
	spin_unlock(&vm->apics.lock);
	if (changed)
		look_again(vm);
}

u32 vcpu_accel_reasons(const struct vcpu *vcpu)
{
	u32 reasons = atomic_load_acquire(&vcpu->vm->apics.reasons);

	return vlapic_is_software_enabled(vcpu->apic) ? reasons : reasons | ACCEL_SOFTWARE_OFF;
}

/* The 8259s ask for an interrupt that hardware could not deliver: to be done by hand, or done. */
static void note_pic(struct vcpu *vcpu, bool waits)
{
	if (waits == vcpu->accel.pic_waits)
		return;
	vcpu->accel.pic_waits = waits;
	spin_lock(&vcpu->vm->apics.lock);
	vcpu->vm->apics.pic_waits += waits ? 1 : -1;
	spin_unlock(&vcpu->vm->apics.lock);
	vcpu_accel_sync_vm(vcpu->vm);
}

void vcpu_accel_sync(struct vcpu *vcpu, bool wants_pic)
{
	bool on;

	note_pic(vcpu, wants_pic && !virt->accel->extint);
	on = !vcpu_accel_reasons(vcpu);
	if (on == vcpu->accel.on)
		return;
	vcpu->accel.on = on;
	if (on)
		atomic_add(&vcpu->vm->apics.accelerated, 1);
	else if (atomic_sub(&vcpu->vm->apics.accelerated, 1) == 1)
		look_again(vcpu->vm);
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
