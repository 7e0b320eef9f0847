/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/multiboot2 with information written by hand from the specification. */
#include <stdlib.h>

#include "tests/unit/test.h"

#include "boot/multiboot2.h"
#include "core/base/bits.h"
#include "core/base/bytes.h"

static struct {
	_Alignas(8) u8 bytes[16384];
	u32 size;
} built;

static struct boot_info info;
static struct problems problems;
static struct error err;

static void begin(void)
{
	memset(&built, 0, sizeof(built));
	memset(&problems, 0, sizeof(problems));
	built.size = 8;
}

static u8 *tag(u32 type, const void *payload, u32 size)
{
	u8 *at = built.bytes + built.size;

	bytes_put32(at, type);
	bytes_put32(at + 4, size + 8);
	memcpy(at + 8, payload, size);
	built.size += (u32)align_up(size + 8, 8);
	return at;
}

static void module(u32 start, u32 end, const char *string)
{
	u8 payload[256];

	bytes_put32(payload, start);
	bytes_put32(payload + 4, end);
	memcpy(payload + 8, string, strlen(string) + 1);
	tag(3, payload, 8 + (u32)strlen(string) + 1);
}

/* Parses a copy of the exact size, so that the sanitizer sees any read past its end. */
static enum status parse_size(size_t size)
{
	static u8 *copy;
	enum status status;

	free(copy);
	copy = malloc(size);
	memcpy(copy, built.bytes, size);
	status = multiboot2_parse(copy, size, &info, &problems, &err);
	return status;
}

static enum status parse(void)
{
	tag(0, "", 0);
	bytes_put32(built.bytes, built.size);
	return parse_size(built.size);
}

static void check_framebuffer(void)
{
	assert_true(info.framebuffer.present);
	assert_int_equal(info.framebuffer.addr, 0xfd000000);
	assert_int_equal(info.framebuffer.pitch, 4096);
	assert_int_equal(info.framebuffer.height, 768);
	assert_int_equal(info.framebuffer.red.position, 16);
	assert_int_equal(info.framebuffer.green.size, 7);
	assert_int_equal(info.framebuffer.blue.size, 6);
}

static void reads_every_tag(void **state)
{
	static const u8 rsdp[36] = "RSD PTR ";
	u8 memory[8 + 2 * 24] = {24}, fb[31] = {0}, efi[8 + 48] = {48}, u64_7[8] = {7},
			  u32_9[4] = {9};

	(void)state;
	bytes_put64(memory + 8, 0x100000);
	bytes_put64(memory + 16, 0x7ff00000);
	bytes_put32(memory + 24, 1);
	bytes_put64(memory + 32, 0xfffffffffffff000);
	bytes_put64(memory + 40, 0xfff);
	bytes_put32(memory + 48, 20);
	bytes_put64(fb, 0xfd000000);
	bytes_put32(fb + 8, 4096);
	bytes_put32(fb + 12, 1024);
	bytes_put32(fb + 16, 768);
	memcpy(fb + 20, (u8[]){32, 1, 0, 0, 16, 8, 8, 7, 0, 6}, 10);
	bytes_put32(efi + 8, 7);
	bytes_put64(efi + 16, 0x4000);
	bytes_put64(efi + 32, 3);
	bytes_put64(efi + 40, 0xf);
	begin();
	tag(1, "log=debug", 10);
	tag(2, "GRUB 2.06", 10);
	module(0x1000, 0x2345, "vmlinuz console=ttyS0");
	module(0x3000, 0x3000, "initrd");
	tag(6, memory, sizeof(memory));
	tag(8, fb, 30);
	tag(12, u64_7, 8);
	tag(14, rsdp, 20);
	tag(15, rsdp, 36);
	tag(17, efi, sizeof(efi));
	tag(18, "", 0);
	tag(21, u32_9, 4);
	assert_int_equal(parse(), OK);
	assert_int_equal(problems.count, 0);
	assert_string_equal(info.cmdline, "log=debug");
	assert_string_equal(info.loader, "GRUB 2.06");
	assert_int_equal(info.module_count, 2);
	assert_int_equal(info.modules[0].start, 0x1000);
	assert_int_equal(info.modules[0].end, 0x2345);
	assert_int_equal(info.memory_count, 2);
	assert_int_equal(info.memory[0].base, 0x100000);
	assert_int_equal(info.memory[0].size, 0x7ff00000);
	assert_int_equal(info.memory[0].type, BOOT_MEMORY_AVAILABLE);
	assert_int_equal(info.memory[1].type, 20);
	check_framebuffer();
	assert_true(info.efi64 && !info.efi32 && info.efi_boot_services);
	assert_int_equal(info.efi_system_table, 7);
	assert_int_equal(info.rsdp_old.size, 20);
	assert_int_equal(info.rsdp_new.size, 36);
	assert_memory_equal(info.rsdp_new.data, rsdp, 36);
	assert_true(info.load_base_present);
	assert_int_equal(info.load_base, 9);
}

