/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds, changes and reads a tree of page tables in any format. Owns the tables
 * of the tree, from their allocation to the flush after which no CPU can use
 * them. Never asks which format it is, never flushes. Pure.
 *
 * In this file an address is the bits that index the tables (see pt_range_check).
 * Invariant: between operations no table but the root is empty.
 */
#include "mm/pt.h"

#include "mm/pt_entry.h"

/* --- The life of a table --- */

/*
 * Retired tables form a list. The link is 40 bits of an address, 4 bits in each of
 * 10 entries, in bits that hardware ignores in every format, in leaves and absent
 * entries alike. So a retired table translates as before until the flush.
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

/* --- The tree --- */

enum status pt_init(struct pt *pt, const struct pt_format *format, struct pt_memory *mem,
		    struct pt_limits limits)
{
	*pt = (struct pt){.format = format, .mem = mem, .limits = limits};
	if (limits.leaf_level < PT_LEVEL_4K || limits.leaf_level > format->leaf_level ||
	    limits.pa_bits <= PAGE_SHIFT || limits.pa_bits > PHYS_BITS_MAX)
		return ERR_INVALID;
	return pt_table_alloc(pt, &pt->root) ? OK : ERR_NO_MEMORY;
}

/* At most PT_LEVELS_MAX deep. */
// NOLINTNEXTLINE(misc-no-recursion)
static void free_tables(struct pt *pt, struct hpa table, unsigned level)
{
	const u64 *entry = pt_table(pt, table);

	for (unsigned i = 0; i < PT_ENTRIES; i++) {
		u64 value = pt_entry_read(entry + i);

		if (pt_entry_is_table(pt->format, level, value))
			free_tables(pt, pt_entry_table(pt->format, value), level - 1);
	}
	pt->mem->free_table(pt->mem, table);
}

void pt_destroy(struct pt *pt)
{
	pt_flushed(pt);
	free_tables(pt, pt->root, pt->format->levels);
	pt->root = hpa_make(0);
}

enum status pt_range_check(const struct pt_format *format, struct pt_range range, u64 *start)
{
	u64 limit = pt_level_size(format->levels) * PT_ENTRIES;
	u64 base = 0;

	if (!range.size || !is_aligned(range.start | range.size, PAGE_SIZE))
		return ERR_INVALID;
	if (format->sign_extended) {
		limit /= 2;
		if (range.start >= -limit)
			base = -limit; /* the upper half */
	}
	if (!range_fits(range.start - base, range.size, limit))
		return ERR_RANGE;
	*start = range.start - base + (base ? limit : 0);
	return OK;
}

enum status pt_target_check(const struct pt *pt, struct hpa to, u64 size, struct pt_leaf leaf)
{
	if (!pt_leaf_valid(pt->format, leaf) || !is_aligned(to.addr, PAGE_SIZE))
		return ERR_INVALID;
	return range_fits(to.addr, size, BIT(pt->limits.pa_bits)) ? OK : ERR_RANGE;
}

/*
 * Walks the path to addr down to level floor, a leaf or an absent entry, whichever
 * comes first. Returns that entry; *level is its level.
 */
static u64 *find_entry(const struct pt *pt, u64 addr, unsigned floor, unsigned *level)
{
	u64 *table = pt_table(pt, pt->root);

	for (*level = pt->format->levels;; (*level)--) {
		u64 *entry = table + pt_index(addr, *level);
		u64 value = pt_entry_read(entry);

		if (*level == floor || !pt_entry_is_table(pt->format, *level, value))
			return entry;
		table = pt_table(pt, pt_entry_table(pt->format, value));
	}
}

bool pt_lookup(const struct pt *pt, u64 addr, struct pt_found *out)
{
	const struct pt_format *format = pt->format;
	struct pt_range page = {align_down(addr, PAGE_SIZE), PAGE_SIZE};
	unsigned level;
	u64 start, value;

	*out = (struct pt_found){.level = format->levels};
	if (pt_range_check(format, page, &start))
		return false;
	value = pt_entry_read(find_entry(pt, start, PT_LEVEL_4K, &level));
	out->level = level;
	if (!pt_entry_present(format, value))
		return false;
	out->to = pt_leaf_address(format, level, value);
	out->to.addr += addr % pt_level_size(level);
	out->leaf = pt_leaf_decode(format, level, value);
	return true;
}

unsigned pt_walk(const struct pt *pt, u64 addr, struct pt_step steps[PT_LEVELS_MAX])
{
	struct pt_range page = {align_down(addr, PAGE_SIZE), PAGE_SIZE};
	struct hpa table = pt->root;
	unsigned count = 0;
	u64 start;

	if (pt_range_check(pt->format, page, &start))
		return 0;
	for (unsigned level = pt->format->levels; level > 0; level--) {
		u64 entry = pt_entry_read(pt_table(pt, table) + pt_index(start, level));

		steps[count++] = (struct pt_step){entry, table, (u8)level};
		if (!pt_entry_is_table(pt->format, level, entry))
			break;
		table = pt_entry_table(pt->format, entry);
	}
	return count;
}

