/* SPDX-License-Identifier: BSD-2-Clause */
/* The one store to a page table, see mm/pt_entry.h. Pure. */
#include "core/base/atomic.h"
#include "mm/pt_entry.h"

/* Release: what a new table holds is visible before the entry that links it. */
void pt_entry_write(u64 *entry, u64 value)
{
	atomic_store_release(entry, value);
}
