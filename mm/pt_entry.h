/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads, writes, encodes and decodes one page-table entry. For mm/pt*.c and for
 * owners of single entries of the host's tables; others use mm/pt.h. Pure.
 */
#pragma once

#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "mm/pt.h"

/*
 * Every store to a table is made here: one aligned 64-bit store, in program order.
 * The function has a file of its own (mm/pt_store.c), so that a test can link one
 * that also keeps the history of stores.
 */
void pt_entry_write(u64 *entry, u64 value);

static inline u64 pt_entry_read(const u64 *entry)
{
	return atomic_get(entry);
}

/* Index into a table at level; input address bits above the root's are ignored. */
static inline unsigned pt_index(u64 addr, unsigned level)
{
	return addr / pt_level_size(level) % PT_ENTRIES;
}

static inline bool pt_entry_present(const struct pt_format *format, u64 entry)
{
	return entry & format->present;
}

static inline bool pt_entry_is_table(const struct pt_format *format, unsigned level, u64 entry)
{
	return pt_entry_present(format, entry) && level > PT_LEVEL_4K && !(entry & format->large);
}

static inline struct hpa pt_entry_table(const struct pt_format *format, u64 entry)
{
	return hpa_make(entry & format->address);
}

static inline u64 *pt_table(const struct pt *pt, struct hpa table)
{
	return pt->mem->to_virt(pt->mem, table);
}

/* True if the format can encode the leaf and allows it. */
bool pt_leaf_valid(const struct pt_format *format, struct pt_leaf leaf);

/* leaf must be valid; `to` must be aligned to the size of a leaf at level. */
u64 pt_leaf_encode(const struct pt_format *format, unsigned level, struct hpa to,
		   struct pt_leaf leaf);
struct pt_leaf pt_leaf_decode(const struct pt_format *format, unsigned level, u64 entry);
struct hpa pt_leaf_address(const struct pt_format *format, unsigned level, u64 entry);

/*
 * Returns entry index of a table at level - 1 that maps the same as entry, a leaf or absent, at
 * level.
 */
u64 pt_leaf_part(const struct pt_format *format, unsigned level, u64 entry, unsigned index);

/*
 * Checks range, and sets *start to the bits that index the tables. ERR_INVALID, ERR_RANGE: see
 * pt_map.
 */
enum status pt_range_check(const struct pt_format *format, struct pt_range range,
			   u64 *start) must_check;

/* Checks that [to, to + size) can be mapped as leaf. ERR_INVALID, ERR_RANGE: see pt_map. */
enum status pt_target_check(const struct pt *pt, struct hpa to, u64 size,
			    struct pt_leaf leaf) must_check;

/* Allocates a table of absent entries, not yet in the tree. False: no memory. */
bool pt_table_alloc(const struct pt *pt, struct hpa *out) must_check;

/*
 * Keeps a table that was removed from the tree, since CPUs may still use it, for pt_flushed to
 * free.
 */
void pt_table_retire(struct pt *pt, struct hpa table);

/*
 * Stores value in a table of the tree if it differs; sets pt->stale if the old entry was
 * present.
 */
void pt_replace(struct pt *pt, u64 *entry, u64 value);