/* Returns the end of what an entry at level maps around addr, at most end. */
static u64 entry_end(u64 addr, unsigned level, u64 end)
{
	return min_u64(align_down(addr, pt_level_size(level)) + pt_level_size(level), end);
}

static bool table_empty(const struct pt *pt, struct hpa table)
{
	const u64 *entry = pt_table(pt, table);

	for (unsigned i = 0; i < PT_ENTRIES; i++)
		if (pt_entry_present(pt->format, pt_entry_read(entry + i)))
			return false;
	return true;
}

/* Removes the empty tables on the path to addr from the tree, lowest first. */
static void prune(struct pt *pt, u64 addr)
{
	unsigned lowest, level;

	find_entry(pt, addr, PT_LEVEL_4K, &lowest);
	for (unsigned floor = lowest + 1; floor <= pt->format->levels; floor++) {
		u64 *entry = find_entry(pt, addr, floor, &level);
		struct hpa table = pt_entry_table(pt->format, pt_entry_read(entry));

		if (!table_empty(pt, table))
			return;
		pt_replace(pt, entry, pt->format->absent);
		pt_table_retire(pt, table);
	}
}

/* Unmaps [start, end), whose ends cut no leaf; removes a table, if empty, at the table's end. */
static void clear(struct pt *pt, u64 start, u64 end)
{
	unsigned level;

	for (u64 addr = start, next; addr < end; addr = next) {
		u64 *entry = find_entry(pt, addr, PT_LEVEL_4K, &level);

		next = entry_end(addr, level, end);
		pt_replace(pt, entry, pt->format->absent);
		if (next == end || is_aligned(next, pt_level_size(level + 1)))
			prune(pt, addr);
	}
}

static bool range_absent(const struct pt *pt, u64 start, u64 end)
{
	unsigned level;

	for (u64 addr = start; addr < end; addr = entry_end(addr, level, end)) {
		const u64 *entry = find_entry(pt, addr, PT_LEVEL_4K, &level);

		if (pt_entry_present(pt->format, pt_entry_read(entry)))
			return false;
	}
	return true;
}

/* Returns the level of the largest leaf, at most size bytes, that can map addr to `to`. */
static unsigned fitting_level(const struct pt *pt, u64 addr, struct hpa to, u64 size)
{
	unsigned level = pt->limits.leaf_level;

	while (level > PT_LEVEL_4K &&
	       (!is_aligned(addr | to.addr, pt_level_size(level)) || size < pt_level_size(level)))
		level--;
	return level;
}

/* Adds tables on the path to addr until its entry is at level wanted. NULL: no memory. */
static u64 *make_entry(struct pt *pt, u64 addr, unsigned wanted, unsigned *level)
{
	u64 *entry = find_entry(pt, addr, PT_LEVEL_4K, level);
	struct hpa table;

	for (; *level > wanted; (*level)--) {
		if (!pt_table_alloc(pt, &table))
			return NULL;
		pt_replace(pt, entry, table.addr | pt->format->table);
		entry = pt_table(pt, table) + pt_index(addr, *level - 1);
	}
	return entry;
}

enum status pt_map(struct pt *pt, struct pt_range range, struct hpa to, struct pt_leaf leaf)
{
	u64 start, done = 0;
	unsigned level;
	enum status status = pt_range_check(pt->format, range, &start);

	if (!status)
		status = pt_target_check(pt, to, range.size, leaf);
	if (status)
		return status;
	if (!range_absent(pt, start, start + range.size))
		return ERR_BUSY;
	for (; done < range.size; done += pt_level_size(level)) {
		struct hpa at = hpa_make(to.addr + done);
		unsigned wanted = fitting_level(pt, start + done, at, range.size - done);
		u64 *entry = make_entry(pt, start + done, wanted, &level);

		if (!entry) {
			prune(pt, start + done);
			clear(pt, start, start + done);
			return ERR_NO_MEMORY;
		}
		pt_replace(pt, entry, pt_leaf_encode(pt->format, level, at, leaf));
	}
	return OK;
}

/* Replaces the large leaf in entry by a table with the same mappings. */
static enum status split_entry(struct pt *pt, u64 *entry, unsigned level)
{
	u64 value = pt_entry_read(entry);
	struct hpa table;
	u64 *child;

	if (!pt_table_alloc(pt, &table))
		return ERR_NO_MEMORY;
	child = pt_table(pt, table);
	for (unsigned i = 0; i < PT_ENTRIES; i++)
		pt_entry_write(child + i, pt_leaf_part(pt->format, level, value, i));
	pt_replace(pt, entry, table.addr | pt->format->table);
	return OK;
}

