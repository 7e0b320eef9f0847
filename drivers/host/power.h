/* SPDX-License-Identifier: BSD-2-Clause */
/* Resets the machine and switches it off. Never decides when. */
#pragma once

#include "boot/acpi.h"

/* Copies the FADT. Without a FADT (all zero) only a PC's own reset methods are used. */
void power_init(const struct acpi_fadt *table);

/*
 * power_off enters S5 (ACPI "Entering a Low-Power State") with the two sleep types
 * from the DSDT's \_S5 package. It returns only if the machine stays on.
 * power_can_off: true if the FADT and the DSDT describe how to enter S5.
 */
bool power_can_off(void);
void power_off(void);

/* Tries the ACPI reset register, port 0xCF9, the keyboard controller and a triple fault in turn. */
_Noreturn void power_reset(void);
