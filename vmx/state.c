/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies a vCPU's architectural state between the VMCS and its neutral form. Never decides
 * what the state should be.
 */
#include "vmx/state.h"

#include "core/host/cpu.h"
#include "core/model/control.h"
#include "vmx/control.h"
#include "vmx/cpu.h"
#include "vmx/switch.h"
#include "vmx/vcpu.h"
#include "vmx/vmcs.h"

enum { LIMIT_BYTES_MAX = 0xfffff, ATTR_MASK = 0xf0ff };

static void store_table(unsigned which, const struct segment *from)
{
	vmcs_write(VMCS_GUEST_BASE + 2 * which, from->base);
	vmcs_write(VMCS_GUEST_LIMIT + 2 * which, from->limit);
}

static void load_table(struct segment *to, unsigned which)
{
	*to = (struct segment){
		.base = vmcs_read(VMCS_GUEST_BASE + 2 * which),
		.limit = (u32)vmcs_read(VMCS_GUEST_LIMIT + 2 * which),
	};
}

/* Granularity must fit the limit (SDM 3C "Checks on Guest Segment Registers"). */
static void store_segment(unsigned which, const struct segment *from)
{
	u32 access = from->attr & ~(u32)SEGMENT_G;

	if (from->limit > LIMIT_BYTES_MAX)
		access |= SEGMENT_G;
	if (!(access & SEGMENT_P))
		access |= ACCESS_UNUSABLE;
	store_table(which, from);
	vmcs_write(VMCS_GUEST_SELECTOR + 2 * which, from->selector);
	vmcs_write(VMCS_GUEST_ACCESS + 2 * which, access);
}

static void load_segment(struct segment *to, unsigned which)
{
	u64 access = vmcs_read(VMCS_GUEST_ACCESS + 2 * which);

	load_table(to, which);
	to->selector = (u16)vmcs_read(VMCS_GUEST_SELECTOR + 2 * which);
	to->attr = access & ATTR_MASK;
	if (access & ACCESS_UNUSABLE)
		to->attr &= (u16)~SEGMENT_P;
}

void vmx_state_load_regs(struct vmx_vcpu *v)
{
	v->vcpu.regs.rip = vmcs_read(VMCS_GUEST_RIP);
	v->vcpu.regs.gpr[RSP] = vmcs_read(VMCS_GUEST_RSP);
	v->vcpu.regs.rflags = vmcs_read(VMCS_GUEST_RFLAGS);
}

void vmx_state_store_regs(struct vmx_vcpu *v)
{
	vmcs_write(VMCS_GUEST_RIP, v->vcpu.regs.rip);
	vmcs_write(VMCS_GUEST_RSP, v->vcpu.regs.gpr[RSP]);
	vmcs_write(VMCS_GUEST_RFLAGS, v->vcpu.regs.rflags);
}

/* The value that the guest reads: the host's bits come from the shadow. */
static u64 read_shadowed(u64 field, u64 mask_field, u64 shadow_field)
{
	u64 mask = vmcs_read(mask_field);

	return (vmcs_read(field) & ~mask) | (vmcs_read(shadow_field) & mask);
}

void vmx_state_load_control(struct vmx_vcpu *v)
{
	struct control_state *ctl = &v->vcpu.ctl;

	ctl->cr0 = read_shadowed(VMCS_GUEST_CR0, VMCS_CR0_MASK, VMCS_CR0_SHADOW);
	ctl->cr2 = x86_read_cr2();
	ctl->cr3 = vmcs_read(VMCS_GUEST_CR3);
	ctl->cr4 = read_shadowed(VMCS_GUEST_CR4, VMCS_CR4_MASK, VMCS_CR4_SHADOW);
	ctl->efer = vmcs_read(VMCS_GUEST_EFER);
	for (unsigned i = 0; i < SEG_COUNT; i++)
		load_segment(&ctl->seg[i], i);
	ctl->cpl = ctl->seg[SEG_SS].attr >> SEGMENT_DPL_SHIFT & 3;
}

bool vmx_state_is_64bit(void)
{
	return (vmcs_read(VMCS_GUEST_EFER) & EFER_LMA) &&
	       (vmcs_read(VMCS_GUEST_ACCESS + 2 * SEG_CS) & SEGMENT_L);
}

static void store_control(struct vmx_vcpu *v, const struct control_state *ctl)
{
	const struct vmx_controls *controls = &cpu_this()->backend->controls;

	vmcs_write(VMCS_CR0_SHADOW, ctl->cr0);
	vmx_control_sync_cd(v, ctl->cr0);
	vmcs_write(VMCS_GUEST_CR0, (ctl->cr0 | controls->cr0_set) & ~(CR0_CD | CR0_NW));
	vmcs_write(VMCS_GUEST_CR3, ctl->cr3);
	vmcs_write(VMCS_CR4_SHADOW, ctl->cr4);
	vmcs_write(VMCS_GUEST_CR4, ctl->cr4 | controls->cr4_set | CR4_MCE);
	vmcs_write(VMCS_GUEST_EFER, ctl->efer);
	vmcs_set_entry_controls(ctl->efer);
	x86_write_cr2(ctl->cr2);
	v->cr4 = ctl->cr4;
	for (unsigned i = 0; i < SEG_COUNT; i++)
		store_segment(i, &ctl->seg[i]);
}

void vmx_state_set(struct vcpu *vcpu, const struct vcpu_state *state)
{
	struct vmx_vcpu *v = vmx_vcpu_of(vcpu);

	vmx_switch_in(v);
	vcpu->regs = state->regs;
	vmx_state_store_regs(v);
	store_control(v, &state->ctl);
	store_segment(VMCS_SEG_LDTR, &state->ldtr);
	store_segment(VMCS_SEG_TR, &state->tr);
	store_table(VMCS_SEG_GDTR, &state->gdtr);
	store_table(VMCS_SEG_IDTR, &state->idtr);
	vmcs_write(VMCS_GUEST_DR7, state->dr7);
	for (unsigned i = 0; i < ARRAY_SIZE(vcpu->xstate.dr); i++)
		x86_write_dr(i, 0);
	x86_write_dr(6, state->dr6);
	vmcs_write(VMCS_GUEST_BLOCKING, 0);
	vmcs_write(VMCS_GUEST_PENDING_DEBUG, 0);
	vmx_switch_out(v);
}

void vmx_state_get(struct vcpu *vcpu, struct vcpu_state *state)
{
	struct vmx_vcpu *v = vmx_vcpu_of(vcpu);

	vmx_switch_in(v);
	vmx_state_load_regs(v);
	vmx_state_load_control(v);
	state->regs = vcpu->regs;
	state->ctl = vcpu->ctl;
	load_segment(&state->ldtr, VMCS_SEG_LDTR);
	load_segment(&state->tr, VMCS_SEG_TR);
	load_table(&state->gdtr, VMCS_SEG_GDTR);
	load_table(&state->idtr, VMCS_SEG_IDTR);
	state->dr6 = x86_read_dr(6);
	state->dr7 = vmcs_read(VMCS_GUEST_DR7);
	vmx_switch_out(v);
}
