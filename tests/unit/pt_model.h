/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reference for mm/pt: the mapping of each segment of a region, and one random
 * operation on both. After every single store all walkers of probe pages must see a mapping
 * from before or from after the operation. The walkers are one that starts at the root,
 * others that kept tables since the last flush, and those of an overlay.
 */
#pragma once

#include "mm/pt_entry.h"
#include "tests/unit/pt_walk.h"

#define K4 0x1000ULL
#define M2 0x200000ULL
#define G1 0x40000000ULL

/* The boundaries of segments. Every range of an operation begins and ends at one of them. */
static const u64 model_cuts[] = {
	0,	 K4, 2 * K4,  M2 - K4, M2,	     M2 + K4,	  2 * M2,      2 * M2 + K4, G1 - M2,
	G1 - K4, G1, G1 + K4, G1 + M2, G1 + M2 + K4, G1 + 2 * M2, 2 * G1 - K4, 2 * G1,
};

enum {
	SEGMENTS = ARRAY_SIZE(model_cuts) - 1,
	PROBES = 2 * SEGMENTS, /* the first and the last page of each segment */
	STATES = 6,	       /* kept since the last flush, at most */
};

/* A state of the region. seen.to belongs to the segment's first page. */
struct state {
	struct seen segment[SEGMENTS];
};

struct model {
	struct arena arena;
	struct pt pt;
	u64 base;		     /* of the region, in input addresses */
	struct state states[STATES]; /* since the last flush; the last is now */
	size_t count;
	struct state attempt; /* the result of the current operation */
	bool under_way;
	struct hpa cached[PROBES][PT_LEVELS_MAX]; /* tables at the last flush; [level], 0: none */
	struct pt_overlay overlay;
	bool has_overlay;
	u64 overlay_page;
	struct seen overlay_now, overlay_next;
	u64 last_split; /* address of the last split, where a merge may be possible */
};

struct model_op {
	u8 kind, first, last, to, perms, type, level, extra;
};

static struct model *model_of_stores;

static inline u64 model_probe(const struct model *m, size_t probe)
{
	return m->base + (probe & 1 ? model_cuts[probe / 2 + 1] - K4 : model_cuts[probe / 2]);
}

static inline struct seen model_page(const struct state *state, size_t probe)
{
	struct seen seen = state->segment[probe / 2];

	if (probe & 1)
		seen.to += model_cuts[probe / 2 + 1] - K4 - model_cuts[probe / 2];
	return seen;
}

/* True if the page has this mapping in one of the states from first on, or in the attempt. */
static inline bool model_knows(const struct model *m, size_t first, size_t probe,
			       const struct seen *seen)
{
	struct seen page;

	for (size_t i = first; i < m->count; i++) {
		page = model_page(&m->states[i], probe);
		if (seen_equal(&page, seen))
			return true;
	}
	page = model_page(&m->attempt, probe);
	return m->under_way && seen_equal(&page, seen);
}

static inline void model_check_cached(struct model *m, size_t probe)
{
	for (unsigned level = 1; level < m->pt.format->levels; level++) {
		struct seen seen;

		if (!m->cached[probe][level].addr)
			continue;
		seen = walk(&m->arena, m->pt.format, m->cached[probe][level], level,
			    model_probe(m, probe), NULL);
		model_expect(model_knows(m, 0, probe, &seen));
	}
}

static inline void model_check_overlay(struct model *m, size_t probe)
{
	u64 page = model_probe(m, probe);
	struct seen seen = walk(&m->arena, m->pt.format, m->overlay.view.root, m->pt.format->levels,
				page, NULL);

	if (page == m->overlay_page)
		model_expect(seen_equal(&seen, &m->overlay_now) ||
			     seen_equal(&seen, &m->overlay_next));
	else
		model_expect(model_knows(m, 0, probe, &seen));
}

static inline void model_check(struct model *m)
{
	for (size_t probe = 0; probe < PROBES; probe++) {
		struct seen seen = walk(&m->arena, m->pt.format, m->pt.root, m->pt.format->levels,
					model_probe(m, probe), NULL);

		model_expect(model_knows(m, m->count - 1, probe, &seen));
		model_check_cached(m, probe);
		if (m->has_overlay)
			model_check_overlay(m, probe);
	}
}

