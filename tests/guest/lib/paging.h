/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows of a test guest onto physical memory. start.asm maps the first 4 GiB identically.
 * Window pages reach all other addresses.
 */
#pragma once

#include "core/base/bits.h"

enum { WINDOW_PAGES = 512 };

#define PTE_P  BIT(0)
#define PTE_W  BIT(1)
#define PTE_US BIT(2)
#define PTE_NX BIT(63)

/* Maps window page index (0..511) to a physical page with these bits. Returns its address. */
void *window_map(u32 index, u64 physical, u64 bits);
