/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the tables of the window: 2 MiB at WINDOW, the second entry of the PML4. */
#include "lib/paging.h"
#include "core/base/x86.h"

#define WINDOW (1ULL << 39)

extern u64 boot_pml4[512];

static u64 pdpt[512] __attribute__((aligned(PAGE_SIZE)));
static u64 pd[512] __attribute__((aligned(PAGE_SIZE)));
static u64 pt[WINDOW_PAGES] __attribute__((aligned(PAGE_SIZE)));

void *window_map(u32 index, u64 physical, u64 bits)
{
	u8 *page = (u8 *)WINDOW + (u64)index * PAGE_SIZE;

	pd[0] = (u64)pt | PTE_P | PTE_W | PTE_US;
	pdpt[0] = (u64)pd | PTE_P | PTE_W | PTE_US;
	boot_pml4[1] = (u64)pdpt | PTE_P | PTE_W | PTE_US;
	pt[index] = physical | bits;
	x86_invlpg(page);
	return page;
}
