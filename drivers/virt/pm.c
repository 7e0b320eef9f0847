/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACPI fixed hardware model. Citations: ACPI specification, by section
 * title. The guest has no SMI command port, so it is in ACPI mode from the
 * start: SCI_EN reads as one. Pure.
 */
#include "drivers/virt/pm.h"

#include "core/base/bits.h"
#include "drivers/virt/clock.h"

/* Byte offsets of the 16-bit registers within the block. */
enum { PM_STATUS = 0, PM_ENABLE = 2, PM_CONTROL = 4, PM_TIMER = 8 };

enum {
	STATUS_BITS = PM1_TMR | PM1_PWRBTN, /* the bits that this model sets */
	ENABLE_BITS = PM1_TMR | PM1_GBL | PM1_PWRBTN | PM1_SLPBTN | PM1_RTC,
	CONTROL_BITS = PM1_BM_RLD | PM1_SLP_TYP_MASK,
	TIMER_SIGN = 31, /* a toggle of this bit sets TMR_STS ("Power Management Timer") */

	/* "Reset Control Register" of a PC chip set. */
	RESET_BITS = BITS(3, 1),
};

static u64 timer_half(u64 now)
{
	return clock_ticks(now, PM_TIMER_HZ) >> TIMER_SIGN;
}

void pm_reset(struct pm *pm, u64 now)
{
	*pm = (struct pm){.control = PM1_SCI_EN, .timer_halves = timer_half(now)};
}

void pm_advance(struct pm *pm, u64 now)
{
	u64 halves = timer_half(now);

	if (halves <= pm->timer_halves)
		return;
	pm->timer_halves = halves;
	pm->status |= PM1_TMR;
}

bool pm_sci(const struct pm *pm)
{
	return pm->status & pm->enable;
}

u64 pm_deadline(const struct pm *pm)
{
	if (!(pm->enable & ~pm->status & PM1_TMR))
		return CLOCK_NONE;
	return clock_ns((pm->timer_halves + 1) << TIMER_SIGN, PM_TIMER_HZ);
}

void pm_power_button(struct pm *pm)
{
	pm->status |= PM1_PWRBTN;
}

static u32 dword_read(const struct pm *pm, unsigned reg, u64 now)
{
	switch (reg) {
	case PM_STATUS:
		return pm->status | (u32)pm->enable << 16;
	case PM_CONTROL:
		return pm->control;
	case PM_TIMER:
		return clock_ticks(now, PM_TIMER_HZ);
	}
	return UINT32_MAX;
}

u32 pm_read(struct pm *pm, unsigned reg, unsigned size, u64 now)
{
	u32 value = 0;

	pm_advance(pm, now);
	if (reg == PM_TIMER && size == PM_TMR_SIZE)
		return dword_read(pm, reg, now); /* fast path: guests use it as a clock */
	for (unsigned i = 0; i < size && i < sizeof(value); i++) {
		unsigned at = reg + i;
		u32 dword = dword_read(pm, at & ~3U, now);

		value |= (dword >> (at & 3) * 8 & 0xff) << (i * 8);
	}
	return value;
}

/* SLP_EN is not stored: the write powers off, or has no effect for any sleep type but S5. */
static enum pm_effect control_write(struct pm *pm, u16 value, u16 mask)
{
	u16 writable = mask & CONTROL_BITS;

	pm->control = (pm->control & ~writable) | (value & writable);
	if ((value & mask & PM1_SLP_EN) &&
	    (pm->control & PM1_SLP_TYP_MASK) >> PM1_SLP_TYP_SHIFT == PM_SLP_TYP_S5)
		return PM_POWER_OFF;
	return PM_NOTHING;
}

static enum pm_effect byte_write(struct pm *pm, unsigned reg, u8 byte)
{
	unsigned shift = (reg & 1) * 8;
	u16 mask = 0xff << shift;
	u16 value = byte << shift;

	switch (reg & ~1U) {
	case PM_STATUS:
		pm->status &= ~(value & STATUS_BITS);
		break;
	case PM_ENABLE:
		pm->enable = (pm->enable & ~mask) | (value & ENABLE_BITS);
		break;
	case PM_CONTROL:
		return control_write(pm, value, mask);
	}
	return PM_NOTHING;
}

enum pm_effect pm_write(struct pm *pm, unsigned reg, unsigned size, u32 value, u64 now)
{
	enum pm_effect effect = PM_NOTHING;

	pm_advance(pm, now);
	for (unsigned i = 0; i < size && i < sizeof(value); i++) {
		enum pm_effect one = byte_write(pm, reg + i, value >> (i * 8));

		if (one != PM_NOTHING)
			effect = one;
	}
	return effect;
}

u8 pm_reset_control_read(const struct pm *pm)
{
	return pm->reset_control;
}

enum pm_effect pm_reset_control_write(struct pm *pm, u8 value)
{
	bool rises = !(pm->reset_control & RESET_CPU) && (value & RESET_CPU);

	pm->reset_control = value & RESET_BITS;
	return rises ? PM_RESET : PM_NOTHING;
}

enum pm_effect pm_keyboard_command(u8 value)
{
	return value == KEYBOARD_PULSE_RESET ? PM_RESET : PM_NOTHING;
}
