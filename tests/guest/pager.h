/* SPDX-License-Identifier: BSD-2-Clause */
/* The contents that the guest `pager` brings to the guest `paged`, by address. */
#pragma once

#include "core/base/bits.h"
#include "lib/paging.h"

#define PAGER_FIRST  (512 * MIB)
#define PAGER_FAILS  (PAGER_FIRST + 16 * MIB) /* the pager says that this page has failed */
#define PAGER_AHEAD  (PAGER_FIRST + 32 * MIB) /* the pager brings the following pages first */
#define PAGER_BREAKS (PAGER_FIRST + 48 * MIB) /* the pager breaks its ring after it */
#define PAGER_TABLES                                                                               \
	(PAGER_FIRST + 64 * MIB) /* page tables: each entry maps the page that follows */

enum { PAGER_AHEAD_PAGES = 16, PAGER_TABLE_LEVELS = 3 };

/* The word at index of the page at gpa. gpa is PAGER_FIRST or above. */
static inline u64 pager_word(u64 gpa, u64 index)
{
	if (gpa >= PAGER_TABLES && gpa < PAGER_TABLES + PAGER_TABLE_LEVELS * PAGE_SIZE)
		return (gpa + PAGE_SIZE) | PTE_P | PTE_W;
	return (gpa + index * sizeof(u64)) * 0x9e3779b97f4a7c15;
}
