/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual local APIC's own interrupt sources: the local vector table, the
 * LINT pins, and the error status. SDM 3A "Handling Local Interrupts", "Error
 * Handling". Never sends a message to another APIC.
 */
#include "apic/virt/vlapic_parts.h"

enum { LINTS = 2 };
static const u16 lint_offset[LINTS] = {APIC_REG_LVT_LINT0, APIC_REG_LVT_LINT1};

/* Requests that an entry's delivery mode stands for. EXTINT is asked for by vlapic_accepts_pic. */
static const u8 lvt_request[8] = {
	[APIC_SMI] = VLAPIC_SMI,
	[APIC_NMI] = VLAPIC_NMI,
	[APIC_INIT] = VLAPIC_INIT,
};

static enum apic_delivery lvt_delivery(u32 lvt)
{
	return (enum apic_delivery)bits_get(lvt, 10, 8);
}

void vlapic_fire_lvt(struct vlapic *v, u32 offset)
{
	u32 lvt = vlapic_get(v, offset);
	if (lvt & APIC_LVT_MASKED)
		return;
	enum apic_delivery delivery = lvt_delivery(lvt);
	if (delivery == APIC_FIXED)
		vlapic_accept(v, lvt & APIC_LVT_VECTOR, false);
	else
		v->requests |= lvt_request[delivery];
}

/*
 * The first error since the ESR was written interrupts, those after it are only
 * logged. An error entry with an illegal vector logs that too, and ends there.
 */
void vlapic_raise_error(struct vlapic *v, u32 esr_bit)
{
	bool armed = v->errors == 0;
	v->errors |= esr_bit;
	if (armed)
		vlapic_fire_lvt(v, APIC_REG_LVT_ERROR);
}

void vlapic_mask_lvts(struct vlapic *v)
{
	static const u16 lvts[] = {APIC_REG_LVT_TIMER, APIC_REG_LVT_THERMAL, APIC_REG_LVT_PERF,
				   APIC_REG_LVT_LINT0, APIC_REG_LVT_LINT1,   APIC_REG_LVT_ERROR};
	for (unsigned i = 0; i < ARRAY_SIZE(lvts); i++)
		*vlapic_reg(v, lvts[i]) |= APIC_LVT_MASKED;
}

/* Only LINT0 can be level-triggered, and only in fixed mode. */
static bool lint_is_level(unsigned line, u32 lvt)
{
	return line == 0 && lvt_delivery(lvt) == APIC_FIXED && (lvt & APIC_LVT_LEVEL);
}

static bool lint_is_asserted(const struct vlapic *v, unsigned line)
{
	bool high = v->lint_high & BIT(line);
	bool active_low = vlapic_get(v, lint_offset[line]) & APIC_LVT_ACTIVE_LOW;
	return high != active_low;
}

static void recheck_lint(struct vlapic *v, unsigned line)
{
	u32 *lvt = vlapic_reg(v, lint_offset[line]);
	if (!lint_is_level(line, *lvt) || (*lvt & (APIC_LVT_MASKED | APIC_LVT_REMOTE_IRR)))
		return;
	if (!lint_is_asserted(v, line))
		return;
	*lvt |= APIC_LVT_REMOTE_IRR;
	vlapic_accept(v, *lvt & APIC_LVT_VECTOR, true);
}

void vlapic_recheck_lints(struct vlapic *v)
{
	for (unsigned line = 0; line < LINTS; line++)
		recheck_lint(v, line);
}

void vlapic_end_lint(struct vlapic *v, u8 vector)
{
	u32 *lvt = vlapic_reg(v, APIC_REG_LVT_LINT0);
	if ((*lvt & APIC_LVT_REMOTE_IRR) && (*lvt & APIC_LVT_VECTOR) == vector)
		*lvt &= ~(u32)APIC_LVT_REMOTE_IRR;
	recheck_lint(v, 0);
}

static void put_lint(struct vlapic *v, unsigned line, bool high)
{
	v->lint_high &= (u8)~BIT(line);
	if (high)
		v->lint_high |= (u8)BIT(line);
}

void vlapic_settle_lint(struct vlapic *v, unsigned line, bool high)
{
	if (line >= LINTS)
		return;
	put_lint(v, line, high);
	if (vlapic_mode(v) != APIC_MODE_DISABLED)
		recheck_lint(v, line);
}

void vlapic_set_lint(struct vlapic *v, unsigned line, bool high)
{
	if (line >= LINTS)
		return;
	bool was_asserted = lint_is_asserted(v, line);
	put_lint(v, line, high);
	bool rises = lint_is_asserted(v, line) && !was_asserted;
	if (vlapic_mode(v) == APIC_MODE_DISABLED) {
		if (line == 1 && rises)
			v->requests |= VLAPIC_NMI;
		return;
	}
	if (lint_is_level(line, vlapic_get(v, lint_offset[line])))
		recheck_lint(v, line);
	else if (rises)
		vlapic_fire_lvt(v, lint_offset[line]);
}

bool vlapic_listens_to_lint0(const struct vlapic *v)
{
	return vlapic_mode(v) == APIC_MODE_DISABLED ||
	       !(vlapic_get(v, APIC_REG_LVT_LINT0) & APIC_LVT_MASKED);
}

bool vlapic_accepts_pic(const struct vlapic *v)
{
	if (vlapic_mode(v) == APIC_MODE_DISABLED)
		return true;
	u32 lvt = vlapic_get(v, APIC_REG_LVT_LINT0);
	return !(lvt & APIC_LVT_MASKED) && lvt_delivery(lvt) == APIC_EXTINT;
}
