/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual local APIC while hardware works on its register page: what a
 * write was that hardware has stored and not carried out. SDM 3C "APIC-Write VM
 * Exits", APM2 "AVIC Access to un-accelerated vAPIC Register". Knows neither.
 */
#include "apic/virt/vlapic_parts.h"
#include "core/base/atomic.h"
#include "core/base/msr_index.h"

/* Registers that hardware stores to and leaves to software, in the order of vlapic.lent. */
static const u16 lent[] = {
	APIC_REG_ID,	      APIC_REG_EOI,	      APIC_REG_RRD,	     APIC_REG_LDR,
	APIC_REG_DFR,	      APIC_REG_SVR,	      APIC_REG_ESR,	     APIC_REG_LVT_TIMER,
	APIC_REG_LVT_THERMAL, APIC_REG_LVT_PERF,      APIC_REG_LVT_LINT0,    APIC_REG_LVT_LINT1,
	APIC_REG_LVT_ERROR,   APIC_REG_TIMER_INITIAL, APIC_REG_TIMER_DIVIDE,
};
static_assert(ARRAY_SIZE(lent) == VLAPIC_LENT, "a place for each");

void vlapic_lend(struct vlapic *v)
{
	for (unsigned i = 0; i < ARRAY_SIZE(lent); i++)
		v->lent[i] = vlapic_get(v, lent[i]);
}

/* The register as the model left it. */
static void take_back(struct vlapic *v, u32 offset)
{
	for (unsigned i = 0; i < ARRAY_SIZE(lent); i++)
		if (lent[i] == offset)
			*vlapic_reg(v, offset) = v->lent[i];
}

void vlapic_finish_write(struct vlapic *v, u32 offset, u64 now, struct vlapic_effects *fx)
{
	u32 slot = offset & ~0xfU;
	u64 value = vlapic_get(v, slot);

	*fx = (struct vlapic_effects){0};
	take_back(v, slot);
	if (slot == APIC_REG_ICR && vlapic_mode(v) == APIC_MODE_X2APIC)
		value |= (u64)vlapic_get(v, APIC_REG_ICR_HIGH) << 32;
	if (vlapic_mode(v) == APIC_MODE_X2APIC)
		(void)!vlapic_msr_write(v, MSR_X2APIC_FIRST + slot / 0x10, value, now, fx);
	else
		vlapic_mmio_write(v, offset, sizeof(u32), value, now, fx);
}

void vlapic_finish_eoi(struct vlapic *v, u8 vector, struct vlapic_effects *fx)
{
	*fx = (struct vlapic_effects){0};
	vlapic_signal_end(v, vector, fx);
}

/* The highest vector set in a 256-bit register, 0 for none; read while its owner may write. */
static u8 peek_top(const struct vlapic *v, u32 base)
{
	for (unsigned word = APIC_VECTOR_WORDS; word-- > 0;) {
		const u32 *reg = &v->regs[(base + word * 0x10) / sizeof(u32)];
		u32 bits = atomic_get(reg);

		if (bits)
			return (u8)(word * 32 + 31 - (u32)__builtin_clz(bits));
	}
	return 0;
}

void vlapic_summarize(const struct vlapic *v, struct vlapic_summary *out)
{
	*out = (struct vlapic_summary){
		.base = v->base,
		.mode = vlapic_mode(v),
		.id = vlapic_get(v, APIC_REG_ID),
		.ldr = vlapic_get(v, APIC_REG_LDR),
		.tpr = (u8)vlapic_get(v, APIC_REG_TPR),
		.ppr = (u8)vlapic_get(v, APIC_REG_PPR),
		.irr_top = peek_top(v, APIC_REG_IRR),
		.isr_top = peek_top(v, APIC_REG_ISR),
	};
}

bool vlapic_page_tells(u32 offset)
{
	switch (offset) {
	case APIC_REG_ID:
	case APIC_REG_VERSION:
	case APIC_REG_TPR:
	case APIC_REG_PPR:
	case APIC_REG_LDR:
	case APIC_REG_SVR ... APIC_REG_ESR: /* ISR, TMR and IRR between */
	case APIC_REG_LVT_TIMER ... APIC_REG_TIMER_INITIAL:
	case APIC_REG_TIMER_DIVIDE:
		return true;
	default:
		return false;
	}
}

bool vlapic_is_software_enabled(const struct vlapic *v)
{
	return vlapic_software_enabled(v);
}

u64 vlapic_level_vectors(const struct vlapic *v, unsigned quarter)
{
	u32 low = APIC_REG_TMR + quarter * 0x20;

	return vlapic_get(v, low) | (u64)vlapic_get(v, low + 0x10) << 32;
}