/* In place of mm/pt_store.c. */
void pt_entry_write(u64 *entry, u64 value)
{
	struct model *m = model_of_stores;
	u64 old = *entry;

	model_expect(is_aligned((uintptr_t)entry, 8));
	*entry = value;
	if (!m || old == value)
		return;
	model_check(m);
}

static inline size_t model_count_tables(struct model *m, struct hpa table, unsigned level)
{
	const u64 *entry = arena_to_virt(&m->arena.mem, table);
	size_t count = 1, present = 0;

	for (unsigned i = 0; i < PT_ENTRIES; i++) {
		if (!(entry[i] & (m->pt.format == &pt_format_ept ? 7 : 1)))
			continue;
		present++;
		if (level > 1 && !(entry[i] & 0x80))
			count += model_count_tables(m, hpa_make(entry[i] & 0x000ffffffffff000),
						    level - 1);
	}
	model_expect(present || level == m->pt.format->levels);
	return count;
}

/* All walkers drop the tables that they kept. */
static inline void model_flush(struct model *m)
{
	size_t tables;

	if (m->has_overlay) {
		pt_overlay_sync(&m->overlay);
		pt_flushed(&m->overlay.view);
	}
	m->states[0] = m->states[m->count - 1];
	m->count = 1;
	memset(m->cached, 0, sizeof(m->cached));
	model_check(m);
	pt_flushed(&m->pt);
	model_expect(!m->pt.stale && !m->pt.retired.addr);
	tables = model_count_tables(m, m->pt.root, m->pt.format->levels);
	model_expect(m->arena.count == tables + (m->has_overlay ? m->pt.format->levels : 0));
	for (size_t probe = 0; probe < PROBES; probe++)
		walk(&m->arena, m->pt.format, m->pt.root, m->pt.format->levels,
		     model_probe(m, probe), m->cached[probe]);
}

static inline void model_init(struct model *m, const struct pt_format *format, unsigned leaf_level)
{
	struct pt_limits limits = {.leaf_level = leaf_level, .pa_bits = 52};

	model_of_stores = NULL;
	memset(m, 0, sizeof(*m));
	arena_init(&m->arena, ARENA_TABLES);
	m->base = format == &pt_format_host ? 0xffff807fc0000000 : 0x7fc0000000;
	m->count = 1;
	model_expect(pt_init(&m->pt, format, &m->arena.mem, limits) == OK);
	model_of_stores = m;
	m->last_split = m->base;
	model_flush(m);
}

static inline void model_end(struct model *m)
{
	model_flush(m);
	model_of_stores = NULL;
	if (m->has_overlay)
		pt_overlay_destroy(&m->overlay);
	pt_destroy(&m->pt);
	model_expect(m->arena.count == 0);
}

/* Usually a value that the format can express. */
static inline struct pt_leaf model_leaf(const struct model *m, struct model_op op)
{
	static const u8 types[] = {MEMTYPE_WB, MEMTYPE_UC, MEMTYPE_WC,
				   MEMTYPE_WT, MEMTYPE_WP, MEMTYPE_WB};
	bool host = m->pt.format == &pt_format_host, ept = m->pt.format == &pt_format_ept;
	struct pt_leaf leaf = {.perms = op.perms % 16, .type = op.type % 9};

	leaf.ignore_pat = op.type >> 7;
	if (op.perms >= 240)
		return leaf;
	leaf.perms = PT_READ | (op.perms & (host ? PT_WRITE | PT_GLOBAL : PT_WRITE | PT_EXEC));
	if (host && !(leaf.perms & PT_WRITE))
		leaf.perms |= op.perms & PT_EXEC;
	leaf.type = op.type % 7 == 6 && !ept ? MEMTYPE_UC_MINUS : types[op.type % 6];
	leaf.ignore_pat &= ept;
	return leaf;
}

