/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions that the files of the virtual local APIC (vlapic*.c) share. No other file
 * may include this header. Only the owner's thread calls them.
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

/* --- vlapic.c --- */

/*
 * Puts a vector into IRR. An illegal vector is an error instead; a software-disabled APIC
 * drops all vectors.
 */
void vlapic_accept(struct vlapic *v, u8 vector, bool level);
void vlapic_sync_ppr(struct vlapic *v);

/*
 * Moves posted vectors to IRR or, if accept is false, drops them. Keeps requests, `on`, `notified`.
 */
void vlapic_drain_posted(struct vlapic *v, bool accept);

/* The guest writes EOI: the highest vector leaves ISR. */
void vlapic_end_interrupt(struct vlapic *v, struct vlapic_effects *fx);

/* Logs an error in the ESR; the first one since the ESR was written interrupts. */
void vlapic_raise_error(struct vlapic *v, u32 esr_bit);

/* Raises the interrupt or the request of the LVT entry at offset, unless the entry is masked. */
void vlapic_fire_lvt(struct vlapic *v, u32 offset);
void vlapic_mask_lvts(struct vlapic *v);

/* Raises LINT lines that are level-triggered, asserted, unmasked and not in service. */
void vlapic_sync_lints(struct vlapic *v);

/* --- vlapic_regs.c --- */

void vlapic_regs_reset(struct vlapic *v);

/* --- vlapic_timer.c. value has passed the register's writable mask. --- */

void vlapic_timer_stop(struct vlapic *v);

/* The value of the current-count register. */
u32 vlapic_timer_count(const struct vlapic *v, u64 now);
void vlapic_timer_write_initial(struct vlapic *v, u32 value, u64 now, struct vlapic_effects *fx);
void vlapic_timer_write_divide(struct vlapic *v, u32 value, u64 now, struct vlapic_effects *fx);
void vlapic_timer_write_lvt(struct vlapic *v, u32 value, u64 now, struct vlapic_effects *fx);
