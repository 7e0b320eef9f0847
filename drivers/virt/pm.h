/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model of a guest's ACPI fixed hardware (PM1a event and control blocks, PM
 * timer), of the reset control register 0xCF9, and of the keyboard controller's
 * command that resets. Returns the guest's requests for a reset or power-off to
 * the caller; never resets or powers off anything. Pure.
 */
#pragma once

#include "core/base/types.h"
#include "drivers/chips/power.h"
#include "drivers/chips/timers.h"

/* Ports and values that the guest's FADT and DSDT name. */
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
	PM1_SLPBTN = 1 << 9, /* can be enabled, is never raised */
	PM1_RTC = 1 << 10,   /* as PM1_SLPBTN */
};

enum pm_effect { PM_NOTHING, PM_RESET, PM_POWER_OFF };

struct pm {
	u16 status, enable, control;
	u8 reset_control; /* 0xCF9 */
	u64 timer_halves; /* toggles of the timer's bit 31 that status already reflects */
};

/* Resets all registers at time now (ns; must not go back between calls). */
void pm_reset(struct pm *pm, u64 now);

/*
 * Guest accesses. reg: offset from PM_BASE, 0 to PM_PORTS - 1; size: 1, 2 or 4.
 * Bytes past the end read as all ones; writes to them are dropped.
 */
u32 pm_read(struct pm *pm, unsigned reg, unsigned size, u64 now);
enum pm_effect pm_write(struct pm *pm, unsigned reg, unsigned size, u32 value, u64 now);

u8 pm_reset_control_read(const struct pm *pm);
enum pm_effect pm_reset_control_write(struct pm *pm, u8 value);
/* A guest's write to port 0x64; every command but 'pulse the reset line' is ignored. */
enum pm_effect pm_keyboard_command(u8 value);

/* Sets PWRBTN_STS, as a press of the power button does. */
void pm_power_button(struct pm *pm);

/* Sets TMR_STS if the timer's bit 31 has toggled since the last call. */
void pm_advance(struct pm *pm, u64 now);
/* Level of the SCI. */
bool pm_sci(const struct pm *pm);
/* Returns when TMR_STS will raise the SCI, in ns; CLOCK_NONE if it will not. */
u64 pm_deadline(const struct pm *pm);
