/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/memtype compared with the manuals' tables, written in another form, and with a
 * reference page by page. mm/retype compared with the requested types.
 */
#include <stdlib.h>

#include "tests/unit/pt_model.h"
#include "tests/unit/test.h"

#include "mm/memtype.h"
#include "mm/retype.h"

static void model_expect(bool condition)
{
	assert_true(condition);
}

enum { VARIABLE = 4, PHYS_BITS = 40 };

struct registers {
	u64 def_type, fixed[MTRR_FIXED], phys[2 * VARIABLE];
};

static const u8 types[] = {MEMTYPE_UC, MEMTYPE_WC, MEMTYPE_WT, MEMTYPE_WP, MEMTYPE_WB};

static struct mtrrs view(const struct registers *r)
{
	return (struct mtrrs){r->def_type, r->fixed, r->phys, r->phys + 1, 2, VARIABLE, PHYS_BITS};
}

static u64 one_of(const u64 *from, unsigned count)
{
	return from[(unsigned)rand() % count];
}

static u8 any_type(void)
{
	return types[(unsigned)rand() % ARRAY_SIZE(types)];
}

/* Ranges that touch or cover each other, have gaps, or cover nothing or everything. */
static struct registers any_registers(void)
{
	static const u64 sizes[] = {K4, 4 * K4, M2, 16 * M2, G1, 1ULL << 39};
	struct registers r = {.def_type = any_type()};

	r.def_type |= rand() % 8 ? MTRR_DEF_ENABLE : 0;
	r.def_type |= rand() % 2 ? MTRR_DEF_FIXED_ENABLE : 0;
	for (unsigned i = 0; i < 8 * MTRR_FIXED; i++)
		r.fixed[i / 8] |= (u64)any_type() << i % 8 * 8;
	for (unsigned i = 0; i < VARIABLE; i++) {
		u64 size = one_of(sizes, ARRAY_SIZE(sizes));
		u64 mask = BITS(PHYS_BITS - 1, 12) & ~(size - 1);

		if (rand() % 4 == 0)
			mask &= ~(size << rand() % 4); /* a gap */
		if (rand() % 16 == 0)
			mask = 0;
		r.phys[2 * i] = ((u64)rand() % 64 * M2 & BITS(PHYS_BITS - 1, 12)) | any_type();
		r.phys[2 * i + 1] = mask | (rand() % 4 ? MTRR_PHYS_VALID : 0);
	}
	return r;
}

/* The manual's rules for one page. */
static unsigned reference(const struct registers *r, u64 addr)
{
	bool seen[8] = {false};
	unsigned count = 0, last = 0;

	if (!(r->def_type & BIT(11)))
		return MEMTYPE_UC;
	if (addr < 0x100000 && r->def_type & BIT(10)) {
		unsigned field = addr < 0x80000	  ? (unsigned)(addr / 0x10000)
				 : addr < 0xc0000 ? 8 + (unsigned)((addr - 0x80000) / 0x4000)
						  : 24 + (unsigned)((addr - 0xc0000) / 0x1000);

		return ((const u8 *)r->fixed)[field];
	}
	for (unsigned i = 0; i < VARIABLE; i++) {
		u64 base = r->phys[2 * i], mask = r->phys[2 * i + 1];

		if (!(mask & BIT(11)) || (addr & mask >> 12 << 12) != (base & mask >> 12 << 12))
			continue;
		last = base & 0xff;
		count += !seen[last];
		seen[last] = true;
	}
	if (count == 0)
		return r->def_type & 0xff;
	if (count == 1)
		return last;
	return count == 2 && seen[MEMTYPE_WT] && seen[MEMTYPE_WB] ? MEMTYPE_WT : MEMTYPE_UC;
}

static void ranges(void **state)
{
	(void)state;
	srand(4);
	for (unsigned round = 0; round < 3000; round++) {
		struct registers r = any_registers();
		struct mtrrs mtrrs = view(&r);
		u64 addr = round % 2 ? 0 : (u64)rand() % 128 * M2, end;

		for (unsigned i = 0; i < 50 && addr < 1ULL << PHYS_BITS; i++, addr = end) {
			unsigned type = memtype_of_mtrrs(&mtrrs, addr, &end);

			assert_int_equal(type, reference(&r, addr));
			assert_true(end > addr && (end == UINT64_MAX || end % K4 == 0));
			/* The type is the same up to end. */
			for (unsigned probe = 0; probe < 20; probe++) {
				u64 span = min_u64(end, 1ULL << PHYS_BITS) - addr;
				u64 far = K4 << rand() % 16; /* usually near */
				u64 at = probe ? addr + far * ((u64)rand() % 8) % span
					       : addr + span - K4;

				assert_int_equal(reference(&r, at), type);
			}
			if (end == UINT64_MAX)
				break;
		}
	}
}

/*
 * SDM 3A "Effective Page-Level Memory Type Depending on MTRR Memory Type and PAT Entry
 * Value" as code.
 */
