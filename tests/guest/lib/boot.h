/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loader's information, in one form for all protocols: multiboot 1, multiboot 2 and
 * PVH. boot.c reads it in place and keeps the results.
 */
#pragma once

#include "core/base/types.h"

enum boot_kind { BOOT_UNKNOWN, BOOT_MULTIBOOT, BOOT_MULTIBOOT2, BOOT_PVH };

struct boot {
	enum boot_kind kind;
	u32 ranges;	     /* of the memory map */
	bool ordered;	     /* they ascend and none overlaps the next */
	u64 ram;	     /* bytes of RAM in sum */
	u64 low_end;	     /* of the RAM that begins at 0 */
	u64 high_end;	     /* of the RAM that begins at 1 MiB */
	u32 lower, upper;    /* multiboot's basic memory information, KiB */
	const char *cmdline; /* NULL: not given; so are the pointers below */
	const char *loader;
	u32 modules;
	u64 module_start, module_end; /* of the first */
	const char *module_string;
	const u8 *rsdp; /* the RSDP, or a copy */
	u32 rsdp_size;	/* as far as the protocol gives it; 0: unknown */
	u64 load_base;	/* multiboot 2; 0: not given */
};

extern struct boot boot;

void boot_init(void);