/* From the manuals: the values that each format can express. */
static inline bool model_leaf_valid(const struct pt_format *format, struct pt_leaf leaf)
{
	bool ept = format == &pt_format_ept, host = format == &pt_format_host;

	if (!(leaf.perms & PT_READ) || ((leaf.perms & PT_GLOBAL) && !host))
		return false;
	if (host && (leaf.perms & PT_WRITE) && (leaf.perms & PT_EXEC))
		return false;
	if (leaf.ignore_pat && !ept)
		return false;
	return leaf.type < 2 || (leaf.type >= 4 && leaf.type < 7) || (leaf.type == 7 && !ept);
}

/* The operation is over: the region is as attempted, or as it was. */
static inline void model_settle(struct model *m, enum status status)
{
	const struct state *now = &m->states[m->count - 1];
	bool may_fail = m->arena.budget < ARENA_TABLES;

	model_expect(status == OK || (status == ERR_NO_MEMORY && may_fail));
	m->under_way = false;
	for (size_t i = 0; i < SEGMENTS && status == OK; i++)
		if (now->segment[i].present &&
		    !seen_equal(&now->segment[i], &m->attempt.segment[i]))
			model_expect(m->pt.stale);
	if (status == OK)
		m->states[m->count++] = m->attempt;
	m->arena.budget = ARENA_TABLES;
	model_check(m);
	if (m->count == STATES)
		model_flush(m);
}

static inline void model_map(struct model *m, struct model_op op, struct pt_range range)
{
	static const u64 shifts[] = {0, G1, 0, G1, M2, 3 * M2, K4, 5 * M2 + 3 * K4};
	u64 shift = shifts[op.to % 8];
	bool busy = false, was_stale = m->pt.stale;
	struct pt_leaf leaf = model_leaf(m, op);
	enum status status;
	u64 to;

	if (range.size > 8 * M2)
		shift = align_down(shift, M2);
	to = (op.to & 0x80 ? 0x8000000000000 : 0) + range.start % (4 * G1) + shift;
	for (size_t i = op.first; i < op.last; i++) {
		busy |= m->attempt.segment[i].present;
		m->attempt.segment[i] = (struct seen){
			.present = true,
			.to = to + model_cuts[i] - model_cuts[op.first],
			.leaf = leaf,
		};
	}
	m->under_way = !busy;
	status = pt_map(&m->pt, range, hpa_make(to), leaf);
	m->under_way = false;
	if (!model_leaf_valid(m->pt.format, leaf)) {
		model_expect(status == ERR_INVALID);
		return;
	}
	if (busy) {
		model_expect(status == ERR_BUSY);
		return;
	}
	model_expect(status != OK || m->pt.stale == was_stale);
	model_settle(m, status);
}

static inline void model_unmap(struct model *m, struct model_op op, struct pt_range range)
{
	for (size_t i = op.first; i < op.last; i++)
		m->attempt.segment[i] = (struct seen){0};
	m->under_way = true;
	model_settle(m, pt_unmap(&m->pt, range));
}

static inline void model_protect(struct model *m, struct model_op op, struct pt_range range)
{
	struct pt_leaf leaf = model_leaf(m, op);
	enum status status;

	for (size_t i = op.first; i < op.last; i++)
		m->attempt.segment[i].leaf = leaf;
	m->under_way = true;
	status = pt_protect(&m->pt, range, leaf);
	if (model_leaf_valid(m->pt.format, leaf)) {
		model_settle(m, status);
		return;
	}
	model_expect(status == ERR_INVALID);
	m->under_way = false;
}

static inline void model_split(struct model *m, u64 addr, unsigned level)
{
	struct seen seen =
		walk(&m->arena, m->pt.format, m->pt.root, m->pt.format->levels, addr, NULL);
	u64 size = pt_level_size(level);
	struct pt_found found;
	enum status status;

	if (!seen.present || seen.level <= level || !pt_lookup(&m->pt, addr, &found))
		return;
	/* The leaf's own attributes for a part of it: it is split and says the same. */
	status = pt_protect(&m->pt, (struct pt_range){align_down(addr, size), size}, found.leaf);
	model_settle(m, status);
	model_expect(pt_lookup(&m->pt, addr + 123, &found) && found.to.addr == seen.to + 123);
	model_expect(status != OK || found.level == level);
}