static void walks_the_efi_map(void **state)
{
	struct boot_efi_range range;
	u8 efi[8 + 2 * 48] = {48};

	(void)state;
	bytes_put32(efi + 8, 7);
	bytes_put64(efi + 16, 0x4000);
	bytes_put64(efi + 32, 3);
	bytes_put64(efi + 40, 0xf);
	bytes_put64(efi + 56 + 8, 0x1000);
	bytes_put64(efi + 56 + 24, BIT(52));
	begin();
	tag(17, efi, sizeof(efi));
	assert_int_equal(parse(), OK);
	assert_true(boot_efi_entry(&info.efi_map, 0, &range));
	assert_int_equal(range.type, 7);
	assert_int_equal(range.base, 0x4000);
	assert_int_equal(range.size, 0x3000);
	assert_int_equal(range.attribute, 0xf);
	assert_true(boot_efi_entry(&info.efi_map, 1, &range));
	assert_int_equal(range.size, 0);
	assert_false(boot_efi_entry(&info.efi_map, 2, &range));
}

static void nothing_given_is_empty(void **state)
{
	struct boot_efi_range range;

	(void)state;
	begin();
	assert_int_equal(parse(), OK);
	assert_string_equal(info.cmdline, "");
	assert_string_equal(info.loader, "");
	assert_null(info.rsdp_old.data);
	assert_false(info.framebuffer.present);
	assert_false(boot_efi_entry(&info.efi_map, 0, &range));
}

static void expect_problem(const char *text)
{
	assert_int_equal(parse(), OK);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.text[0], text);
}

/* A malformed tag is reported, and the following tags are still read. */
static void malformed_tags_are_named(void **state)
{
	u8 memory[8 + 24] = {24};

	(void)state;
	begin();
	tag(1, "abc", 3);
	tag(2, "GRUB", 5);
	expect_problem("multiboot2: command line: text of 3 bytes has no end");
	assert_string_equal(info.cmdline, "");
	assert_string_equal(info.loader, "GRUB");

	begin();
	tag(1, "", 0);
	expect_problem("multiboot2: command line: tag of 8 bytes, at least 9 needed");

	begin();
	module(0x2000, 0x1fff, "m");
	module(1, 2, "n");
	expect_problem("multiboot2: module 'm': end 0x1fff before start 0x2000");
	assert_int_equal(info.module_count, 1);

	begin();
	memory[0] = 16;
	tag(6, memory, sizeof(memory));
	expect_problem("multiboot2: memory map: entry size 16");
	assert_int_equal(info.memory_count, 0);

	begin();
	memory[0] = 24;
	bytes_put64(memory + 8, 0x2000);
	bytes_put64(memory + 16, 0xfffffffffffff000);
	tag(6, memory, sizeof(memory));
	expect_problem("multiboot2: memory map: 0x2000 + 0xfffffffffffff000 wraps");

	begin();
	memory[0] = 32;
	tag(17, memory, sizeof(memory));
	expect_problem("multiboot2: EFI memory map: entry size 32");
	assert_null(info.efi_map.entries);

	begin();
	tag(14, memory, 19);
	expect_problem("multiboot2: ACPI 1.0 RSDP: tag of 27 bytes, at least 28 needed");
	assert_null(info.rsdp_old.data);
}

