/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/pt: entries bit by bit, shapes of trees, errors, overlays, random operations. */
#include <stdlib.h>

#include "tests/unit/pt_model.h"
#include "tests/unit/test.h"

static void model_expect(bool condition)
{
	assert_true(condition);
}

static const struct pt_leaf rw_wb = {PT_READ | PT_WRITE, MEMTYPE_WB, false};
static const struct pt_leaf ro_wb = {PT_READ, MEMTYPE_WB, false};

static struct arena arena;
static struct pt pt;

static void start(const struct pt_format *format, u8 leaf_level)
{
	struct pt_limits limits = {.leaf_level = leaf_level, .pa_bits = 46};

	model_of_stores = NULL;
	arena_init(&arena, ARENA_TABLES);
	assert_int_equal(pt_init(&pt, format, &arena.mem, limits), OK);
}

static void end(void)
{
	pt_destroy(&pt);
	assert_int_equal(arena.count, 0);
}

static u64 raw_entry(u64 addr, unsigned level)
{
	u64 table = pt.root.addr;

	for (unsigned at = 4; at > level; at--)
		table = arena_to_virt(&arena.mem, hpa_make(table))[addr >> (3 + 9 * at) & 511] &
			0x000ffffffffff000;
	return arena_to_virt(&arena.mem, hpa_make(table))[addr >> (3 + 9 * level) & 511];
}

static enum status map(u64 from, u64 size, u64 to, struct pt_leaf leaf)
{
	return pt_map(&pt, (struct pt_range){from, size}, hpa_make(to), leaf);
}

static enum status unmap(u64 from, u64 size)
{
	return pt_unmap(&pt, (struct pt_range){from, size});
}

struct golden {
	const struct pt_format *format;
	u8 level;
	struct pt_leaf leaf;
	u64 to, entry;
};

enum { R = PT_READ, W = PT_WRITE, X = PT_EXEC, G = PT_GLOBAL };

/* Worked out by hand from the figures of the manuals. */
// clang-format off
static const struct golden goldens[] = {
	{&pt_format_host, 1, {R,         MEMTYPE_WB, false},       0x00001000, 0x8000000000001061},
	{&pt_format_host, 1, {R | W,     MEMTYPE_WB, false},       0x00001000, 0x8000000000001063},
	{&pt_format_host, 1, {R | X,     MEMTYPE_WB, false},       0x00001000, 0x0000000000001061},
	{&pt_format_host, 1, {R | X | G, MEMTYPE_WB, false},       0x00001000, 0x0000000000001161},
	{&pt_format_host, 1, {R | W,     MEMTYPE_WT, false},       0x00001000, 0x800000000000106b},
	{&pt_format_host, 1, {R | W,     MEMTYPE_UC_MINUS, false}, 0x00001000, 0x8000000000001073},
	{&pt_format_host, 1, {R | W,     MEMTYPE_UC, false},       0xfee00000, 0x80000000fee0007b},
	{&pt_format_host, 1, {R | W,     MEMTYPE_WC, false},       0x00001000, 0x80000000000010e3},
	{&pt_format_host, 1, {R | W,     MEMTYPE_WP, false},       0x00001000, 0x80000000000010eb},
	{&pt_format_host, 2, {R | W,     MEMTYPE_WB, false},       0x00200000, 0x80000000002000e3},
	{&pt_format_host, 2, {R | W,     MEMTYPE_WC, false},       0x00200000, 0x80000000002010e3},
	{&pt_format_host, 3, {R | W | G, MEMTYPE_WP, false},       0x40000000, 0x80000000400011eb},
	{&pt_format_npt,  1, {R | W | X, MEMTYPE_WB, false},       0x00001000, 0x0000000000001067},
	{&pt_format_npt,  1, {R,         MEMTYPE_UC, false},       0x00001000, 0x800000000000107d},
	{&pt_format_npt,  1, {R | W | X, MEMTYPE_WP, false},       0x00001000, 0x00000000000010ef},
	{&pt_format_npt,  2, {R | W | X, MEMTYPE_WP, false},       0x00200000, 0x00000000002010ef},
	{&pt_format_npt,  3, {R | W | X, MEMTYPE_WC, false},       0x40000000, 0x00000000400010e7},
	{&pt_format_npt,  3, {R | W | X, MEMTYPE_UC_MINUS, false}, 0x40000000, 0x00000000400000f7},
	{&pt_format_ept,  1, {R | W | X, MEMTYPE_WB, false},       0x00001000, 0x8000000000001337},
	{&pt_format_ept,  1, {R | W | X, MEMTYPE_WB, true},  0x00001000, 0x8000000000001377},
	{&pt_format_ept,  1, {R,         MEMTYPE_UC, false},       0x00001000, 0x8000000000001301},
	{&pt_format_ept,  1, {R | X,     MEMTYPE_WC, false},       0x00001000, 0x800000000000130d},
	{&pt_format_ept,  2, {R | W,     MEMTYPE_WT, false},       0x00200000, 0x80000000002003a3},
	{&pt_format_ept,  2, {R | W,     MEMTYPE_WP, false},       0x00200000, 0x80000000002003ab},
	{&pt_format_ept,  3, {R | W | X, MEMTYPE_WB, true},  0x40000000, 0x80000000400003f7},
};
// clang-format on