static inline bool model_mergeable(struct model *m, u64 addr, unsigned level)
{
	u64 size = pt_level_size(level), part = pt_level_size(level - 1);
	u64 start = align_down(addr, size);
	struct seen first, next;

	for (u64 offset = 0; offset < size; offset += part) {
		next = walk(&m->arena, m->pt.format, m->pt.root, m->pt.format->levels,
			    start + offset, NULL);
		if (offset == 0)
			first = next;
		first.to += offset ? part : 0;
		if (!next.present || next.level != level - 1 || !seen_equal(&first, &next))
			return false;
	}
	return is_aligned(first.to + part, size);
}

static inline void model_merge(struct model *m, u64 addr, unsigned level)
{
	bool valid = level > 1 && level <= m->pt.limits.leaf_level;
	bool can = valid && model_mergeable(m, addr, level);
	enum status status = pt_merge(&m->pt, addr + 123, level);
	struct pt_found found;

	if (!can) {
		model_expect(status == (valid ? ERR_NOT_FOUND : ERR_INVALID));
		return;
	}
	model_expect(m->pt.stale);
	model_settle(m, status);
	model_expect(pt_lookup(&m->pt, addr, &found) && found.level == level);
}

static inline void model_overlay_create(struct model *m, u64 page)
{
	/* Its tables become visible only when they are complete. */
	enum status status = pt_overlay_init(&m->overlay, &m->pt, page);

	model_expect(status == OK || m->arena.budget < ARENA_TABLES);
	m->arena.budget = ARENA_TABLES;
	if (status)
		return;
	m->has_overlay = true;
	m->overlay_page = page;
	m->overlay_now = m->overlay_next = (struct seen){0};
	model_check(m);
}

static inline void model_overlay_map(struct model *m, struct model_op op)
{
	struct pt_leaf leaf = model_leaf(m, op);
	struct seen next = {.present = true, .to = op.to * K4, .leaf = leaf};
	enum status status;

	m->overlay_next = next;
	status = pt_overlay_map(&m->overlay, hpa_make(next.to), leaf);
	model_expect(status == (model_leaf_valid(m->pt.format, leaf) ? OK : ERR_INVALID));
	if (status)
		m->overlay_next = m->overlay_now;
	else
		m->overlay_now = next;
	model_check(m);
}

static inline void model_overlay(struct model *m, struct model_op op)
{
	if (!m->has_overlay) {
		model_overlay_create(m, model_probe(m, op.first + op.extra % 2));
		return;
	}
	switch (op.extra % 8) {
	case 0:
		m->has_overlay = false;
		pt_overlay_destroy(&m->overlay);
		break;
	case 2:
		pt_overlay_sync(&m->overlay);
		model_check(m);
		break;
	default:
		model_overlay_map(m, op);
		break;
	}
}

/* One operation; every field of op may have any value. */
static inline void model_step(struct model *m, struct model_op op)
{
	struct pt_range range;
	u64 addr;

	op.first %= SEGMENTS;
	op.last = op.first + 1 + op.last % (SEGMENTS - op.first);
	if (m->pt.limits.leaf_level == 1) /* keep ranges short if all leaves are small */
		while (model_cuts[op.last] - model_cuts[op.first] > 2 * M2)
			op.last--;
	if (op.last <= op.first)
		return;
	range.start = m->base + model_cuts[op.first];
	range.size = model_cuts[op.last] - model_cuts[op.first];
	addr = model_probe(m, 2 * op.first + (op.extra & 1));
	if (op.extra >= 230)
		m->arena.budget = m->arena.count + op.extra % 4;
	m->attempt = m->states[m->count - 1];
	switch (op.kind % 16) {
	case 0 ... 3:
		model_map(m, op, range);
		break;
	case 4:
		model_unmap(m, op, range);
		break;
	case 5 ... 6:
		model_protect(m, op, range);
		break;
	case 7 ... 9:
		m->last_split = addr;
		model_split(m, addr, op.level % 3 + 1);
		break;
	case 10 ... 12:
		addr = op.extra & 2 ? m->last_split : addr;
		model_merge(m, addr, op.level % 16 < 12 ? 2 + op.level % 2 : op.level % 5);
		break;
	case 13 ... 14:
		model_overlay(m, op);
		break;
	default:
		model_flush(m);
		break;
	}
	m->arena.budget = ARENA_TABLES;
}
