/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's physical memory: the one mm/frames.h table, its lock, and how
 * the boot information fills it. Hands memory out; never maps it.
 */
#pragma once

#include "core/base/status.h"
#include "mm/frames.h"

struct boot_info;

/* Memory that something holds before ram_init: [start, end) in bytes. */
struct ram_range {
	u64 start, end;
};

/*
 * From the loader's memory map, less the image, the modules and the
 * information itself (both become FRAMES_MODULES), less all below 1 MiB but
 * one page for starting CPUs. What does not fit is named in the log and left out.
 */
enum status ram_init(const struct boot_info *info, struct ram_range image,
		     struct ram_range information, struct error *err) must_check;

/* The page below 1 MiB that is the hypervisor's; addr 0 when there was none. */
struct hpa ram_low_page(void);

/* As frames_alloc, frames_free, frames_total and frames_largest_free, locked. */
enum status ram_alloc(const struct frames_request *request, struct hpa *out) must_check;
enum status ram_free(u64 start, u64 end, u16 owner) must_check;
u64 ram_total(u16 owner);
u64 ram_largest_free(u64 align);

/* The extent with number index of all, in ascending order; false past the last. */
bool ram_extent_at(size_t index, struct extent *out);

/* The extent with number index of those that owner has, in ascending order; false past the last. */
bool ram_extent(u16 owner, size_t index, struct extent *out);
