/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of a table: birth, stores while it is in a tree, and the time
 * between leaving the tree and the flush after which nobody can see it. Knows
 * nothing of the tree's shape. Pure.
 */
#include "mm/pt_entry.h"

/*
 * Retired tables form a list by 40 bits of address, kept four to an entry in
 * bits that every format's hardware ignores, in leaves and in absent entries:
 * until the flush a retired table translates as it always did.
 */
enum { LINK_SHIFT = 52, LINK_BITS = 4, LINK_ENTRIES = 10 };
#define LINK_MASK BITS(LINK_SHIFT + LINK_BITS - 1, LINK_SHIFT)

void pt_replace(struct pt *pt, u64 *entry, u64 value)
{
	u64 old = pt_entry_read(entry);

	if (old == value)
		return;
	if (pt_entry_present(pt->format, old))
		pt->stale = true;
	pt_entry_write(entry, value);
}

bool pt_table_alloc(const struct pt *pt, struct hpa *out)
{
	u64 *table;

	if (!pt->mem->alloc_table(pt->mem, out))
		return false;
	table = pt_table(pt, *out);
	for (unsigned i = 0; i < PT_ENTRIES; i++)
		pt_entry_write(table + i, pt->format->absent);
	return true;
}

void pt_table_retire(struct pt *pt, struct hpa table)
{
	u64 *entry = pt_table(pt, table);
	u64 link = pt->retired.addr >> PAGE_SHIFT;

	for (unsigned i = 0; i < LINK_ENTRIES; i++, link >>= LINK_BITS) {
		u64 bits = (link << LINK_SHIFT) & LINK_MASK;

		pt_entry_write(entry + i, (pt_entry_read(entry + i) & ~LINK_MASK) | bits);
	}
	pt->retired = table;
}

static struct hpa retired_next(const struct pt *pt, struct hpa table)
{
	const u64 *entry = pt_table(pt, table);
	u64 link = 0;

	for (unsigned i = LINK_ENTRIES; i-- > 0;)
		link = link << LINK_BITS | (pt_entry_read(entry + i) & LINK_MASK) >> LINK_SHIFT;
	return hpa_make(link << PAGE_SHIFT);
}

void pt_flushed(struct pt *pt)
{
	while (pt->retired.addr) {
		struct hpa table = pt->retired;

		pt->retired = retired_next(pt, table);
		pt->mem->free_table(pt->mem, table);
	}
	pt->stale = false;
}
