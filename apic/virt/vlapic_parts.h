/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the virtual local APIC (vlapic*.c) share among themselves.
 * Not for anyone else. Owner only, like everything behind struct vlapic.
 */
#pragma once

#include "apic/virt/vlapic.h"

/* offset: enum apic_register, so always inside the page. */
static inline u32 *vlapic_reg(struct vlapic *v, u32 offset)
{
	return &v->regs[offset / sizeof(u32)];
}

static inline u32 vlapic_get(const struct vlapic *v, u32 offset)
{
	return v->regs[offset / sizeof(u32)];
}

static inline bool vlapic_software_enabled(const struct vlapic *v)
{
	return vlapic_get(v, APIC_REG_SVR) & APIC_SVR_ENABLE;
}

/* vlapic.c: acceptance and priorities. */
void vlapic_accept(struct vlapic *v, u8 vector, bool level);
void vlapic_update_ppr(struct vlapic *v);
/* Takes posted vectors, into IRR or nowhere; leaves requests and `on` alone. */
void vlapic_drain_posted(struct vlapic *v, bool accept);
void vlapic_end_interrupt(struct vlapic *v, struct vlapic_effects *fx);
/* What follows the end of an interrupt that has left ISR: a level-triggered one is told of. */
void vlapic_signal_end(struct vlapic *v, u8 vector, struct vlapic_effects *fx);

/* vlapic_regs.c: the reset values of the table. */
void vlapic_reset_registers(struct vlapic *v);

/* vlapic_lvt.c: local interrupts and errors. */
void vlapic_raise_error(struct vlapic *v, u32 esr_bit);
void vlapic_fire_lvt(struct vlapic *v, u32 offset);
void vlapic_mask_lvts(struct vlapic *v);
/* Level-triggered LINT lines that are asserted and may interrupt (again). */
void vlapic_recheck_lints(struct vlapic *v);
void vlapic_end_lint(struct vlapic *v, u8 vector);

/* vlapic_icr.c: sends what an ICR of (high) destination and low half says. */
void vlapic_send(struct vlapic *v, u32 icr, u32 destination, struct vlapic_effects *fx);

/* vlapic_timer.c. `value` has passed the register's writable mask. */
void vlapic_timer_stop(struct vlapic *v);
u32 vlapic_timer_count(const struct vlapic *v, u64 now);
void vlapic_timer_write_initial(struct vlapic *v, u32 value, u64 now, struct vlapic_effects *fx);
void vlapic_timer_write_divide(struct vlapic *v, u32 value, u64 now, struct vlapic_effects *fx);
void vlapic_timer_write_lvt(struct vlapic *v, u32 value, u64 now, struct vlapic_effects *fx);
