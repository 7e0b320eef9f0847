/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the deadlines of the virtual local APIC's timer, and computes its current count
 * from the time. Never arms a real timer. SDM 3A "APIC Timer", "TSC-Deadline Mode".
 */
#include "apic/virt/vlapic_parts.h"

/*
 * The shortest time in ns between two wake-ups of the owner for a periodic timer. Without
 * it a guest with a period of nanoseconds would never run. Periods that pass meanwhile
 * merge in IRR, as they do on a CPU that is slow to take interrupts.
 */
#define TIMER_MIN_WAKE 20000ULL

static enum apic_timer_mode timer_mode(u32 lvt)
{
	return (enum apic_timer_mode)bits_get(lvt, 18, 17);
}

/*
 * The divisor's logarithm. Bits 3, 1 and 0 are the index in the list of divisors 2, 4, ... 128, 1.
 */
static unsigned divide_shift(const struct vlapic *v)
{
	u32 dcr = vlapic_get(v, APIC_REG_TIMER_DIVIDE);
	unsigned code = (dcr & 3) | (dcr >> 1 & 4);
	return (code + 1) & 7;
}

static u64 timer_period(const struct vlapic *v)
{
	return (u64)vlapic_get(v, APIC_REG_TIMER_INITIAL) << divide_shift(v);
}

/* Counts down from `count` from now on. */
static void timer_start(struct vlapic *v, u32 count, u64 now)
{
	u64 length = (u64)count << divide_shift(v);
	v->timer_deadline = length < VLAPIC_NEVER - now ? now + length : VLAPIC_NEVER;
	v->timer_due = v->timer_deadline;
}

void vlapic_timer_stop(struct vlapic *v)
{
	v->timer_deadline = VLAPIC_NEVER;
	v->timer_due = VLAPIC_NEVER;
	v->tsc_deadline = 0;
}

u64 vlapic_timer_deadline(const struct vlapic *v)
{
	/* A masked timer counts, but does not wake the owner: its count follows from the time. */
	bool masked = vlapic_get(v, APIC_REG_LVT_TIMER) & APIC_LVT_MASKED;
	return masked ? VLAPIC_NEVER : v->timer_due;
}

/* Sets the next deadline of a periodic timer: whole periods after the last one. */
static void timer_next_period(struct vlapic *v, u64 now)
{
	u64 period = timer_period(v);
	if (period == 0) {
		vlapic_timer_stop(v);
		return;
	}
	u64 left = period - (now - v->timer_deadline) % period;
	u64 gap = max_u64(left, TIMER_MIN_WAKE);
	if (gap >= VLAPIC_NEVER - now) {
		vlapic_timer_stop(v);
		return;
	}
	v->timer_deadline = now + left;
	v->timer_due = now + gap;
}

void vlapic_timer_expire(struct vlapic *v, u64 now)
{
	if (v->timer_deadline == VLAPIC_NEVER || now < v->timer_deadline)
		return;
	if (timer_mode(vlapic_get(v, APIC_REG_LVT_TIMER)) == APIC_TIMER_PERIODIC)
		timer_next_period(v, now);
	else
		vlapic_timer_stop(v);
	vlapic_fire_lvt(v, APIC_REG_LVT_TIMER);
}

u32 vlapic_timer_count(const struct vlapic *v, u64 now)
{
	if (v->timer_deadline == VLAPIC_NEVER)
		return 0;
	u64 left;
	if (now < v->timer_deadline) {
		left = v->timer_deadline - now;
	} else {
		u64 period = timer_period(v);
		if (timer_mode(vlapic_get(v, APIC_REG_LVT_TIMER)) != APIC_TIMER_PERIODIC ||
		    period == 0)
			return 0;
		left = period - (now - v->timer_deadline) % period;
	}
	unsigned shift = divide_shift(v);
	u64 count = (left + BIT(shift) - 1) >> shift;
	/* `now` may be a little earlier than the start, which was read from the clock later. */
	return (u32)min_u64(count, vlapic_get(v, APIC_REG_TIMER_INITIAL));
}

void vlapic_timer_write_initial(struct vlapic *v, u32 value, u64 now, struct vlapic_effects *fx)
{
	if (timer_mode(vlapic_get(v, APIC_REG_LVT_TIMER)) == APIC_TIMER_TSC_DEADLINE)
		return;
	vlapic_timer_expire(v, now);
	*vlapic_reg(v, APIC_REG_TIMER_INITIAL) = value;
	if (value == 0)
		vlapic_timer_stop(v);
	else
		timer_start(v, value, now);
	fx->what |= VLAPIC_TIMER_MOVED;
}

/* A running timer continues from its current count at the new rate. */
void vlapic_timer_write_divide(struct vlapic *v, u32 value, u64 now, struct vlapic_effects *fx)
{
	vlapic_timer_expire(v, now);
	u32 count = vlapic_timer_count(v, now);
	*vlapic_reg(v, APIC_REG_TIMER_DIVIDE) = value;
	if (count == 0)
		return;
	timer_start(v, count, now);
	fx->what |= VLAPIC_TIMER_MOVED;
}

/*
 * Entering or leaving TSC-deadline mode stops the timer. A change between one-shot and
 * periodic mode does not, as on processors; the SDM's "a write that changes the timer
 * mode disarms" holds for the former only (see docs/errata.md).
 */
void vlapic_timer_write_lvt(struct vlapic *v, u32 value, u64 now, struct vlapic_effects *fx)
{
	vlapic_timer_expire(v, now);
	bool was_tsc = timer_mode(vlapic_get(v, APIC_REG_LVT_TIMER)) == APIC_TIMER_TSC_DEADLINE;
	bool is_tsc = timer_mode(value) == APIC_TIMER_TSC_DEADLINE;
	*vlapic_reg(v, APIC_REG_LVT_TIMER) = value;
	fx->what |= VLAPIC_TIMER_MOVED;
	if (was_tsc == is_tsc)
		return;
	*vlapic_reg(v, APIC_REG_TIMER_INITIAL) = 0;
	vlapic_timer_stop(v);
}

u64 vlapic_timer_tsc_deadline(const struct vlapic *v)
{
	return v->tsc_deadline;
}

void vlapic_timer_write_tsc_deadline(struct vlapic *v, u64 value, struct vlapic_effects *fx)
{
	*fx = (struct vlapic_effects){0};
	if (timer_mode(vlapic_get(v, APIC_REG_LVT_TIMER)) != APIC_TIMER_TSC_DEADLINE)
		return;
	v->tsc_deadline = value;
	fx->what = VLAPIC_TIMER_MOVED;
}

void vlapic_timer_expire_tsc(struct vlapic *v, u64 guest_tsc)
{
	if (v->tsc_deadline == 0 || guest_tsc < v->tsc_deadline)
		return;
	v->tsc_deadline = 0;
	vlapic_fire_lvt(v, APIC_REG_LVT_TIMER);
}
