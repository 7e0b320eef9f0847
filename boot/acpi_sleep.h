/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads \_S5, the only object of the host's DSDT that the hypervisor needs. Pure. */
#pragma once

#include "core/base/types.h"

struct acpi_sleep_types {
	u8 a, b; /* SLP_TYPa and SLP_TYPb, 0 to 7 */
};

/*
 * Searches size bytes of AML for Name (\_S5, Package () {a, b, ...}) (ACPI "\_S5
 * (System Hardware State)"). False: not found, or a and b are not constants.
 */
bool acpi_sleep_find_s5(const u8 *aml, size_t size, struct acpi_sleep_types *out);
