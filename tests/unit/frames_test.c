/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/frames: the memory map of a real machine, errors, and random operations. */
#include <stdlib.h>

#include "tests/unit/frames_model.h"
#include "tests/unit/test.h"

static void model_expect(bool condition)
{
	assert_true(condition);
}

enum { CAPACITY = 32, VM1 = FRAMES_GUEST_BASE + 1 };

struct machine {
	struct frames frames;
	struct extent storage[CAPACITY];
};

/* The map of QEMU's SeaBIOS for 128 MiB, and the memory that a boot takes from it. */
static void machine_init(struct machine *m)
{
	struct frames *f = &m->frames;

	frames_init(f, m->storage, CAPACITY);
	assert_int_equal(frames_add(f, 0, 0x9fc00, FRAMES_FREE), OK);
	assert_int_equal(frames_add(f, 0x9fc00, 0xa0000, FRAMES_FIRMWARE), OK);
	assert_int_equal(frames_add(f, 0xf0000, 0x100000, FRAMES_FIRMWARE), OK);
	assert_int_equal(frames_add(f, 0x100000, 0x7fe0000, FRAMES_FREE), OK);
	assert_int_equal(frames_add(f, 0x7fe0000, 0x8000000, FRAMES_FIRMWARE), OK);
}

static void expect_extents(const struct frames *f, const struct extent *want, size_t count)
{
	assert_int_equal(f->count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(f->extents[i].start, want[i].start);
		assert_int_equal(f->extents[i].end, want[i].end);
		assert_int_equal(f->extents[i].owner, want[i].owner);
	}
}

/* Memory that must stay free stays free, to the page. */
static void test_reserve(void **state)
{
	struct frames_request request = {.size = 0x10000, .align = PAGE_SIZE, .owner = VM1};
	struct machine m;
	struct hpa at;
	u64 free;

	(void)state;
	machine_init(&m);
	free = frames_total(&m.frames, FRAMES_FREE);
	request.reserve = free - request.size + PAGE_SIZE;
	assert_int_equal(frames_alloc(&m.frames, &request, &at), ERR_NO_MEMORY);
	request.reserve -= PAGE_SIZE;
	assert_int_equal(frames_alloc(&m.frames, &request, &at), OK);
	assert_int_equal(frames_alloc(&m.frames, &request, &at), ERR_NO_MEMORY);
}

static void test_memory_map(void **state)
{
	static const struct extent want[] = {
		{0, 0x9f000, FRAMES_FREE},
		{0x9f000, 0xa0000, FRAMES_FIRMWARE},
		{0xf0000, 0x100000, FRAMES_FIRMWARE},
		{0x100000, 0x7fe0000, FRAMES_FREE},
		{0x7fe0000, 0x8000000, FRAMES_FIRMWARE},
	};
	struct machine m;

	(void)state;
	machine_init(&m);
	expect_extents(&m.frames, want, ARRAY_SIZE(want));
	assert_int_equal(frames_add(&m.frames, 2, 1, FRAMES_FREE), ERR_INVALID);
	assert_int_equal(frames_add(&m.frames, 0xc0001, 0xc1fff, FRAMES_FREE), OK);
	assert_int_equal(frames_add(&m.frames, 0xc0010, 0xc0010, FRAMES_FIRMWARE), OK);
	expect_extents(&m.frames, want, ARRAY_SIZE(want));
}

/* Overlapping ranges give the same table in either order. */
static void test_overlap(void **state)
{
	static const struct extent want[] = {
		{0, 0x3000, FRAMES_FREE},
		{0x3000, 0x5000, FRAMES_FIRMWARE},
		{0x5000, 0x9000, FRAMES_FREE},
	};
	struct machine m;

	(void)state;
	for (int order = 0; order < 2; order++) {
		frames_init(&m.frames, m.storage, CAPACITY);
		if (order == 0)
			assert_int_equal(frames_add(&m.frames, 0x3800, 0x4001, FRAMES_FIRMWARE),
					 OK);
		assert_int_equal(frames_add(&m.frames, 0, 0x9000, FRAMES_FREE), OK);
		if (order == 1)
			assert_int_equal(frames_add(&m.frames, 0x3800, 0x4001, FRAMES_FIRMWARE),
					 OK);
		expect_extents(&m.frames, want, ARRAY_SIZE(want));
	}
}

