/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Injects events into the guest, injects interrupted events again, and sets the windows
 * that make the guest exit as soon as it can accept an event. Never decides which event is
 * next: vcpu_service does.
 */
#include "svm/inject.h"

#include "apic/virt/vlapic.h"
#include "core/host/cpu.h"
#include "svm/cpu.h"
#include "svm/vcpu.h"

/*
 * APM2 "Event Injection". QEMU's TCG delivers an injected interrupt twice if another of its
 * threads asks it to stop before the next exit. On TCG this CPU therefore sends itself an
 * interrupt, which makes the guest exit directly after the injection (docs/errata.md).
 */
void svm_inject(struct svm_vcpu *v)
{
	const struct event *event = &v->vcpu.event;
	u64 field = VMCB_EVENT_VALID | event->vector | (u64)event->type << VMCB_EVENT_TYPE_SHIFT;

	/* In real mode an exception pushes no error code. */
	if (event->has_error && (v->vmcb->cr0 & CR0_PE))
		field |= VMCB_EVENT_ERROR_VALID | (u64)event->error << VMCB_EVENT_ERROR_SHIFT;
	v->vmcb->event_inj = field;
	if (event->type == EVENT_INTR && cpu_this()->backend->exit_after_injection)
		cpu_send_kick(cpu_this()->number);
	v->after |= SVM_AFTER_INJECT;
	if (event->type == EVENT_NMI) {
		v->nmi = SVM_NMI_BLOCKED;
		v->vmcb->intercept3 |= INTERCEPT_IRET;
		v->vmcb->clean &= ~CLEAN_INTERCEPTS;
	}
	v->vcpu.event.valid = false;
}

/* Removes the TF that step_begin set. */
static void step_restore(struct svm_vcpu *v)
{
	if (!v->step_trap)
		v->vmcb->rflags &= ~(u64)RFLAGS_TF;
	vcpu_reconsider(&v->vcpu);
}

void svm_inject_undo(struct svm_vcpu *v)
{
	if (v->vmcb->event_inj & VMCB_EVENT_VALID)
		v->vcpu.event.valid = true;
	v->vmcb->event_inj = 0;
	v->vmcb->tlb_control = TLB_CONTROL_NONE;
	if (v->after & SVM_AFTER_STEP)
		step_restore(v);
	v->after = 0;
}

/*
 * The exit interrupted the delivery of an event, which must be delivered again. INT n, INT3
 * and INTO are not: RIP still points to the instruction, which the guest executes again.
 */
void svm_inject_requeue(struct svm_vcpu *v)
{
	u64 info = v->vmcb->exit_int_info;
	unsigned type = (info >> VMCB_EVENT_TYPE_SHIFT) & VMCB_EVENT_TYPE_MASK;
	u8 vector = info & VMCB_EVENT_VECTOR;

	if (type == EVENT_SOFT_INT)
		return;
	if (type == EVENT_EXCEPTION && (vector == EXC_BP || vector == EXC_OF))
		return;
	if (type == EVENT_NMI)
		v->nmi = SVM_NMI_OPEN; /* the new injection blocks NMIs again */
	v->vcpu.event = (struct event){
		.valid = true,
		.type = (u8)type,
		.vector = vector,
		.has_error = info & VMCB_EVENT_ERROR_VALID,
		.error = (u32)(info >> VMCB_EVENT_ERROR_SHIFT),
	};
	vcpu_reconsider(&v->vcpu);
}

unsigned svm_inject_accepts(struct svm_vcpu *v)
{
	const struct vmcb *vmcb = v->vmcb;
	unsigned accepts = 0;

	if (v->nmi == SVM_NMI_IRET && vmcb->rip != v->iret_rip)
		v->nmi = SVM_NMI_OPEN;
	if (vmcb->int_state & INT_STATE_SHADOW)
		return 0;
	if (vmcb->rflags & RFLAGS_IF)
		accepts |= VCPU_ACCEPTS_IRQ;
	if (v->nmi == SVM_NMI_OPEN)
		accepts |= VCPU_ACCEPTS_NMI;
	return accepts;
}

/* Lets the guest execute one instruction: an IRET, or the instruction after STI or MOV SS. */
static void step_begin(struct svm_vcpu *v)
{
	v->after |= SVM_AFTER_STEP;
	v->step_trap = v->vmcb->rflags & RFLAGS_TF;
	v->step_iret = v->nmi == SVM_NMI_IRET;
	v->vmcb->rflags |= RFLAGS_TF;
}

bool svm_inject_step_end(struct svm_vcpu *v)
{
	struct vmcb *vmcb = v->vmcb;
	bool trapped = vmcb->exit_code == EXIT_EXCEPTION_BASE + EXC_DB;

	if (trapped && v->step_iret) /* IRET has loaded the guest's own TF */
		vcpu_reconsider(&v->vcpu);
	else
		step_restore(v);
	if (!trapped || v->step_trap)
		return false;
	vmcb->dr6 &= ~DR6_BS;
	vmcb->clean &= ~CLEAN_DR;
	return (vmcb->dr6 & DR6_BREAKPOINTS) == 0;
}

/* APM2 "NMI Support": without virtual NMIs, intercepting IRET shows when NMIs open again. */
void svm_inject_iret(struct svm_vcpu *v)
{
	v->nmi = SVM_NMI_IRET;
	v->iret_rip = v->vmcb->rip;
	v->vmcb->intercept3 &= ~INTERCEPT_IRET;
	v->vmcb->clean &= ~CLEAN_INTERCEPTS;
	vcpu_reconsider(&v->vcpu);
}

/*
 * Interrupt window: a virtual interrupt is pending and intercepted, so the guest exits when
 * it could accept an interrupt. Task priority: writes of CR8 are intercepted. NMI window:
 * while NMIs are blocked, IRET is intercepted in any case; after that exit, and in an
 * interrupt shadow, the guest makes a single step, after which it can accept an NMI.
 */
void svm_inject_set_windows(struct svm_vcpu *v)
{
	struct vmcb *vmcb = v->vmcb;
	unsigned window = v->vcpu.waiting.window;
	u32 intercept3 = vmcb->intercept3 & ~(u32)INTERCEPT_VINTR;
	u32 intercept_cr = vmcb->intercept_cr & ~(u32)INTERCEPT_CR8_WRITE;
	u32 int_ctl = v->avic_control | INT_CTL_V_INTR_MASKING | (u32)vlapic_read_cr8(v->vcpu.apic);

	if (window & VCPU_WINDOW_IRQ) {
		intercept3 |= INTERCEPT_VINTR;
		int_ctl |= INT_CTL_V_IRQ | INT_CTL_IGN_TPR;
	}
	if (window & VCPU_WINDOW_TPR)
		intercept_cr |= INTERCEPT_CR8_WRITE;
	if ((window & VCPU_WINDOW_NMI) && v->nmi != SVM_NMI_BLOCKED && !v->vcpu.event.valid)
		step_begin(v);
	if (intercept3 != vmcb->intercept3 || intercept_cr != vmcb->intercept_cr) {
		vmcb->intercept3 = intercept3;
		vmcb->intercept_cr = intercept_cr;
		vmcb->clean &= ~(u32)CLEAN_INTERCEPTS;
	}
	v->tpr = int_ctl & INT_CTL_TPR_MASK;
	if (int_ctl != vmcb->int_ctl) {
		vmcb->int_ctl = int_ctl;
		vmcb->clean &= ~(u32)CLEAN_TPR;
	}
}
