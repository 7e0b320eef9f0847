/* SPDX-License-Identifier: BSD-2-Clause */
/* The one object of the host's DSDT that the hypervisor reads: \_S5. Pure. */
#pragma once

#include "core/base/types.h"

struct acpi_sleep_types {
	u8 a, b; /* SLP_TYPa and SLP_TYPb, 0 to 7 */
};

/*
 * Looks for Name (\_S5, Package () {a, b, ...}) in size bytes of AML (ACPI
 * "\_S5 (System Hardware State)"). False when it is not there as constants.
 */
bool acpi_sleep_find_s5(const u8 *aml, size_t size, struct acpi_sleep_types *out);
