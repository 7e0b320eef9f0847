/* SPDX-License-Identifier: BSD-2-Clause */
/* Resetting the machine and switching it off. */
#pragma once

#include "boot/acpi.h"

/* Keeps what the FADT says; without one (all zero) the ways of a PC remain. */
void power_init(const struct acpi_fadt *table);

/*
 * Enters S5 (ACPI "Entering a Low-Power State"); the two values are those of the
 * DSDT's \_S5 package. Returns when there is no way, or it did not help.
 */
void power_off(void);

/* By the ACPI reset register, port 0xCF9, the keyboard controller, and a triple fault, in turn. */
_Noreturn void power_reset(void);
