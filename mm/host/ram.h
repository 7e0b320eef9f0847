/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the machine's physical memory: a table of mm/frames.h with its lock, filled
 * from the boot information. Allocates memory; never maps or accesses it.
 */
#pragma once

#include "core/base/status.h"
#include "mm/frames.h"

struct boot_info;

/* Memory that is in use before ram_init: bytes [start, end). */
struct ram_range {
	u64 start, end;
};

/*
 * Fills the table from the loader's memory map. The image becomes
 * FRAMES_HYPERVISOR, modules and boot information FRAMES_MODULES, and all below
 * 1 MiB, except one page for starting CPUs, FRAMES_FIRMWARE. An entry that does
 * not fit is logged and left out. ERR_NO_MEMORY: no free memory.
 */
enum status ram_init(const struct boot_info *info, struct ram_range image,
		     struct ram_range information, struct error *err) must_check;

/* Returns the hypervisor's page below 1 MiB; addr is 0 if there is none. */
struct hpa ram_low_page(void);

/* As frames_alloc, frames_free, frames_total and frames_largest_free, locked. */
enum status ram_alloc(const struct frames_request *request, struct hpa *out) must_check;
enum status ram_free(u64 start, u64 end, u16 owner) must_check;
u64 ram_total(u16 owner);
u64 ram_largest_free(u64 align);

/* Gets extent number index of the whole table, in ascending order. False: no such extent. */
bool ram_extent_at(size_t index, struct extent *out);

/* Gets extent number index of the owner's, in ascending order. False: no such extent. */
bool ram_extent(u16 owner, size_t index, struct extent *out);
