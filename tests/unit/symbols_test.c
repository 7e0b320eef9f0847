/* SPDX-License-Identifier: BSD-2-Clause */
/* test-sources: core/symbols.c */
/* core/symbols over an image of 0x1000 bytes whose code is [0x100, 0x800). */
#include "tests/unit/test.h"

#include "core/bits.h"
#include "core/image.h"
#include "core/symbols.h"

const u8 image_start[0x1000];
__asm__(".globl image_text_start, image_text_end\n"
	"image_text_start = image_start + 0x100\n"
	"image_text_end = image_start + 0x800\n");

const u32 symbols_count = 3;
const u32 symbols_offsets[] = {0x110, 0x200, 0x7ff};
const u16 symbols_places[] = {0, 6, 11};
const char symbols_names[] = "first\0next\0last";

static const char *find(u64 at, u64 *offset)
{
	*offset = 77;
	return symbols_find((u64)image_start + at, offset);
}

static void test_inside(void **state)
{
	static const struct {
		u64 at, offset;
		const char *name;
	} rows[] = {
		{0x110, 0, "first"}, {0x111, 1, "first"},    {0x1ff, 0xef, "first"},
		{0x200, 0, "next"},  {0x7fe, 0x5fe, "next"}, {0x7ff, 0, "last"},
	};
	u64 offset;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_string_equal(find(rows[i].at, &offset), rows[i].name);
		assert_int_equal(offset, rows[i].offset);
	}
}

static void test_outside(void **state)
{
	static const u64 rows[] = {0, 0xff, 0x100, 0x10f, 0x800, 0x1000};
	u64 offset;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_null(find(rows[i], &offset));
		assert_int_equal(offset, 77);
	}
	assert_null(symbols_find(0, &offset));
	assert_null(symbols_find(UINT64_MAX, &offset));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