/* The last page has no aligned end and is never used. */
static void test_top_of_address_space(void **state)
{
	static const struct extent want[] = {{0xffffffffffffe000, 0xfffffffffffff000, 0}};
	struct machine m;

	(void)state;
	frames_init(&m.frames, m.storage, CAPACITY);
	assert_int_equal(frames_add(&m.frames, 0xffffffffffffd001, UINT64_MAX, FRAMES_FREE), OK);
	assert_int_equal(frames_add(&m.frames, UINT64_MAX - 1, UINT64_MAX, FRAMES_FREE), OK);
	assert_int_equal(frames_add(&m.frames, UINT64_MAX - 1, UINT64_MAX, FRAMES_FIRMWARE), OK);
	expect_extents(&m.frames, want, 1);
	assert_int_equal(frames_claim(&m.frames, UINT64_MAX - 1, UINT64_MAX, VM1), ERR_INVALID);
	assert_int_equal(frames_largest_free(&m.frames, 1ULL << 63), 0);
}

static void test_claim(void **state)
{
	struct machine m;
	u16 owner;

	(void)state;
	machine_init(&m);
	assert_int_equal(frames_claim(&m.frames, 0x100000, 0x145678, FRAMES_HYPERVISOR), OK);
	assert_int_equal(frames_claim(&m.frames, 0x200800, 0x201800, FRAMES_MODULES), OK);
	assert_int_equal(frames_claim(&m.frames, 0x201900, 0x202900, FRAMES_MODULES), OK);
	assert_int_equal(frames_total(&m.frames, FRAMES_HYPERVISOR), 0x46000);
	assert_int_equal(frames_total(&m.frames, FRAMES_MODULES), 0x3000);
	assert_int_equal(frames_claim(&m.frames, 0x145000, 0x147000, FRAMES_MODULES), ERR_BUSY);
	assert_int_equal(frames_claim(&m.frames, 0x9e000, 0xa0000, FRAMES_MODULES), ERR_BUSY);
	assert_int_equal(frames_claim(&m.frames, 0xb8000, 0xb9000, FRAMES_MODULES), ERR_RANGE);
	assert_int_equal(frames_claim(&m.frames, 0x8000000, 0x8001000, VM1), ERR_RANGE);
	assert_int_equal(frames_claim(&m.frames, 0x1000, 0x1000, VM1), ERR_INVALID);
	assert_true(model_owner_of(&m.frames, 0x145fff, &owner));
	assert_int_equal(owner, FRAMES_HYPERVISOR);
	assert_false(model_owner_of(&m.frames, 0xb8000, &owner));
	assert_false(model_owner_of(&m.frames, UINT64_MAX, &owner));
}

static void test_alloc_and_free(void **state)
{
	struct frames_request top = {.size = 0x200000, .align = 0x200000, .owner = VM1};
	struct frames_request low = {
		.size = 0x2000, .align = 0x1000, .max = 0x100000, .owner = VM1, .lowest = true};
	struct machine m;
	struct hpa a, b;

	(void)state;
	machine_init(&m);
	assert_int_equal(frames_alloc(&m.frames, &top, &a), OK);
	assert_int_equal(a.addr, 0x7c00000);
	assert_int_equal(frames_alloc(&m.frames, &low, &b), OK);
	assert_int_equal(b.addr, 0);
	assert_int_equal(frames_free(&m.frames, a.addr, a.addr + top.size, VM1 + 1), ERR_BUSY);
	assert_int_equal(frames_free(&m.frames, a.addr, a.addr + top.size + 0x1000, VM1), ERR_BUSY);
	assert_int_equal(frames_free(&m.frames, a.addr + 1, a.addr + 0x1001, VM1), ERR_INVALID);
	assert_int_equal(frames_free(&m.frames, 0x8000000, 0x8001000, VM1), ERR_BUSY);
	assert_int_equal(frames_free(&m.frames, a.addr, a.addr + top.size, VM1), OK);
	assert_int_equal(frames_free(&m.frames, a.addr, a.addr + top.size, VM1), ERR_BUSY);
	assert_int_equal(frames_free(&m.frames, b.addr, b.addr + low.size, VM1), OK);
	assert_int_equal(frames_total(&m.frames, VM1), 0);
	assert_int_equal(m.frames.count, 5);
}