/* Splits leaves until none lies across addr. */
static enum status cut(struct pt *pt, u64 addr)
{
	for (;;) {
		unsigned level;
		u64 *entry = find_entry(pt, addr, PT_LEVEL_4K, &level);
		enum status status;

		if (is_aligned(addr, pt_level_size(level)) ||
		    !pt_entry_present(pt->format, pt_entry_read(entry)))
			return OK;
		status = split_entry(pt, entry, level);
		if (status)
			return status;
	}
}

static enum status cut_ends(struct pt *pt, u64 start, u64 end)
{
	enum status status = cut(pt, start);

	return status ? status : cut(pt, end);
}

enum status pt_unmap(struct pt *pt, struct pt_range range)
{
	u64 start;
	enum status status = pt_range_check(pt->format, range, &start);

	if (!status)
		status = cut_ends(pt, start, start + range.size);
	if (!status)
		clear(pt, start, start + range.size);
	return status;
}

enum status pt_protect(struct pt *pt, struct pt_range range, struct pt_leaf leaf)
{
	u64 start, end;
	unsigned level;
	enum status status = pt_range_check(pt->format, range, &start);

	if (!status && !pt_leaf_valid(pt->format, leaf))
		status = ERR_INVALID;
	if (status)
		return status;
	end = start + range.size;
	status = cut_ends(pt, start, end);
	if (status)
		return status;
	for (u64 addr = start; addr < end; addr = entry_end(addr, level, end)) {
		u64 *entry = find_entry(pt, addr, PT_LEVEL_4K, &level);
		u64 value = pt_entry_read(entry);

		if (!pt_entry_present(pt->format, value))
			continue;
		value = pt_leaf_encode(pt->format, level, pt_leaf_address(pt->format, level, value),
				       leaf);
		pt_replace(pt, entry, value);
	}
	return OK;
}

/* Computes the leaf at level that maps the same as a table at level - 1. False: there is none. */
static bool merged_leaf(const struct pt *pt, struct hpa table, unsigned level, u64 *merged)
{
	const struct pt_format *format = pt->format;
	const u64 *child = pt_table(pt, table);
	u64 first = pt_entry_read(child);
	struct hpa to = pt_leaf_address(format, level - 1, first);

	if (!pt_entry_present(format, first) || pt_entry_is_table(format, level - 1, first) ||
	    !is_aligned(to.addr, pt_level_size(level)))
		return false;
	*merged = pt_leaf_encode(format, level, to, pt_leaf_decode(format, level - 1, first));
	for (unsigned i = 0; i < PT_ENTRIES; i++)
		if (pt_entry_read(child + i) != pt_leaf_part(format, level, *merged, i))
			return false;
	return true;
}

enum status pt_merge(struct pt *pt, u64 addr, unsigned level)
{
	struct pt_range page = {align_down(addr, PAGE_SIZE), PAGE_SIZE};
	struct hpa table;
	unsigned at;
	u64 start, value, merged, *entry;
	enum status status = pt_range_check(pt->format, page, &start);

	if (status)
		return status;
	if (level <= PT_LEVEL_4K || level > pt->limits.leaf_level)
		return ERR_INVALID;
	entry = find_entry(pt, start, level, &at);
	value = pt_entry_read(entry);
	table = pt_entry_table(pt->format, value);
	if (at != level || !pt_entry_is_table(pt->format, at, value) ||
	    !merged_leaf(pt, table, level, &merged))
		return ERR_NOT_FOUND;
	pt_replace(pt, entry, merged);
	pt_table_retire(pt, table);
	return OK;
}

/* --- The tree as a list of what it maps --- */

enum { LEAVES_MAX = 65536 }; /* of a run: 256 MiB in pages of 4 KiB */

static bool continues(const struct pt_run *run, const struct pt_found *found)
{
	return found->to.addr == run->first.to.addr + (run->end - run->start) &&
	       found->level == run->first.level && found->leaf.perms == run->first.leaf.perms &&
	       found->leaf.type == run->first.leaf.type &&
	       found->leaf.ignore_pat == run->first.leaf.ignore_pat;
}

bool pt_next_run(const struct pt *pt, u64 *at, struct pt_run *run)
{
	u64 end = pt_level_size(pt->format->levels) * PT_ENTRIES;
	unsigned leaves = 0;
	struct pt_found found;
	bool begun = false;

	for (; *at < end;
	     *at = align_down(*at, pt_level_size(found.level)) + pt_level_size(found.level)) {
		bool mapped = pt_lookup(pt, *at, &found);

		if (begun && (!mapped || !continues(run, &found) || ++leaves == LEAVES_MAX))
			return true;
		if (mapped && !begun)
			*run = (struct pt_run){*at, *at, found};
		begun |= mapped;
		if (mapped)
			run->end += pt_level_size(found.level);
	}
	return begun;
}
