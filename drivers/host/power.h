/* SPDX-License-Identifier: BSD-2-Clause */
/* Resetting the machine and switching it off. */
#pragma once

#include "boot/acpi.h"

/* Keeps what the FADT says; without one (all zero) the ways of a PC remain. */
void power_init(const struct acpi_fadt *table);

/*
 * Enters S5 (ACPI "Entering a Low-Power State"); the two values are those of the
 * DSDT's \_S5 package. Returns when it did not help; power_can_off: there is a way.
 */
bool power_can_off(void);
void power_off(void);

/* By the ACPI reset register, port 0xCF9, the keyboard controller, and a triple fault, in turn. */
_Noreturn void power_reset(void);
