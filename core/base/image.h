/* SPDX-License-Identifier: BSD-2-Clause */
/* The bounds of the image's regions, defined by linker.ld: only the symbols' addresses count. */
#pragma once

#include "core/base/types.h"

extern const u8 image_start[], image_end[];
extern const u8 image_text_start[], image_text_end[];
extern const u8 image_rodata_start[], image_data_start[];
extern const u8 image_guard_start[], image_guard_end[]; /* the page below the boot stack */
extern const u8 image_boot_stack_top[];

static inline u64 image_size(void)
{
	return (u64)image_end - (u64)image_start;
}
