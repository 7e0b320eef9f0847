/* SPDX-License-Identifier: BSD-2-Clause */
/* core/base/format compared with the build machine's printf, and core/base/status. */
#include <limits.h>
#include <stdio.h>

#include "tests/unit/test.h"

#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/status.h"
#include "core/base/string.h"

/* Same text, same length, at every buffer size from 0 to past the end. */
static void check(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void check(const char *fmt, ...)
{
	char want[256], got[256];
	int length;
	va_list args;

	for (size_t size = 0; size <= 200; size++) {
		memset(want, '#', sizeof(want));
		memset(got, '#', sizeof(got));
		va_start(args, fmt);
		length = vsnprintf(want, size, fmt, args);
		va_end(args);
		va_start(args, fmt);
		assert_int_equal(format_text_v(got, size, fmt, args), length);
		va_end(args);
		assert_memory_equal(got, want, sizeof(got));
	}
}

static void test_as_printf(void **state)
{
	static const long longs[] = {0, 1, -1, 9, 10, LONG_MAX, LONG_MIN, INT_MIN, UINT_MAX};

	(void)state;
	check("plain");
	check("%%|%c|%5c|%-5c|", 'a', 'b', 'c');
	check("[%s][%8s][%-8s][%.2s][%8.2s][%.*s][%*s][%-*s]", "abc", "abc", "abc", "abc", "abc", 1,
	      "abc", 6, "abc", 6, "abc");
	check("[%*s][%.*s]", -6, "abc", -1, "abc");
	check("%d %i %5d %-5d| %05d %05d", 1, -1, 42, 42, 42, -42);
	check("%d %d %u", INT_MIN, INT_MAX, UINT_MAX);
	check("%x %X %08x %016lx %8x %-8x|", 0xabcdu, 0xabcdu, 0xabcdu, 0xfeedfacecafebeeful, 1u,
	      2u);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat" /* too wide values, to test truncation */
	check("%hhx %hx %hhd %hd %hhu", 0x1ff, 0x1ffff, 200, 40000, 300);
#pragma GCC diagnostic pop
	check("%zu %zx %lu %llu %llx %lld", (size_t)7, SIZE_MAX, ULONG_MAX, ULLONG_MAX, 5ull,
	      LLONG_MIN);
	check("%p", (void *)0xdeadbeef);
	for (size_t i = 0; i < ARRAY_SIZE(longs); i++)
		check("%ld %lu %lx %20ld %020ld %-20ld|", longs[i], longs[i], longs[i], longs[i],
		      longs[i], longs[i]);
}

/* Conversions outside the subset do no harm and stay visible. */
static void test_outside(void **state)
{
	const char *volatile unknown = "a%qb", *volatile cut = "a%", *volatile cut_long = "a%08l";
	char buf[32];

	(void)state;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
	assert_int_equal(format_text(buf, sizeof(buf), unknown), 4);
	assert_string_equal(buf, "a%qb");
	assert_int_equal(format_text(buf, sizeof(buf), cut), 1);
	assert_string_equal(buf, "a");
	assert_int_equal(format_text(buf, sizeof(buf), cut_long), 1);
	assert_string_equal(buf, "a");
#pragma GCC diagnostic pop
	assert_int_equal(format_text(buf, sizeof(buf), "%s", (const char *volatile){NULL}), 6);
	assert_string_equal(buf, "(null)");
}

static void test_fail(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(fail(&err, ERR_RANGE, "%s: %d beyond 0x%x", "ports", 7, 16), ERR_RANGE);
	assert_int_equal(err.status, ERR_RANGE);
	assert_string_equal(err.text, "ports: 7 beyond 0x10");
	assert_int_equal(fail(NULL, ERR_BUSY, "%d", 1), ERR_BUSY);
	assert_int_equal(fail(&err, ERR_INVALID, "%200d", 1), ERR_INVALID);
	assert_int_equal(strlen(err.text), ERROR_TEXT_SIZE - 1);
}

static void test_status_names(void **state)
{
	(void)state;
	for (int code = OK; code <= ERR_TIMEOUT; code++)
		for (int other = OK; other < code; other++)
			assert_string_not_equal(status_name(code), status_name(other));
	assert_string_equal(status_name(ERR_NOT_FOUND), "not found");
	assert_string_equal(status_name(ERR_TIMEOUT + 1), "unknown");
	assert_string_equal(status_name((enum status) - 1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_printf),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_status_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
