/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers that switch a PC off and reset it, for the host's driver and the
 * guests' model: ACPI's PM1 control register ("PM1 Control Grouping"), the chip set's
 * reset control register, the keyboard controller. Header only.
 */
#pragma once

enum pm1_control {
	PM1_SCI_EN = 1 << 0,
	PM1_BM_RLD = 1 << 1,
	PM1_GBL_RLS = 1 << 2,
	PM1_SLP_TYP_SHIFT = 10,
	PM1_SLP_TYP_MASK = 7 << PM1_SLP_TYP_SHIFT,
	PM1_SLP_EN = 1 << 13,
};

enum {
	PM_RESET_PORT = 0xcf9,
	RESET_HARD = 1 << 1,
	RESET_CPU = 1 << 2, /* its rise resets */
	KEYBOARD_PULSE_RESET = 0xfe,
};