static void rgb_needs_its_colours(void **state)
{
	u8 fb[24] = {0};

	(void)state;
	fb[21] = 1;
	begin();
	tag(8, fb, 24);
	expect_problem("multiboot2: framebuffer: 32 bytes hold no colours");
	assert_false(info.framebuffer.present);
	fb[21] = 2;
	begin();
	tag(8, fb, 24);
	assert_int_equal(parse(), OK);
	assert_int_equal(info.framebuffer.type, BOOT_FRAMEBUFFER_TEXT);
}

/* A partial entry at the end of the map is ignored. */
static void a_partial_entry_is_left(void **state)
{
	u8 memory[8 + 24 + 23] = {24};

	(void)state;
	begin();
	tag(6, memory, sizeof(memory));
	assert_int_equal(parse(), OK);
	assert_int_equal(info.memory_count, 1);
}

static void lists_are_bounded(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < BOOT_MODULES_MAX + 2; i++)
		module(i, i, "m");
	assert_int_equal(parse(), OK);
	assert_int_equal(info.module_count, BOOT_MODULES_MAX);
	assert_int_equal(problems.count, 2);

	u8 memory[8 + 24 * (BOOT_MEMORY_MAX + 40)] = {24};

	begin();
	tag(6, memory, sizeof(memory));
	assert_int_equal(parse(), OK);
	assert_int_equal(info.memory_count, BOOT_MEMORY_MAX);
	assert_int_equal(problems.count, PROBLEMS_MAX);
	assert_int_equal(problems.missed, 40 - PROBLEMS_MAX);
}

/* A tag with an impossible size ends the reading, like an end tag. */
static void bad_sizes_end_the_reading(void **state)
{
	u8 *bad;

	(void)state;
	begin();
	tag(1, "a", 2);
	bad = tag(99, "", 0);
	tag(2, "b", 2);
	bytes_put32(bad + 4, 7);
	expect_problem("multiboot2: tag 99 at 24: size 7 of 56 bytes in all");
	assert_string_equal(info.cmdline, "a");
	assert_string_equal(info.loader, "");

	bytes_put32(bad + 4, 33);
	memset(&problems, 0, sizeof(problems));
	assert_int_equal(parse_size(built.size), OK);
	assert_string_equal(problems.text[0],
			    "multiboot2: tag 99 at 24: size 33 of 56 bytes in all");
	bytes_put32(bad + 4, 0xfffffff8);
	memset(&problems, 0, sizeof(problems));
	assert_int_equal(parse_size(built.size), OK);
	assert_int_equal(problems.count, 1);

	begin();
	tag(0, "", 0);
	tag(1, "late", 5);
	assert_int_equal(parse(), OK);
	assert_string_equal(info.cmdline, "");
}

static void total_size_is_checked(void **state)
{
	(void)state;
	begin();
	assert_int_equal(parse(), OK);
	assert_int_equal(parse_size(built.size - 1), ERR_RANGE);
	bytes_put32(built.bytes, 15);
	assert_int_equal(parse_size(built.size), ERR_RANGE);
	assert_int_equal(parse_size(7), ERR_RANGE);
	assert_int_equal(multiboot2_size(built.bytes), 15);

	begin();
	tag(1, "x", 2);
	bytes_put32(built.bytes, built.size);
	assert_int_equal(parse_size(built.size), OK);
	assert_string_equal(problems.text[0], "multiboot2: no end tag in 24 bytes");
	assert_string_equal(info.cmdline, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_tag),
		cmocka_unit_test(walks_the_efi_map),
		cmocka_unit_test(nothing_given_is_empty),
		cmocka_unit_test(malformed_tags_are_named),
		cmocka_unit_test(rgb_needs_its_colours),
		cmocka_unit_test(a_partial_entry_is_left),
		cmocka_unit_test(lists_are_bounded),
		cmocka_unit_test(bad_sizes_end_the_reading),
		cmocka_unit_test(total_size_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