static void test_bad_requests(void **state)
{
	static const struct frames_request bad[] = {
		{.size = 0, .align = 0x1000, .owner = VM1},
		{.size = 0x1800, .align = 0x1000, .owner = VM1},
		{.size = 0x1000, .align = 0, .owner = VM1},
		{.size = 0x1000, .align = 0x800, .owner = VM1},
		{.size = 0x1000, .align = 0x3000, .owner = VM1},
		{.size = 0x1000, .align = 0x1000, .owner = FRAMES_FREE},
	};
	static const struct frames_request unfit[] = {
		{.size = 0xfffffffffffff000, .align = 0x1000, .owner = VM1},
		{.size = 0x1000, .align = 1ULL << 63, .min = 1, .owner = VM1},
		{.size = 0x1000, .align = 0x1000, .min = UINT64_MAX, .owner = VM1},
		{.size = 0x1000, .align = 0x1000, .min = 0x9000, .max = 0x9fff, .owner = VM1},
	};
	struct machine m;
	struct hpa out;

	(void)state;
	machine_init(&m);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(frames_alloc(&m.frames, &bad[i], &out), ERR_INVALID);
	for (size_t i = 0; i < ARRAY_SIZE(unfit); i++)
		assert_int_equal(frames_alloc(&m.frames, &unfit[i], &out), ERR_NO_MEMORY);
}

static void test_full_table(void **state)
{
	struct frames_request one = {.size = 0x1000, .align = 0x1000, .max = 0x5000, .owner = VM1};
	static const struct extent want[] = {{0, 0x8000, FRAMES_FREE}, {0x9000, 0xa000, VM1}};
	struct machine m;
	struct hpa out;

	(void)state;
	frames_init(&m.frames, m.storage, 2);
	assert_int_equal(frames_add(&m.frames, 0, 0x8000, FRAMES_FREE), OK);
	assert_int_equal(frames_add(&m.frames, 0x9000, 0xa000, VM1), OK);
	assert_int_equal(frames_alloc(&m.frames, &one, &out), ERR_NO_MEMORY);
	assert_int_equal(frames_claim(&m.frames, 0x1000, 0x2000, VM1), ERR_NO_MEMORY);
	assert_int_equal(frames_add(&m.frames, 0xb000, 0xc000, FRAMES_FREE), ERR_NO_MEMORY);
	expect_extents(&m.frames, want, 2);
	assert_int_equal(frames_add(&m.frames, 0x8000, 0x9000, VM1), OK);
	assert_int_equal(m.frames.count, 2);
}

static void test_iteration_frees_all(void **state)
{
	struct machine m;
	struct extent extent;
	u64 freed = 0;

	(void)state;
	machine_init(&m);
	for (u64 page = 0x200000; page < 0x210000; page += 0x2000)
		assert_int_equal(frames_claim(&m.frames, page, page + 0x1000, VM1), OK);
	for (size_t cursor = 0; frames_next(&m.frames, VM1, &cursor, &extent); cursor = 0) {
		assert_int_equal(frames_free(&m.frames, extent.start, extent.end, VM1), OK);
		freed += extent.end - extent.start;
	}
	assert_int_equal(freed, 0x8000);
	assert_int_equal(m.frames.count, 5);
}

static void test_random(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 400; round++) {
		struct model m;

		model_init(&m);
		for (int step = 0; step < 250; step++) {
			struct model_op op = {rand(), rand(), rand(), rand(), rand(), rand()};

			model_step(&m, op);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_map),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_top_of_address_space),
		cmocka_unit_test(test_claim),
		cmocka_unit_test(test_alloc_and_free),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_iteration_frees_all),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
