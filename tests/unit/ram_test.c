/* SPDX-License-Identifier: BSD-2-Clause */
/* test-sources: mm/host/ram.c */
/* The owners of memory after the boot information has been read. */
#include "tests/unit/test.h"

#include "boot/multiboot2.h"
#include "core/base/bits.h"
#include "core/base/log.h"
#include "mm/host/ram.h"

static unsigned warnings;

void log_write(enum log_level level, const char *fmt, ...)
{
	(void)fmt;
	warnings += level == LOG_WARN;
}

static const struct ram_range image = {0x200000, 0x23f000};
static const struct ram_range information = {0x10010, 0x10800};
static struct boot_info info;
static struct error error;

static int begin(void **state)
{
	(void)state;
	warnings = 0;
	info = (struct boot_info){
		.memory_count = 5,
		.memory = {{0, 0x9fc00, BOOT_MEMORY_AVAILABLE},
			   {0x9fc00, 0x400, 2},
			   {0xf0000, 0x10000, 2},
			   {MIB, 127 * MIB, BOOT_MEMORY_AVAILABLE},
			   {127 * MIB, MIB, BOOT_MEMORY_ACPI}},
		.module_count = 2,
		.modules = {{0x800000, 0x900123, "a"}, {0x901000, 0x901001, "b"}},
	};
	return 0;
}

/* The owner of the address, or -1 if it is not RAM. */
static int owner_of(u64 addr)
{
	for (u16 owner = 0; owner <= FRAMES_GUEST_BASE; owner++) {
		struct extent e;

		for (size_t i = 0; ram_extent(owner, i, &e); i++)
			if (addr >= e.start && addr < e.end)
				return owner;
	}
	return -1;
}

static void test_owners(void **state)
{
	static const struct {
		u64 addr;
		int owner;
	} rows[] = {
		{0x1000, FRAMES_FIRMWARE},
		{0x10000, FRAMES_MODULES},
		{0x11000, FRAMES_FIRMWARE},
		{0x9f000, FRAMES_FIRMWARE},
		{0xa0000, -1},
		{0xf0000, FRAMES_FIRMWARE},
		{0x100000, FRAMES_FREE},
		{0x200000, FRAMES_HYPERVISOR},
		{0x23efff, FRAMES_HYPERVISOR},
		{0x23f000, FRAMES_FREE},
		{0x800000, FRAMES_MODULES},
		{0x900fff, FRAMES_MODULES},
		{0x901fff, FRAMES_MODULES},
		{0x902000, FRAMES_FREE},
		{0x7efffff, FRAMES_FREE},
		{0x7f00000, FRAMES_FIRMWARE},
		{0x8000000, -1},
	};

	(void)state;
	assert_int_equal(ram_init(&info, image, information, &error), OK);
	assert_int_equal(warnings, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(owner_of(rows[i].addr), rows[i].owner);
}

static void test_low_page(void **state)
{
	u64 page;

	(void)state;
	assert_int_equal(ram_init(&info, image, information, &error), OK);
	page = ram_low_page().addr;
	assert_true(page >= PAGE_SIZE && page < 0x9f000 && is_aligned(page, PAGE_SIZE));
	assert_int_equal(owner_of(page), FRAMES_HYPERVISOR);
	assert_int_not_equal(page, 0x10000); /* the page of the boot information */
}

static void test_no_low_memory(void **state)
{
	(void)state;
	info.memory[0].type = 2;
	info.memory[0].size = 0x9f000;
	assert_int_equal(ram_init(&info, image, image, &error), OK);
	assert_int_equal(ram_low_page().addr, 0);
}

/* Only free memory is allocated, and none below 1 MiB. */
static void test_alloc_all(void **state)
{
	struct frames_request request = {
		.size = PAGE_SIZE, .align = PAGE_SIZE, .owner = FRAMES_GUEST_BASE, .lowest = true};
	u64 pages, total;
	struct hpa pa;

	(void)state;
	assert_int_equal(ram_init(&info, image, information, &error), OK);
	total = ram_total(FRAMES_FREE);
	assert_int_equal(total, 126 * MIB - 0x3f000 - 0x102000);
	for (pages = 0; ram_alloc(&request, &pa) == OK; pages++)
		assert_true(pa.addr >= MIB);
	assert_int_equal(pages, total / PAGE_SIZE);
	assert_int_equal(ram_free(0x902000, 0x904000, FRAMES_GUEST_BASE), OK);
	assert_int_equal(ram_largest_free(PAGE_SIZE), 0x2000);
}

/* A module outside memory is reported, and the boot goes on. */
static void test_lost_module(void **state)
{
	(void)state;
	info.modules[1] = (struct boot_module){0x8100000, 0x8200000, "lost"};
	assert_int_equal(ram_init(&info, image, information, &error), OK);
	assert_int_equal(warnings, 1);
}

/*
 * The part of a module that is RAM has no other owner, although the module's last page is
 * not RAM.
 */
static void test_module_at_the_end_of_ram(void **state)
{
	(void)state;
	info.memory[3].size -= 0x800;
	info.modules[1] = (struct boot_module){0x7ffd123, 0x7fff700, "last"};
	info.memory[4].type = 2;
	info.memory[4].base = 128 * MIB;
	assert_int_equal(ram_init(&info, image, information, &error), OK);
	assert_int_equal(warnings, 1);
	assert_int_equal(owner_of(0x7ffc000), FRAMES_FREE);
	assert_int_equal(owner_of(0x7ffd000), FRAMES_MODULES);
	assert_int_equal(owner_of(0x7ffe000), FRAMES_MODULES);
	assert_int_equal(owner_of(0x7fff000), -1);
}

static void test_no_memory(void **state)
{
	(void)state;
	info.memory_count = 0;
	assert_int_equal(ram_init(&info, image, information, &error), ERR_NO_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_owners, begin),
		cmocka_unit_test_setup(test_low_page, begin),
		cmocka_unit_test_setup(test_no_low_memory, begin),
		cmocka_unit_test_setup(test_alloc_all, begin),
		cmocka_unit_test_setup(test_lost_module, begin),
		cmocka_unit_test_setup(test_module_at_the_end_of_ram, begin),
		cmocka_unit_test_setup(test_no_memory, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
