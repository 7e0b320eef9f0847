/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One page-table entry: reading, writing, and what its bits say in a format.
 * Pure. For mm/pt*.c only; others use mm/pt.h.
 */
#pragma once

#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "mm/pt.h"

/*
 * Every store to a table goes through here, one aligned 64-bit store, in
 * program order. A source file of its own (mm/pt_store.c), so that a test can
 * link one that also keeps the history.
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

/* Can the format say it, and does it allow it? */
bool pt_leaf_valid(const struct pt_format *format, struct pt_leaf leaf);

/* leaf must be valid, to aligned to the level's size. */
u64 pt_leaf_encode(const struct pt_format *format, unsigned level, struct hpa to,
		   struct pt_leaf leaf);
struct pt_leaf pt_leaf_decode(const struct pt_format *format, unsigned level, u64 entry);
struct hpa pt_leaf_address(const struct pt_format *format, unsigned level, u64 entry);

/* What a leaf (or nothing) at level says, as the entry at index of a table one level below. */
u64 pt_leaf_part(const struct pt_format *format, unsigned level, u64 entry, unsigned index);

/* Range checked; start as the bits that index the tables. ERR_INVALID, ERR_RANGE: see pt_map. */
enum status pt_range_check(const struct pt_format *format, struct pt_range range,
			   u64 *start) must_check;

/* May [to, to + size) be mapped as leaf? ERR_INVALID, ERR_RANGE: see pt_map. */
enum status pt_target_check(const struct pt *pt, struct hpa to, u64 size,
			    struct pt_leaf leaf) must_check;

/* A table of absent entries, in no tree yet. */
bool pt_table_alloc(const struct pt *pt, struct hpa *out) must_check;

/* The table has left the tree; a walker may still be in it. pt_flushed frees it. */
void pt_table_retire(struct pt *pt, struct hpa table);

/* One store to a table of the tree, unless it already says so; notes what makes pt stale. */
void pt_replace(struct pt *pt, u64 *entry, u64 value);
