/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the maps of MSRs that guests access without an exit, the same for all
 * guests. The backend knows the hardware's layout of a map.
 */
#pragma once

#include "core/base/status.h"

enum msr_map_access { MSR_MAP_READ = 1 << 0, MSR_MAP_WRITE = 1 << 1 };

struct msr_map_format {
	u8 pages;
	u8 vendor; /* enum cpu_vendor, whose MSRs count */
	bool icr;  /* hardware that runs an x2APIC carries out writes of ICR */
	/* Clears the bits of one MSR; access: enum msr_map_access, one or both. */
	void (*allow)(u8 *map, u32 msr, unsigned access);
};

/*
 * Makes two maps in a row, the second for a guest whose x2APIC hardware runs.
 * Does nothing if *maps is not NULL. Boot CPU first. ERR_NO_MEMORY.
 */
enum status msr_map_init(const struct msr_map_format *format, u8 **maps,
			 struct error *err) must_check;
