/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU's APIC and the world outside it: the messages between APICs, the line at LINT0,
 * and the effects that the model returns. The model itself is apic/virt/vlapic.c.
 */
#include "core/guest/vcpu_apic.h"

#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"
#include "core/guest/chips.h"
#include "core/guest/vcpu.h"
#include "core/guest/vcpu_accel.h"
#include "core/guest/vcpu_trace.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/sched.h"
#include "core/host/trace.h"

struct vlapic *vcpu_apic(struct vcpu *vcpu)
{
	if (vcpu->accel.on)
		vlapic_sync_page(vcpu->apic);
	return vcpu->apic;
}

void vcpu_apic_sync_route(struct vcpu *vcpu)
{
	struct route_apic apic;

	vlapic_get_route(vcpu->apic, &apic);
	spin_lock(&vcpu->vm->apics.lock);
	route_update(vcpu->vm->apics.route, vcpu->id, &apic);
	spin_unlock(&vcpu->vm->apics.lock);
	vcpu_accel_sync_vm(vcpu->vm);
}

/*
 * Adds the vCPU to the listeners first and reads the line then, in one total order: a change
 * after the read wakes the vCPU. Changes from before are no edge, and a masked LINT0 sees none.
 */
void vcpu_apic_sync_lint0(struct vcpu *vcpu)
{
	u64 *word = &vcpu->vm->chips->lint0_listeners[vcpu->id / 64];
	bool listens = vlapic_needs_lint0(vcpu->apic);

	if (listens)
		atomic_or(word, BIT(vcpu->id % 64));
	else
		atomic_and(word, ~BIT(vcpu->id % 64));
	/* Acquire, here and below: set_pic_output counts first and changes the line then. */
	vcpu->pic_rises = atomic_load_acquire(&vcpu->vm->chips->pic_rises);
	vlapic_sync_lint(vcpu->apic, 0, listens && atomic_get(&vcpu->vm->chips->pic_output));
}

void vcpu_apic_sample_lint0(struct vcpu *vcpu)
{
	u32 rises = atomic_load_acquire(&vcpu->vm->chips->pic_rises);

	if (!vlapic_needs_lint0(vcpu->apic))
		return;
	if (rises != vcpu->pic_rises) {
		vlapic_set_lint(vcpu->apic, 0, false);
		vlapic_set_lint(vcpu->apic, 0, true);
		vcpu->pic_rises = rises;
	}
	if (!atomic_get(&vcpu->vm->chips->pic_output))
		vlapic_set_lint(vcpu->apic, 0, false);
}

/*
 * Sends the interrupt that makes hardware read the vCPU's inbox. False: no hardware does.
 * A vCPU that has left its guest meanwhile reads the inbox itself: it clears posted_at first,
 * by a full store. A sender that reads 0 too early wakes the vCPU by its pending word.
 */
static bool notify(const struct vcpu *vcpu)
{
	u32 at = atomic_get(&vcpu->accel.posted_at);

	if (at)
		cpu_send_posted(at - 1);
	return at;
}

void vcpu_apic_post(struct vm *vm, const struct vcpu_set *targets,
		    const struct apic_message *message)
{
	for (int i = vcpu_set_next(targets, 0); i >= 0;
	     i = vcpu_set_next(targets, (unsigned)i + 1)) {
		struct vcpu *vcpu = vm->vcpus[i];
		enum vlapic_notify whom = vlapic_post(&vcpu->apic->posted, message);

		if (whom == VLAPIC_NOTIFY_OWNER || (whom == VLAPIC_NOTIFY_ANY && !notify(vcpu)))
			sched_wake(&vcpu->thread, PENDING_IRQ);
	}
}

void vcpu_apic_interrupt(struct vm *vm, u32 id, u8 vector)
{
	const struct apic_message message = {.vector = vector};
	struct vcpu_set target;

	vcpu_set_clear(&target);
	vcpu_set_add(&target, id);
	vcpu_apic_post(vm, &target, &message);
}

/* Keeps the candidate of the lowest priority. Priorities are those of the vCPUs' last exits. */
static void keep_lowest(struct vm *vm, struct vcpu_set *candidates, u8 vector)
{
	u8 priority[MAX_VCPUS];

	for (int i = vcpu_set_next(candidates, 0); i >= 0;
	     i = vcpu_set_next(candidates, (unsigned)i + 1))
		priority[i] = vlapic_priority(vm->vcpus[i]->apic);
	route_choose_lowest(candidates, vector, priority);
}

bool vcpu_apic_send(struct vm *vm, const struct apic_message *message, u32 sender)
{
	struct vcpu_set targets;

	if (trace_on())
		vcpu_trace_ipi(vm, message, sender);
	route_find(vm->apics.route, message, sender, &targets);
	if (message->delivery == APIC_LOWEST_PRIORITY)
		keep_lowest(vm, &targets, message->vector);
	vcpu_apic_post(vm, &targets, message);
	return !vcpu_set_empty(&targets);
}

void vcpu_apic_apply(struct vcpu *vcpu, const struct vlapic_effects *fx)
{
	vcpu_reconsider(vcpu);
	if (fx->what & VLAPIC_SEND_IPI)
		vcpu_apic_send(vcpu->vm, &fx->ipi, vcpu->id);
	if (fx->what & VLAPIC_BROADCAST_EOI)
		chips_end_interrupt(vcpu->vm, fx->eoi_vector);
	if (fx->what & VLAPIC_TIMER_MOVED)
		vcpu_arm(vcpu);
	if ((fx->what & VLAPIC_BASE_CHANGED) && vcpu_memory_sync_apic_page(vcpu) != OK)
		vm_stop(vcpu->vm, VM_END_CRASH, "no memory for nested tables of one vCPU's own");
	if (fx->what & (VLAPIC_ROUTE_CHANGED | VLAPIC_BASE_CHANGED | VLAPIC_LINT_CHANGED))
		vcpu_apic_sync_lint0(vcpu);
	if (fx->what & (VLAPIC_ROUTE_CHANGED | VLAPIC_BASE_CHANGED)) {
		vcpu_apic_sync_route(vcpu);
		chips_retry_interrupts(vcpu->vm);
	}
}
