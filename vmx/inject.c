/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Injects events into the guest, injects interrupted events again, and sets the windows
 * that make the guest exit as soon as it can accept an event. Never decides which event is
 * next: vcpu_service does.
 */
#include "vmx/inject.h"
#include "apic/virt/vlapic.h"

#include "vmx/vcpu.h"
#include "vmx/vmcs.h"

/* SDM 3C "VM-Entry Controls for Event Injection" */
void vmx_inject(struct vmx_vcpu *v)
{
	struct event *event = &v->vcpu.event;
	u64 field = VMCS_EVENT_VALID | event->vector | (u64)event->type << VMCS_EVENT_TYPE_SHIFT;

	/* In real mode an exception pushes no error code. */
	if (event->has_error && (vmcs_read(VMCS_GUEST_CR0) & CR0_PE)) {
		field |= VMCS_EVENT_ERROR;
		vmcs_write(VMCS_ENTRY_EVENT_ERROR, event->error);
	}
	vmcs_write(VMCS_ENTRY_EVENT, field);
	event->valid = false;
}

void vmx_inject_undo(struct vmx_vcpu *v)
{
	if (vmcs_read(VMCS_ENTRY_EVENT) & VMCS_EVENT_VALID)
		v->vcpu.event.valid = true;
	vmcs_write(VMCS_ENTRY_EVENT, 0);
}

/*
 * If the exit interrupted the delivery of an event, the event must be delivered again. INT n,
 * INT1, INT3 and INTO are not: RIP still points to the instruction, which the guest executes
 * again.
 */
void vmx_inject_requeue(struct vmx_vcpu *v)
{
	u64 info = vmcs_read(VMCS_VECTORING);
	unsigned type = info >> VMCS_EVENT_TYPE_SHIFT & VMCS_EVENT_TYPE_MASK;

	if (!(info & VMCS_EVENT_VALID))
		return;
	if (type == EVENT_SOFT_INT || type == VMCS_EVENT_TYPE_INT1 || type == VMCS_EVENT_TYPE_INT3)
		return;
	if (type == EVENT_NMI) /* the new injection blocks NMIs again */
		vmcs_write(VMCS_GUEST_BLOCKING,
			   vmcs_read(VMCS_GUEST_BLOCKING) & ~(u64)BLOCKING_NMI);
	v->vcpu.event = (struct event){
		.valid = true,
		.type = (u8)type,
		.vector = info & VMCS_EVENT_VECTOR,
		.has_error = info & VMCS_EVENT_ERROR,
	};
	if (v->vcpu.event.has_error)
		v->vcpu.event.error = (u32)vmcs_read(VMCS_VECTORING_ERROR);
}

unsigned vmx_inject_accepts(void)
{
	u64 blocking = vmcs_read(VMCS_GUEST_BLOCKING);
	unsigned accepts = 0;

	if (blocking & BLOCKING_SHADOW)
		return 0;
	if (vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_IF)
		accepts |= VCPU_ACCEPTS_IRQ;
	if (!(blocking & BLOCKING_NMI))
		accepts |= VCPU_ACCEPTS_NMI;
	return accepts;
}

void vmx_inject_set_proc(struct vmx_vcpu *v, u32 proc)
{
	if (proc == v->proc)
		return;
	v->proc = proc;
	vmcs_write(VMCS_PROC_CONTROLS, proc);
}

/* Makes the guest exit when its task priority falls below the class of a delayed interrupt. */
static void set_task_priority(struct vmx_vcpu *v)
{
	u32 threshold = 0;

	v->tpr = v->apic_page[APIC_REG_TPR / sizeof(u32)];
	if (v->vcpu.waiting.window & VCPU_WINDOW_TPR)
		threshold = (u32)v->vcpu.apic->irr_top >> 4;
	if (threshold == v->tpr_threshold)
		return;
	v->tpr_threshold = threshold;
	vmcs_write(VMCS_TPR_THRESHOLD, threshold);
}

void vmx_inject_set_windows(struct vmx_vcpu *v)
{
	u32 proc = v->proc & ~(u32)(PROC_INTERRUPT_WINDOW | PROC_NMI_WINDOW);

	if (v->vcpu.waiting.window & VCPU_WINDOW_IRQ)
		proc |= PROC_INTERRUPT_WINDOW;
	if (v->vcpu.waiting.window & VCPU_WINDOW_NMI)
		proc |= PROC_NMI_WINDOW;
	vmx_inject_set_proc(v, proc);
	set_task_priority(v);
}
