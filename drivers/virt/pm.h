/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACPI fixed hardware of a guest (PM1a event and control blocks, PM
 * timer), the reset control register 0xCF9 and what is left of the keyboard
 * controller: the pulse that resets. Says what the guest asked for; never
 * resets or powers off anything itself. Pure.
 */
#pragma once

#include "core/base/types.h"
#include "drivers/chips/power.h"
#include "drivers/chips/timers.h"

/* For the FADT and the DSDT. */
enum pm_platform {
	PM_BASE = 0x600,
	PM1A_EVT_PORT = PM_BASE,
	PM1A_EVT_SIZE = 4,
	PM1A_CNT_PORT = PM_BASE + 4,
	PM1A_CNT_SIZE = 2,
	PM_TMR_PORT = PM_BASE + 8,
	PM_TMR_SIZE = 4,
	PM_PORTS = 12,
	PM_SCI_IRQ = 9, /* level-triggered, active high */
	PM_RESET_VALUE = RESET_HARD | RESET_CPU,
	PM_SLP_TYP_S5 = 0, /* with SLP_EN: 0x2000 to PM1A_CNT_PORT, as under QEMU */
};

/* PM1 status and enable bits (ACPI "PM1 Event Grouping"). */
enum pm1_event {
	PM1_TMR = 1 << 0,
	PM1_GBL = 1 << 5,
	PM1_PWRBTN = 1 << 8,
	PM1_SLPBTN = 1 << 9, /* can be enabled, never happens */
	PM1_RTC = 1 << 10,   /* likewise */
};

enum pm_effect { PM_NOTHING, PM_RESET, PM_POWER_OFF };

struct pm {
	u16 status, enable, control;
	u8 reset_control; /* 0xCF9 */
	u64 timer_halves; /* half turns of the timer (toggles of its bit 31) accounted for */
};

void pm_reset(struct pm *pm, u64 now);

/* reg: 0 to PM_PORTS - 1, offset from PM_BASE; size 1, 2 or 4; bytes past the end read as ones. */
u32 pm_read(struct pm *pm, unsigned reg, unsigned size, u64 now);
enum pm_effect pm_write(struct pm *pm, unsigned reg, unsigned size, u32 value, u64 now);

u8 pm_reset_control_read(const struct pm *pm);
enum pm_effect pm_reset_control_write(struct pm *pm, u8 value);
/* A byte to port 0x64: only 'pulse the reset line' means anything. */
enum pm_effect pm_keyboard_command(u8 value);

/* Someone presses the power button: PWRBTN_STS. */
void pm_power_button(struct pm *pm);

void pm_advance(struct pm *pm, u64 now);
/* Level of the SCI. */
bool pm_sci(const struct pm *pm);
/* When TMR_STS raises the SCI, in ns; CLOCK_NONE if it is not going to. */
u64 pm_deadline(const struct pm *pm);
