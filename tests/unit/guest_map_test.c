/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's memory layout: the holes, the sizes at which the layout changes, and its invariants. */
#include <stdlib.h>

#include "tests/unit/test.h"

#include "core/model/guest_map.h"

#define M 0x100000ULL
#define G 0x40000000ULL

static u64 e820_ram(const struct guest_map *map)
{
	u64 total = 0;

	for (u32 i = 0; i < map->e820_count; i++) {
		if (map->e820[i].type == GUEST_RAM)
			total += map->e820[i].size;
	}
	return total;
}

static bool is_backed(const struct guest_map *map, u64 base, u64 size)
{
	for (u32 i = 0; i < map->backing_count; i++) {
		const struct guest_range *range = &map->backing[i];

		if (base >= range->base && base + size <= range->base + range->size)
			return true;
	}
	return false;
}

static bool backing_touches(const struct guest_map *map, u64 base, u64 end)
{
	for (u32 i = 0; i < map->backing_count; i++) {
		const struct guest_range *range = &map->backing[i];

		if (base < range->base + range->size && range->base < end)
			return true;
	}
	return false;
}

/* The invariants for every size. */
static void check_map(const struct guest_map *map, u64 memory)
{
	u64 end = 0, backed = 0;

	assert_true(map->e820_count <= GUEST_E820_MAX);
	assert_true(map->backing_count <= GUEST_BACKING_MAX);
	for (u32 i = 0; i < map->e820_count; i++) {
		assert_true(map->e820[i].size > 0);
		assert_true(map->e820[i].base >= end);
		end = map->e820[i].base + map->e820[i].size;
		if (map->e820[i].type == GUEST_RAM)
			assert_true(is_backed(map, map->e820[i].base, map->e820[i].size));
	}
	end = 0;
	for (u32 i = 0; i < map->backing_count; i++) {
		assert_true(map->backing[i].size > 0);
		assert_true(i == 0 || map->backing[i].base > end);
		assert_int_equal(map->backing[i].base % PAGE_SIZE, 0);
		assert_int_equal(map->backing[i].size % PAGE_SIZE, 0);
		end = map->backing[i].base + map->backing[i].size;
		backed += map->backing[i].size;
	}
	/* the legacy hole alone takes memory away, and none is added */
	assert_int_equal(backed, memory - 0x40000);
	assert_int_equal(e820_ram(map), memory - (M - 0x9fc00));
	assert_false(backing_touches(map, 0xa0000, 0xe0000));
	assert_false(backing_touches(map, 3 * G, 4 * G));
	assert_true(is_backed(map, GUEST_TABLES_BASE, GUEST_TABLES_SIZE));
	assert_true(is_backed(map, GUEST_EBDA_BASE, KIB));
}

static void build(struct guest_map *map, u64 memory)
{
	assert_int_equal(guest_map_build(map, memory, 52, NULL), OK);
	check_map(map, memory);
}

static void smallest(void **state)
{
	struct guest_map map;

	(void)state;
	build(&map, M);
	assert_int_equal(map.low_top, M);
	assert_int_equal(map.above_top, 4 * G);
	assert_int_equal(map.backing_count, 2);
}

static void ordinary(void **state)
{
	struct guest_map map;

	(void)state;
	build(&map, 256 * M);
	assert_int_equal(map.backing_count, 2);
	assert_int_equal(map.backing[1].base, 0xe0000);
	assert_int_equal(map.backing[1].base + map.backing[1].size, 256 * M);
	assert_int_equal(map.e820[3].base, M);
	assert_int_equal(map.e820[3].size, 255 * M);
	assert_int_equal(map.e820[3].type, GUEST_RAM);
}

static void around_the_hole(void **state)
{
	struct guest_map map;

	(void)state;
	build(&map, 3 * G);
	assert_int_equal(map.backing_count, 2);
	assert_int_equal(map.above_top, 4 * G);
	build(&map, 3 * G + PAGE_SIZE);
	assert_int_equal(map.low_top, 3 * G);
	assert_int_equal(map.backing_count, 3);
	assert_int_equal(map.backing[2].base, 4 * G);
	assert_int_equal(map.backing[2].size, PAGE_SIZE);
	build(&map, 8 * G);
	assert_int_equal(map.above_top, 9 * G);
	build(&map, 64 * 1024 * G);
}

/* The APICs are reserved for every size. */
static void apics_reserved(void **state)
{
	struct guest_map map;
	unsigned found = 0;

	(void)state;
	build(&map, 5 * G);
	for (u32 i = 0; i < map.e820_count; i++) {
		if (map.e820[i].base != 0xfec00000 && map.e820[i].base != 0xfee00000)
			continue;
		assert_int_equal(map.e820[i].type, GUEST_RESERVED);
		found++;
	}
	assert_int_equal(found, 2);
}

static void limits(void **state)
{
	struct guest_map map;
	struct error err;

	(void)state;
	assert_int_equal(guest_map_build(&map, 0, 40, &err), ERR_RANGE);
	assert_int_equal(guest_map_build(&map, M - PAGE_SIZE, 40, &err), ERR_RANGE);
	assert_int_equal(guest_map_build(&map, M + 1, 40, &err), ERR_INVALID);
	assert_int_equal(guest_map_build(&map, M, 31, &err), ERR_INVALID);
	assert_int_equal(guest_map_build(&map, M, 53, &err), ERR_INVALID);
	/* the hole shifts memory up by 1 GiB: 63 GiB end at 64 GiB */
	assert_int_equal(guest_map_build(&map, 63 * G, 36, &err), OK);
	assert_int_equal(guest_map_build(&map, 63 * G + PAGE_SIZE, 36, &err), ERR_RANGE);
	assert_int_equal(guest_map_build(&map, 3 * G, 32, &err), OK);
	assert_int_equal(guest_map_build(&map, 3 * G + PAGE_SIZE, 32, &err), ERR_RANGE);
	assert_int_equal(guest_map_build(&map, ~0xfffULL, 52, &err), ERR_RANGE);
}

static void any_size(void **state)
{
	struct guest_map map;

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		u64 memory = ((u64)rand() << 31 | (u64)rand()) >> (rand() % 50);
		enum status status;

		memory &= ~0xfffULL;
		status = guest_map_build(&map, memory, 46, NULL);
		if (status == OK)
			check_map(&map, memory);
		else
			assert_true(memory < M || memory > BIT(46) - G);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smallest),	   cmocka_unit_test(ordinary),
		cmocka_unit_test(around_the_hole), cmocka_unit_test(apics_reserved),
		cmocka_unit_test(limits),	   cmocka_unit_test(any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