static unsigned intel(unsigned mtrr, unsigned pat)
{
	if (pat == MEMTYPE_UC || pat == MEMTYPE_WC)
		return pat;
	if (pat == MEMTYPE_UC_MINUS) /* UC that MTRRs may make WC */
		return mtrr == MEMTYPE_WC || mtrr == MEMTYPE_WP ? MEMTYPE_WC : MEMTYPE_UC;
	if (pat == MEMTYPE_WB)
		return mtrr;
	return mtrr == MEMTYPE_UC || mtrr == MEMTYPE_WC ? (unsigned)MEMTYPE_UC : pat;
}

/* APM2 "Combined Effect of MTRRs and PAT" as code. CD is UC. */
static unsigned amd(unsigned mtrr, unsigned pat)
{
	if (pat == MEMTYPE_UC || pat == MEMTYPE_WC)
		return pat;
	if (pat == MEMTYPE_UC_MINUS)
		return mtrr == MEMTYPE_WC ? MEMTYPE_WC : MEMTYPE_UC;
	if (pat == MEMTYPE_WB || pat == mtrr)
		return mtrr;
	return mtrr == MEMTYPE_WB ? pat : MEMTYPE_UC; /* WT and WP go with WB alone */
}

static void combinations(void **state)
{
	static const u8 pats[] = {MEMTYPE_UC, MEMTYPE_WC, MEMTYPE_WT,
				  MEMTYPE_WP, MEMTYPE_WB, MEMTYPE_UC_MINUS};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(types) * ARRAY_SIZE(pats) * ARRAY_SIZE(types); i++) {
		u8 host = types[i / 30], leaf = types[i / 6 % 5], pat = pats[i % 6];
		struct pt_leaf as_is = {PT_READ, leaf, false}, fixed = {PT_READ, leaf, true};

		assert_int_equal(memtype_effective(&pt_format_ept, as_is, pat, host),
				 intel(leaf, pat));
		assert_int_equal(memtype_effective(&pt_format_ept, fixed, pat, host), leaf);
		assert_int_equal(memtype_effective(&pt_format_npt, as_is, pat, host),
				 amd(host, amd(leaf, pat)));
	}
	/* The policies 'wb' and 'pat' concern RAM, which is WB on the host. */
	for (unsigned i = 0; i < ARRAY_SIZE(pats); i++) {
		struct pt_leaf wb = {PT_READ, MEMTYPE_WB, false};
		unsigned type = pats[i] == MEMTYPE_UC_MINUS ? (unsigned)MEMTYPE_UC : pats[i];

		assert_int_equal(memtype_effective(&pt_format_ept, wb, pats[i], MEMTYPE_WB), type);
		assert_int_equal(memtype_effective(&pt_format_npt, wb, pats[i], MEMTYPE_WB), type);
	}
	/* 'mtrr': a page whose own type is WB has the type of the MTRRs. */
	for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
		struct pt_leaf leaf = {PT_READ, types[i], false};

		assert_int_equal(memtype_effective(&pt_format_ept, leaf, MEMTYPE_WB, MEMTYPE_WB),
				 types[i]);
		assert_int_equal(memtype_effective(&pt_format_npt, leaf, MEMTYPE_WB, MEMTYPE_WB),
				 types[i]);
	}
	assert_string_equal(memtype_name(MEMTYPE_UC_MINUS), "UC-");
	assert_string_equal(memtype_name(3), "?");
	assert_string_equal(memtype_name(200), "?");
}

/* --- retype --- */

static struct arena arena;
static struct pt pt;
static const struct pt_leaf born = {PT_READ | PT_WRITE | PT_EXEC, MEMTYPE_WB, false};

/* RAM with a guest's holes, in host memory that allows large leaves, or does not. */
static const struct pt_range memory[] = {{0, 0xa0000}, {0xe0000, 64 * M2 - 0xe0000}, {4 * G1, G1}};

static void build(const struct pt_format *format)
{
	struct pt_limits limits = {PT_LEVEL_1G, 46};

	model_of_stores = NULL;
	arena_init(&arena, ARENA_TABLES);
	assert_int_equal(pt_init(&pt, format, &arena.mem, limits), OK);
	for (unsigned i = 0; i < ARRAY_SIZE(memory); i++)
		assert_int_equal(pt_map(&pt, memory[i], hpa_make(16 * G1 + memory[i].start), born),
				 OK);
}

/* Repeats steps until the change is complete. */
static enum status retype_all(const struct mtrrs *old, const struct mtrrs *new)
{
	enum status status = OK;

	for (unsigned i = 0; i < ARRAY_SIZE(memory); i++)
		for (u64 at = memory[i].start;
		     status == OK && at < memory[i].start + memory[i].size;) {
			u64 before = at;

			status = retype(&pt, memory[i], old, new, &at);
			assert_true(status != OK || at > before);
		}
	pt_flushed(&pt);
	return status;
}

