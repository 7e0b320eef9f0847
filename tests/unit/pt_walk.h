/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A memory for page tables, and walkers that read the bits as a processor does. Written
 * from the manuals and not from mm/pt. Shared by the unit tests and the fuzzer of mm/pt.
 */
#pragma once

#include "core/base/bits.h"
#include "core/base/string.h"
#include "mm/pt.h"

/* Provided by the user of these headers: called with the result of each comparison. */
static void model_expect(bool condition);

enum { ARENA_TABLES = 600 };
#define ARENA_BASE 0xfedcba0000000ULL /* needs all 52 bits */

struct arena {
	struct pt_memory mem;
	u64 tables[ARENA_TABLES][PT_ENTRIES];
	bool used[ARENA_TABLES];
	size_t count;  /* tables in use */
	size_t budget; /* the highest possible count */
};

static inline size_t arena_index(struct hpa table)
{
	size_t index = (table.addr - ARENA_BASE) / PAGE_SIZE;

	model_expect(is_aligned(table.addr, PAGE_SIZE) && table.addr >= ARENA_BASE);
	model_expect(index < ARENA_TABLES);
	return index;
}

static inline u64 *arena_to_virt(struct pt_memory *mem, struct hpa table)
{
	struct arena *arena = container_of(mem, struct arena, mem);

	model_expect(arena->used[arena_index(table)]);
	return arena->tables[arena_index(table)];
}

static inline bool arena_alloc(struct pt_memory *mem, struct hpa *out)
{
	struct arena *arena = container_of(mem, struct arena, mem);

	if (arena->count >= arena->budget)
		return false;
	for (size_t i = 0; i < ARENA_TABLES; i++) {
		if (arena->used[i])
			continue;
		arena->used[i] = true;
		arena->count++;
		*out = hpa_make(ARENA_BASE + i * PAGE_SIZE);
		return true;
	}
	return false;
}

/* A freed table is filled with garbage, which every format reads as a present mapping. */
static inline void arena_free(struct pt_memory *mem, struct hpa table)
{
	struct arena *arena = container_of(mem, struct arena, mem);
	size_t index = arena_index(table);

	model_expect(arena->used[index]);
	arena->used[index] = false;
	arena->count--;
	memset(arena->tables[index], 0xa5, PAGE_SIZE);
}

static inline void arena_init(struct arena *arena, size_t budget)
{
	memset(arena, 0, sizeof(*arena));
	memset(arena->tables, 0xa5, sizeof(arena->tables));
	arena->mem = (struct pt_memory){arena_alloc, arena_free, arena_to_virt};
	arena->budget = budget;
}

/* The mapping of one 4 KiB page of input addresses. */
struct seen {
	bool present;
	u8 level; /* of the leaf; not part of the mapping */
	u64 to;
	struct pt_leaf leaf;
};

static inline bool seen_equal(const struct seen *a, const struct seen *b)
{
	if (!a->present || !b->present)
		return a->present == b->present;
	return a->to == b->to && a->leaf.perms == b->leaf.perms && a->leaf.type == b->leaf.type &&
	       a->leaf.ignore_pat == b->leaf.ignore_pat;
}

/* SDM 3A "Paging-Structure Entries": P, R/W, U/S, PWT, PCD, A, D, PS/PAT, G, NX. */
static inline void walk_long_mode(u64 entry, unsigned level, bool nested, struct seen *out)
{
	static const u8 pat[8] = {MEMTYPE_WB, MEMTYPE_WT, MEMTYPE_UC_MINUS, MEMTYPE_UC,
				  MEMTYPE_WC, MEMTYPE_WP, MEMTYPE_UC_MINUS, MEMTYPE_UC};
	unsigned pat_bit = level == 1 ? 7 : 12;
	unsigned index = (entry >> pat_bit & 1) << 2 | (entry >> 3 & 3);

	model_expect((PT_HOST_PAT >> 8 * index & 0xff) == pat[index]);
	model_expect((entry >> 2 & 1) == nested);
	model_expect((entry >> 5 & 3) == 3);
	out->leaf.perms = PT_READ | (entry & 2 ? PT_WRITE : 0) | (entry >> 63 ? 0 : PT_EXEC) |
			  (entry & 0x100 ? PT_GLOBAL : 0);
	out->leaf.type = pat[index];
	out->to = entry & 0x000ffffffffff000 & ~((1ULL << (12 + 9 * (level - 1))) - 1);
	if (level > 1) /* reserved between the PAT bit and the address */
		model_expect(!(entry & ((1ULL << (12 + 9 * (level - 1))) - 1) & ~0x1fffULL));
}

/* SDM 3C "EPT Translation Mechanism": R, W, X, type, ignore PAT, large, A, D, suppress #VE. */
static inline void walk_ept(u64 entry, unsigned level, struct seen *out)
{
	unsigned type = entry >> 3 & 7;

	model_expect(type == 0 || type == 1 || type == 4 || type == 5 || type == 6);
	model_expect((entry & 1) || !(entry & 2)); /* W without R is a misconfiguration */
	model_expect((entry >> 8 & 3) == 3);
	out->leaf.perms =
		(entry & 1 ? PT_READ : 0) | (entry & 2 ? PT_WRITE : 0) | (entry & 4 ? PT_EXEC : 0);
	out->leaf.type = type;
	out->leaf.ignore_pat = entry >> 6 & 1;
	out->to = entry & 0x000ffffffffff000 & ~((1ULL << (12 + 9 * (level - 1))) - 1);
	if (level > 1)
		model_expect(!(entry & ((1ULL << (12 + 9 * (level - 1))) - 1) & ~0xfffULL));
}

/* A pointer to a table: restricts nothing, reserved bits zero. */
static inline void walk_check_table(const struct pt_format *format, u64 entry)
{
	if (format == &pt_format_ept) {
		model_expect((entry & 7) == 7 && (entry & 0xf8) == 0);
		return;
	}
	model_expect((entry & 0x1bb) == 0x23 && !(entry >> 63));
	model_expect((entry >> 2 & 1) == (format == &pt_format_npt));
}

/* The walk of addr from a table at level; tables[n] gets the tables that it passes. */
static inline struct seen walk(struct arena *arena, const struct pt_format *format,
			       struct hpa table, unsigned level, u64 addr, struct hpa *tables)
{
	bool ept = format == &pt_format_ept;
	struct seen seen = {0};

	for (;; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		u64 entry = arena_to_virt(&arena->mem, table)[addr >> shift & 511];

		if (tables)
			tables[level] = table;
		if (ept) /* suppress #VE must be set from the start */
			model_expect(entry >> 63);
		seen.level = level;
		if (!(entry & (ept ? 7 : 1)))
			return seen;
		if (level > 1 && !(entry & 0x80)) {
			walk_check_table(format, entry);
			table = hpa_make(entry & 0x000ffffffffff000);
			continue;
		}
		model_expect(level <= 3);
		if (ept)
			walk_ept(entry, level, &seen);
		else
			walk_long_mode(entry, level, format == &pt_format_npt, &seen);
		seen.present = true;
		seen.to += addr & ((1ULL << shift) - 1);
		return seen;
	}
}
