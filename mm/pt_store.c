/* SPDX-License-Identifier: BSD-2-Clause */
/* The one store to a page table, see mm/pt_entry.h. Pure. */
#include "mm/pt_entry.h"

/* Release: what a new table holds is visible before the entry that links it. */
void pt_entry_write(u64 *entry, u64 value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}