static void test_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(goldens); i++) {
		const struct golden *g = &goldens[i];
		bool ept = g->format == &pt_format_ept;
		u64 table_bits = ept			       ? 0x8000000000000107
				 : g->format == &pt_format_npt ? 0x27
							       : 0x23;
		u64 size = pt_level_size(g->level);
		struct pt_found found;

		start(g->format, 3);
		assert_int_equal(raw_entry(0, 4), ept ? 1ULL << 63 : 0);
		assert_int_equal(map(0, size, g->to, g->leaf), OK);
		assert_int_equal(raw_entry(0, g->level), g->entry);
		for (unsigned level = g->level + 1; level <= 4; level++)
			assert_int_equal(raw_entry(0, level) & ~0x000ffffffffff000, table_bits);
		assert_true(pt_lookup(&pt, size - 1, &found));
		assert_int_equal(found.to.addr, g->to + size - 1);
		assert_int_equal(found.level, g->level);
		assert_memory_equal(&found.leaf, &g->leaf, sizeof(found.leaf));
		assert_false(pt_lookup(&pt, size, &found));
		assert_false(pt.stale);
		end();
	}
}

static void test_largest_leaves(void **state)
{
	struct pt_found found;

	(void)state;
	for (u8 limit = 1; limit <= 3; limit++) {
		start(&pt_format_npt, limit);
		assert_int_equal(map(M2 - K4, 2 * M2 + 2 * K4, 5 * M2 - K4, rw_wb), OK);
		assert_true(pt_lookup(&pt, M2 - K4, &found) && found.level == 1);
		assert_true(pt_lookup(&pt, M2, &found) && found.level == (limit > 1 ? 2 : 1));
		assert_true(pt_lookup(&pt, 3 * M2, &found) && found.level == 1);
		assert_int_equal(arena.count, limit == 1 ? 7 : 5);
		end();
	}
	start(&pt_format_npt, 3);
	assert_int_equal(map(0, 512 * G1, G1, rw_wb), OK);
	assert_int_equal(arena.count, 2);
	assert_int_equal(map(512 * G1, G1, M2, rw_wb), OK);
	assert_true(pt_lookup(&pt, 512 * G1, &found) && found.level == 2);
	assert_int_equal(arena.count, 4);
	end();
}

static void test_partial_unmap_splits(void **state)
{
	struct pt_found found;

	(void)state;
	start(&pt_format_ept, 3);
	assert_int_equal(map(0, G1, G1, rw_wb), OK);
	assert_int_equal(unmap(M2 + K4, K4), OK);
	assert_true(pt.stale);
	assert_int_equal(arena.count, 4);
	assert_false(pt_lookup(&pt, M2 + K4, &found));
	assert_int_equal(found.level, 1);
	assert_true(pt_lookup(&pt, M2, &found) && found.level == 1);
	assert_true(pt_lookup(&pt, G1 - 1, &found) && found.level == 2);
	assert_int_equal(found.to.addr, 2 * G1 - 1);
	assert_int_equal(map(M2 + K4, K4, G1 + M2 + K4, rw_wb), OK);
	assert_int_equal(pt_merge(&pt, 0, 3), ERR_NOT_FOUND);
	assert_int_equal(pt_merge(&pt, M2, 2), OK);
	assert_int_equal(pt_merge(&pt, 0, 3), OK);
	assert_int_equal(arena.count, 4); /* two of them retired */
	pt_flushed(&pt);
	assert_int_equal(arena.count, 2);
	assert_false(pt.stale);
	assert_int_equal(unmap(0, 4 * G1), OK);
	pt_flushed(&pt);
	assert_int_equal(arena.count, 1);
	end();
}

