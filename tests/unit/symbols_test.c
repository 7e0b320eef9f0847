/* SPDX-License-Identifier: BSD-2-Clause */
/* test-sources: core/host/symbols.c */
/* Symbols of an image of 0x1000 bytes with code at [0x100, 0x800). */
#include "tests/unit/test.h"

#include "core/base/bits.h"
#include "core/base/image.h"
#include "core/host/symbols.h"

const u8 image_start[0x1000];
__asm__(".globl image_text_start, image_text_end\n"
	"image_text_start = image_start + 0x100\n"
	"image_text_end = image_start + 0x800\n");

const u32 symbols_count = 3;
const u8 symbols_table[] = "\x10\x01\0next_one\0"
			   "\xf0\x00\5two\0"
			   "\xff\x05\0last";

static struct symbol found;

static bool find(u64 at)
{
	return symbols_find((u64)image_start + at, &found);
}

static void test_inside(void **state)
{
	static const struct {
		u64 at, offset;
		const char *name;
	} rows[] = {
		{0x110, 0, "next_one"}, {0x111, 1, "next_one"},	    {0x1ff, 0xef, "next_one"},
		{0x200, 0, "next_two"}, {0x7fe, 0x5fe, "next_two"}, {0x7ff, 0, "last"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(find(rows[i].at));
		assert_string_equal(found.name, rows[i].name);
		assert_int_equal(found.offset, rows[i].offset);
	}
}

static void test_outside(void **state)
{
	static const u64 rows[] = {0, 0xff, 0x100, 0x10f, 0x800, 0x1000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_false(find(rows[i]));
	assert_false(symbols_find(0, &found));
	assert_false(symbols_find(UINT64_MAX, &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
