/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies a vCPU's architectural state between the VMCB and its neutral form. Never decides
 * what the state should be.
 */
#include "svm/state.h"

#include "core/base/string.h"
#include "core/model/control.h"
#include "svm/switch.h"
#include "svm/vcpu.h"

/* Descriptor bits 55:52 sit above bits 47:40 in the VMCB (APM2 "VMCB State Save Area"). */
static u16 pack_attr(u16 attr)
{
	return (u16)((attr & 0xff) | (attr & 0xf000) >> 4);
}

static u16 unpack_attr(u16 attr)
{
	return (u16)((attr & 0xff) | (attr & 0xf00) << 4);
}

static void store_segment(struct vmcb_segment *to, const struct segment *from)
{
	*to = (struct vmcb_segment){from->selector, pack_attr(from->attr), from->limit, from->base};
}

static void load_segment(struct segment *to, const struct vmcb_segment *from)
{
	*to = (struct segment){from->selector, unpack_attr(from->attr), from->limit, from->base};
}

void svm_state_load_regs(struct svm_vcpu *v)
{
	v->vcpu.regs.rip = v->vmcb->rip;
	v->vcpu.regs.gpr[RSP] = v->vmcb->rsp;
	v->vcpu.regs.rflags = v->vmcb->rflags;
}

void svm_state_store_regs(struct svm_vcpu *v)
{
	v->vmcb->rip = v->vcpu.regs.rip;
	v->vmcb->rsp = v->vcpu.regs.gpr[RSP];
	v->vmcb->rflags = v->vcpu.regs.rflags;
}

/* The VMCB holds ES to GS in the order of enum segment_register. */
static struct vmcb_segment *segments(struct vmcb *vmcb)
{
	static_assert(offsetof(struct vmcb, gs) ==
			      offsetof(struct vmcb, es) + SEG_GS * sizeof(struct vmcb_segment),
		      "segments in encoding order");
	return &vmcb->es;
}

void svm_state_load_paging(struct svm_vcpu *v)
{
	struct control_state *ctl = &v->vcpu.ctl;
	const struct vmcb *vmcb = v->vmcb;

	ctl->cr0 = vmcb->cr0;
	ctl->cr2 = vmcb->cr2;
	ctl->cr3 = vmcb->cr3;
	ctl->cr4 = vmcb->cr4;
	ctl->efer = vmcb->efer & ~EFER_SVME;
	ctl->cpl = vmcb->cpl;
	load_segment(&ctl->seg[SEG_CS], &vmcb->cs);
}

void svm_state_load_control(struct svm_vcpu *v)
{
	struct control_state *ctl = &v->vcpu.ctl;
	struct vmcb *vmcb = v->vmcb;

	svm_state_load_paging(v);
	for (unsigned i = 0; i < SEG_COUNT; i++)
		load_segment(&ctl->seg[i], &segments(vmcb)[i]);
}

void svm_state_set(struct vcpu *vcpu, const struct vcpu_state *state)
{
	struct svm_vcpu *v = svm_vcpu_of(vcpu);
	struct vmcb *vmcb = v->vmcb;

	vcpu->regs = state->regs;
	svm_state_store_regs(v);
	vmcb->cr0 = state->ctl.cr0;
	vmcb->cr2 = state->ctl.cr2;
	vmcb->cr3 = state->ctl.cr3;
	vmcb->cr4 = state->ctl.cr4;
	vmcb->efer = state->ctl.efer | EFER_SVME;
	vmcb->cpl = state->ctl.cpl;
	for (unsigned i = 0; i < SEG_COUNT; i++)
		store_segment(&segments(vmcb)[i], &state->ctl.seg[i]);
	store_segment(&vmcb->gdtr, &state->gdtr);
	store_segment(&vmcb->idtr, &state->idtr);
	store_segment(&vmcb->ldtr, &state->ldtr);
	store_segment(&vmcb->tr, &state->tr);
	vmcb->dr6 = state->dr6;
	vmcb->dr7 = state->dr7;
	vmcb->int_state = 0;
	vmcb->clean = 0;
	svm_switch_out(v);
	memset(vcpu->xstate.dr, 0, sizeof(vcpu->xstate.dr));
	v->nmi = SVM_NMI_OPEN;
	v->after = 0;
	vmcb->intercept3 &= ~(u32)INTERCEPT_IRET;
}

void svm_state_get(struct vcpu *vcpu, struct vcpu_state *state)
{
	struct svm_vcpu *v = svm_vcpu_of(vcpu);
	const struct vmcb *vmcb = v->vmcb;

	svm_state_load_regs(v);
	svm_state_load_control(v);
	state->regs = vcpu->regs;
	state->ctl = vcpu->ctl;
	load_segment(&state->gdtr, &vmcb->gdtr);
	load_segment(&state->idtr, &vmcb->idtr);
	load_segment(&state->ldtr, &vmcb->ldtr);
	load_segment(&state->tr, &vmcb->tr);
	state->dr6 = vmcb->dr6;
	state->dr7 = vmcb->dr7;
}