/* A walk shows the path in memory, down to a leaf or to an absent entry. */
static void test_walk(void **state)
{
	struct pt_step steps[PT_LEVELS_MAX];
	static const struct {
		u64 addr;
		unsigned lowest;
	} rows[] = {{M2, 2}, {M2 + 0x1234, 2}, {2 * M2 + K4, 1}, {G1, 3}, {BIT(47), 4}};

	(void)state;
	start(&pt_format_npt, PT_LEVEL_2M);
	assert_int_equal(map(M2, M2, 2 * M2, rw_wb), OK);
	assert_int_equal(map(2 * M2 + K4, K4, 0, ro_wb), OK);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned count = pt_walk(&pt, rows[i].addr, steps);

		assert_int_equal(count, 5 - rows[i].lowest);
		assert_int_equal(steps[0].table.addr, pt.root.addr);
		for (unsigned n = 0; n < count; n++) {
			assert_int_equal(steps[n].level, 4 - n);
			assert_int_equal(steps[n].entry, raw_entry(rows[i].addr, 4 - n));
			if (n > 0)
				assert_int_equal(steps[n].table.addr,
						 steps[n - 1].entry & 0x000ffffffffff000);
		}
	}
	assert_int_equal(pt_walk(&pt, BIT(48), steps), 0);
	end();
}

static void test_errors(void **state)
{
	struct pt_limits limits = {3, 46};
	struct pt other;

	(void)state;
	start(&pt_format_npt, 3);
	assert_int_equal(map(0, 0, 0, rw_wb), ERR_INVALID);
	assert_int_equal(map(1, K4, 0, rw_wb), ERR_INVALID);
	assert_int_equal(map(0, K4 + 1, 0, rw_wb), ERR_INVALID);
	assert_int_equal(map(0, K4, 1, rw_wb), ERR_INVALID);
	assert_int_equal(map(1ULL << 48, K4, 0, rw_wb), ERR_RANGE);
	assert_int_equal(map((1ULL << 48) - K4, 2 * K4, 0, rw_wb), ERR_RANGE);
	assert_int_equal(map(K4, -K4, 0, rw_wb), ERR_RANGE);
	assert_int_equal(map(0, K4, 1ULL << 46, rw_wb), ERR_RANGE);
	assert_int_equal(map(0, 2 * K4, (1ULL << 46) - K4, rw_wb), ERR_RANGE);
	assert_int_equal(map(0, K4, -K4, rw_wb), ERR_RANGE);
	assert_int_equal(map((1ULL << 48) - K4, K4, (1ULL << 46) - K4, rw_wb), OK);
	assert_int_equal(map((1ULL << 48) - 2 * K4, 2 * K4, 0, rw_wb), ERR_BUSY);
	assert_int_equal(unmap(1ULL << 48, K4), ERR_RANGE);
	assert_int_equal(unmap(5, K4), ERR_INVALID);
	assert_int_equal(pt_merge(&pt, 1ULL << 48, 2), ERR_RANGE);
	assert_int_equal(pt_merge(&pt, 0, 1), ERR_INVALID);
	assert_int_equal(pt_merge(&pt, 0, 4), ERR_INVALID);
	limits.leaf_level = 4;
	assert_int_equal(pt_init(&other, &pt_format_npt, &arena.mem, limits), ERR_INVALID);
	limits = (struct pt_limits){0, 46};
	assert_int_equal(pt_init(&other, &pt_format_npt, &arena.mem, limits), ERR_INVALID);
	limits = (struct pt_limits){3, 53};
	assert_int_equal(pt_init(&other, &pt_format_npt, &arena.mem, limits), ERR_INVALID);
	arena.budget = arena.count;
	limits = (struct pt_limits){3, 52};
	assert_int_equal(pt_init(&other, &pt_format_npt, &arena.mem, limits), ERR_NO_MEMORY);
	end();
}

