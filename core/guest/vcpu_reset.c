/* SPDX-License-Identifier: BSD-2-Clause */
/* The states in which a vCPU begins: after reset, INIT and SIPI. */
#include "core/guest/vcpu_reset.h"

#include "apic/virt/vlapic.h"
#include "core/base/string.h"
#include "core/guest/vcpu.h"
#include "core/guest/vcpu_apic.h"
#include "core/guest/vm.h"
#include "core/model/cpuid.h"

/* SDM 3A "IA-32 and Intel 64 Processor States Following Power-up, Reset, or INIT" */
void vcpu_reset_state(struct vcpu_state *state, u32 signature)
{
	static const struct segment data = {
		.attr = SEGMENT_P | SEGMENT_S | SEGMENT_WRITABLE | SEGMENT_ACCESSED,
		.limit = 0xffff,
	};

	memset(state, 0, sizeof(*state));
	for (unsigned i = 0; i < SEG_COUNT; i++)
		state->ctl.seg[i] = data;
	state->ctl.seg[SEG_CS].selector = 0xf000;
	state->ctl.seg[SEG_CS].base = 0xffff0000;
	state->ctl.seg[SEG_CS].attr |= SEGMENT_CODE;
	state->ctl.cr0 = CR0_CD | CR0_NW | CR0_ET;
	state->regs.rip = 0xfff0;
	state->regs.rflags = RFLAGS_FIXED;
	state->regs.gpr[RDX] = signature;
	state->gdtr.limit = 0xffff;
	state->idtr.limit = 0xffff;
	state->ldtr = (struct segment){.attr = SEGMENT_P | SEGMENT_TYPE_LDT, .limit = 0xffff};
	state->tr = (struct segment){.attr = SEGMENT_P | SEGMENT_TYPE_TSS_BUSY, .limit = 0xffff};
	state->dr6 = DR6_RESET;
	state->dr7 = DR7_RESET;
}

u32 vcpu_reset_signature(const struct vcpu *vcpu)
{
	struct cpuid_vcpu any = {0};
	struct cpuid_regs regs;

	cpuid_lookup(vcpu->vm->cpuid, &any, 1, 0, &regs);
	return regs.reg[CPUID_EAX];
}

void vcpu_reset_on_init(struct vcpu *vcpu)
{
	struct vcpu_state state, old;

	virt->vcpu_get_state(vcpu, &old);
	vcpu_reset_state(&state, vcpu_reset_signature(vcpu));
	/* INIT keeps CR0.CD and CR0.NW. */
	state.ctl.cr0 = CR0_ET | (old.ctl.cr0 & (CR0_CD | CR0_NW));
	virt->vcpu_set_state(vcpu, &state);
	vlapic_init(vcpu->apic);
	vcpu_apic_sync_lint0(vcpu);
	vcpu_apic_sync_route(vcpu);
	page_events_cancel(vcpu);
	pager_cancel(vcpu);
	vcpu->event.valid = false;
	vcpu->waiting.nmi = false;
	vcpu->waiting.extint = false;
	vcpu->mode = vcpu->apic->config.bsp ? VCPU_RUNNING : VCPU_WAIT_FOR_SIPI;
	vcpu->flush = true;
}

void vcpu_reset_on_sipi(struct vcpu *vcpu, u8 vector)
{
	struct vcpu_state state;

	virt->vcpu_get_state(vcpu, &state);
	state.ctl.seg[SEG_CS].selector = (u16)(vector << 8);
	state.ctl.seg[SEG_CS].base = (u64)vector << 12;
	state.regs.rip = 0;
	virt->vcpu_set_state(vcpu, &state);
	vcpu->mode = VCPU_RUNNING;
}