static void check_page(const struct registers *r, u64 addr)
{
	struct pt_found found;

	assert_true(pt_lookup(&pt, addr, &found));
	assert_int_equal(found.to.addr, 16 * G1 + addr);
	assert_int_equal(found.leaf.type, reference(r, addr));
	assert_int_equal(found.leaf.perms, born.perms);
	assert_false(found.leaf.ignore_pat);
}

static const struct registers all_wb = {
	.def_type = MTRR_DEF_ENABLE | MEMTYPE_WB,
};

static void types_follow(void **state)
{
	const struct pt_format *const formats[] = {&pt_format_ept, &pt_format_npt};
	struct registers now = all_wb, next;
	size_t tables;

	(void)state;
	srand(5);
	for (unsigned round = 0; round < 200; round++) {
		struct mtrrs old = view(&now), new = view(&next);

		if (round % 100 == 0) {
			build(formats[round / 100]);
			tables = arena.count;
			now = all_wb;
			old = view(&now);
		}
		next = any_registers();
		new = view(&next);
		assert_int_equal(retype_all(&old, &new), OK);
		for (unsigned i = 0; i < 300; i++) {
			const struct pt_range *range = &memory[(unsigned)rand() % 3];

			check_page(&next, range->start + ((u64)rand() << 12) % range->size);
		}
		for (u64 addr = 0; addr < 0xa0000; addr += K4)
			check_page(&next, addr);
		now = next;
		if (round % 100 < 99)
			continue;
		/* After a return to one type the leaves are as large as at first. */
		old = view(&now);
		new = view(&all_wb);
		assert_int_equal(retype_all(&old, &new), OK);
		assert_int_equal(arena.count, tables);
		pt_destroy(&pt);
		assert_int_equal(arena.count, 0);
	}
}

static unsigned stores;

static u64 *counting_to_virt(struct pt_memory *mem, struct hpa table)
{
	stores++; /* a read of an entry counts too */
	return arena_to_virt(mem, table);
}

/* Entries that do not change are not even read. Leaves that change are split where necessary. */
static void cost_is_of_the_change(void **state)
{
	struct registers next = all_wb;
	struct mtrrs old = view(&all_wb), new = view(&next);
	struct pt_found found;
	struct pt_run run;
	u64 at = 0;

	(void)state;
	build(&pt_format_npt);
	arena.mem.to_virt = counting_to_virt;
	stores = 0;
	assert_int_equal(retype_all(&old, &new), OK);
	assert_int_equal(stores, 0);
	next.phys[0] = 4 * G1 | MEMTYPE_WC; /* one page of a leaf of 1 GiB */
	next.phys[1] = (BITS(PHYS_BITS - 1, 12) & ~(K4 - 1)) | MTRR_PHYS_VALID;
	assert_int_equal(retype_all(&old, &new), OK);
	assert_true(stores < 100);
	assert_true(pt_lookup(&pt, 4 * G1, &found));
	assert_int_equal(found.level, PT_LEVEL_4K);
	assert_int_equal(found.leaf.type, MEMTYPE_WC);
	assert_true(pt_lookup(&pt, 4 * G1 + K4, &found));
	assert_int_equal(found.leaf.type, MEMTYPE_WB);
	assert_true(pt_lookup(&pt, 4 * G1 + M2, &found));
	assert_int_equal(found.level, PT_LEVEL_2M);
	/* The same, as a list. */
	at = 4 * G1;
	assert_true(pt_next_run(&pt, &at, &run));
	assert_int_equal(run.start, 4 * G1);
	assert_int_equal(run.end, 4 * G1 + K4);
	assert_true(pt_next_run(&pt, &at, &run));
	assert_int_equal(run.end, 4 * G1 + M2);
	assert_int_equal(run.first.leaf.type, MEMTYPE_WB);
	assert_true(pt_next_run(&pt, &at, &run));
	assert_int_equal(run.start, 4 * G1 + M2);
	assert_int_equal(run.end, 5 * G1);
	assert_false(pt_next_run(&pt, &at, &run));
	pt_destroy(&pt);
}

static void no_table_is_said(void **state)
{
	struct registers next = all_wb;
	struct mtrrs old = view(&all_wb), new = view(&next);

	(void)state;
	build(&pt_format_ept);
	next.phys[0] = 4 * G1 | MEMTYPE_UC;
	next.phys[1] = (BITS(PHYS_BITS - 1, 12) & ~(K4 - 1)) | MTRR_PHYS_VALID;
	new = view(&next);
	arena.budget = arena.count;
	assert_int_equal(retype_all(&old, &new), ERR_NO_MEMORY);
	check_page(&all_wb, 4 * G1);
	arena.budget = ARENA_TABLES;
	pt_destroy(&pt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),	    cmocka_unit_test(combinations),
		cmocka_unit_test(types_follow),	    cmocka_unit_test(cost_is_of_the_change),
		cmocka_unit_test(no_table_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