static void test_leaves_refused(void **state)
{
	static const struct {
		const struct pt_format *format;
		struct pt_leaf leaf;
	} refused[] = {
		{&pt_format_host, {R | W | X, MEMTYPE_WB, false}},
		{&pt_format_host, {R | W, MEMTYPE_WB, true}},
		{&pt_format_host, {R | 0x10, MEMTYPE_WB, false}},
		{&pt_format_npt, {R | G, MEMTYPE_WB, false}},
		{&pt_format_npt, {R, MEMTYPE_WB, true}},
		{&pt_format_npt, {R, 2, false}},
		{&pt_format_npt, {R, 200, false}},
		{&pt_format_npt, {0, MEMTYPE_WB, false}},
		{&pt_format_ept, {X, MEMTYPE_WB, false}},
		{&pt_format_ept, {W, MEMTYPE_WB, false}},
		{&pt_format_ept, {R, MEMTYPE_UC_MINUS, false}},
		{&pt_format_ept, {R | G, MEMTYPE_WB, false}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct pt_overlay overlay;

		start(refused[i].format, 3);
		assert_int_equal(map(0, K4, 0, refused[i].leaf), ERR_INVALID);
		assert_int_equal(arena.count, 1);
		assert_int_equal(map(0, G1, 0, ro_wb), OK);
		assert_int_equal(pt_protect(&pt, (struct pt_range){0, K4}, refused[i].leaf),
				 ERR_INVALID);
		assert_int_equal(arena.count, 2);
		assert_int_equal(pt_overlay_init(&overlay, &pt, 0), OK);
		assert_int_equal(pt_overlay_map(&overlay, hpa_make(0), refused[i].leaf),
				 ERR_INVALID);
		pt_overlay_destroy(&overlay);
		end();
	}
}

/* Host addresses are canonical, up to the very last page. */
static void test_canonical(void **state)
{
	u64 half = 1ULL << 47;
	struct pt_found found;

	(void)state;
	start(&pt_format_host, 3);
	assert_int_equal(map(half, K4, 0, rw_wb), ERR_RANGE);
	assert_int_equal(map(half - K4, 2 * K4, 0, rw_wb), ERR_RANGE);
	assert_int_equal(map(-half - K4, K4, 0, rw_wb), ERR_RANGE);
	assert_int_equal(map(-K4, 2 * K4, 0, rw_wb), ERR_RANGE);
	assert_int_equal(map(-K4, K4, 5 * K4, rw_wb), OK);
	assert_int_equal(map(-half, K4, 6 * K4, rw_wb), OK);
	assert_int_equal(map(half - K4, K4, 7 * K4, rw_wb), OK);
	assert_true(pt_lookup(&pt, UINT64_MAX, &found) && found.to.addr == 6 * K4 - 1);
	assert_true(pt_lookup(&pt, -half, &found) && found.to.addr == 6 * K4);
	assert_true(pt_lookup(&pt, half - 1, &found) && found.to.addr == 8 * K4 - 1);
	assert_false(pt_lookup(&pt, half, &found));
	assert_false(pt_lookup(&pt, (1ULL << 48) - K4, &found));
	assert_int_equal(raw_entry(-K4, 1) & BITS(51, 12), 5 * K4);
	assert_int_equal(unmap(-half, half), OK);
	assert_false(pt_lookup(&pt, UINT64_MAX, &found));
	assert_true(pt_lookup(&pt, half - 1, &found));
	end();
}

/* If any number of tables cannot be allocated, the tree is unchanged, and a retry succeeds. */
static void test_no_memory(void **state)
{
	struct pt_found found;

	(void)state;
	for (size_t missing = 1; missing <= 5; missing++) {
		start(&pt_format_ept, 3);
		arena.budget = 6 - missing;
		assert_int_equal(map(G1 - K4, M2 + 2 * K4, 3 * G1 - K4, rw_wb), ERR_NO_MEMORY);
		pt_flushed(&pt);
		assert_int_equal(arena.count, 1);
		assert_false(pt_lookup(&pt, G1 - K4, &found));
		arena.budget = 6;
		assert_int_equal(map(G1 - K4, M2 + 2 * K4, 3 * G1 - K4, rw_wb), OK);
		end();
	}
}

/* A change in the base's root table is seen by an overlay after the next sync. */
static void test_overlay_root(void **state)
{
	struct pt_overlay overlay;
	struct pt_found found;
	u64 apic = 0xfee00000, far = 700 * G1;

	(void)state;
	start(&pt_format_npt, 3);
	assert_int_equal(map(0, 4 * G1, 0, rw_wb), OK);
	assert_int_equal(pt_overlay_init(&overlay, &pt, apic + 1), ERR_INVALID);
	assert_int_equal(pt_overlay_init(&overlay, &pt, apic), OK);
	assert_int_equal(arena.count, 2 + 4);
	assert_true(overlay.view.stale);
	pt_flushed(&overlay.view);
	assert_false(pt_lookup(&overlay.view, apic, &found));
	assert_true(pt_lookup(&overlay.view, apic - 1, &found) && found.to.addr == apic - 1);
	assert_true(pt_lookup(&pt, apic, &found) && found.to.addr == apic);
	assert_int_equal(pt_overlay_map(&overlay, hpa_make(5 * K4), ro_wb), OK);
	assert_false(overlay.view.stale);
	assert_true(pt_lookup(&overlay.view, apic + 7, &found) && found.to.addr == 5 * K4 + 7);

	assert_int_equal(map(far, G1, far, rw_wb), OK);
	assert_false(pt_lookup(&overlay.view, far, &found));
	pt_overlay_sync(&overlay);
	assert_true(pt_lookup(&overlay.view, far, &found));
	assert_false(overlay.view.stale);
	assert_int_equal(map(far + G1, K4, 0, ro_wb), OK);
	assert_true(pt_lookup(&overlay.view, far + G1, &found)); /* in a table that is shared */

	assert_int_equal(unmap(far, 2 * G1), OK);
	assert_false(pt_lookup(&overlay.view, far, &found));
	pt_overlay_sync(&overlay);
	assert_true(overlay.view.stale);
	pt_flushed(&overlay.view);
	pt_flushed(&pt);
	assert_false(pt_lookup(&overlay.view, far, &found));
	pt_overlay_destroy(&overlay);
	end();
}

static void test_overlay_no_memory(void **state)
{
	struct pt_overlay overlay;

	(void)state;
	start(&pt_format_ept, 3);
	for (size_t spare = 0; spare < 4; spare++) {
		arena.budget = 1 + spare;
		assert_int_equal(pt_overlay_init(&overlay, &pt, 0), ERR_NO_MEMORY);
		assert_int_equal(arena.count, 1);
	}
	assert_int_equal(pt_overlay_init(&overlay, &pt, 1ULL << 48), ERR_RANGE);
	end();
}

static struct model model;

/* Until the flush, tables that a merge has removed translate as before, to any 52-bit address. */
static void test_merged_tables_stay(void **state)
{
	enum { MAP = 0, SPLIT = 7, MERGE = 10, FLUSH = 15, HIGH = 0x80 };
	static const struct model_op ops[] = {
		{.kind = MAP, .first = 4, .last = 1, .to = HIGH},
		{.kind = MAP, .first = 0, .last = 3, .to = HIGH},
		{.kind = SPLIT, .first = 4},
		{.kind = SPLIT, .first = 0},
		{.kind = FLUSH},
		{.kind = MERGE, .first = 4},
		{.kind = MERGE, .first = 0},
	};
	struct pt_found found;

	(void)state;
	model_init(&model, &pt_format_npt, 3);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		model_step(&model, ops[i]);
	for (u64 at = model.base; at < model.base + 2 * M2; at += M2)
		assert_true(pt_lookup(&model.pt, at, &found) && found.level == 2);
	assert_int_equal(model.arena.count, 3 + 2);
	model_end(&model);
}

static void test_random(void **state)
{
	static const struct pt_format *const formats[] = {&pt_format_host, &pt_format_npt,
							  &pt_format_ept};

	(void)state;
	srand(1);
	for (unsigned round = 0; round < 27; round++) {
		model_init(&model, formats[round % 3], round / 3 % 3 + 1);
		for (unsigned step = 0; step < 80; step++) {
			struct model_op op = {rand(), rand(), rand(), rand(),
					      rand(), rand(), rand(), rand()};

			model_step(&model, op);
		}
		model_end(&model);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_largest_leaves),
		cmocka_unit_test(test_partial_unmap_splits),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_leaves_refused),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_overlay_root),
		cmocka_unit_test(test_overlay_no_memory),
		cmocka_unit_test(test_merged_tables_stay),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
