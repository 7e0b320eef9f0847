/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows of a test guest onto physical memory. The first 4 GiB are identity
 * mapped by start.asm; anything else is reached through window pages.
 */
#pragma once

#include "core/base/bits.h"

enum { WINDOW_PAGES = 512 };

#define PTE_P  BIT(0)
#define PTE_W  BIT(1)
#define PTE_US BIT(2)
#define PTE_NX BIT(63)

/* Maps window page index (0..511) to a physical page with these bits; its address. */
void *window_map(u32 index, u64 physical, u64 bits);
