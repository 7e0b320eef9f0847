/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands: words, the command that they name, the nearest name, and usage. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

#include "core/base/bits.h"
#include "core/base/span.h"
#include "core/terminal/command.h"

static const struct command rows[] = {
	{"cpu list", "", {TAKES_NOTHING}, .summary = ""},
	{"cpu offline", "CPU", {TAKES_CPU}, .summary = ""},
	{"log", "", {TAKES_NOTHING}, .summary = ""},
	{"mem", "", {TAKES_NOTHING}, .summary = ""},
	{"mem dump", "VM GPA [SIZE]", {TAKES_VM, TAKES_NUMBER, TAKES_NUMBER}, .summary = ""},
	{"version", "", {TAKES_NOTHING}, .summary = ""},
	{"vm list", "", {TAKES_NOTHING}, .summary = ""},
	{"vm log", "VM", {TAKES_VM}, .summary = ""},
};
static const struct command_table table = {rows, ARRAY_SIZE(rows)};

/* The name of the command in the line, else the error. */
static const char *find(const char *line)
{
	static char copy[128];
	static struct error err;
	const char *words[COMMAND_WORDS_MAX];
	const struct command *command;
	u32 count, used;

	strcpy(copy, line);
	assert_int_equal(command_split(copy, words, &count, &err), OK);
	command = command_find(&table, words, count, &used, &err);
	return command ? command->name : err.text;
}

static void test_find(void **state)
{
	(void)state;
	assert_string_equal(find("vm list"), "vm list");
	assert_string_equal(find("  vm \t list  more"), "vm list");
	assert_string_equal(find("log"), "log");
	assert_string_equal(find("mem"), "mem");
	assert_string_equal(find("mem dump a"), "mem dump");
}

static void test_nearest(void **state)
{
	(void)state;
	assert_string_equal(find("vm lst"), "no command 'vm lst'; did you mean 'vm list'?");
	assert_string_equal(find("vn list"), "no command 'vn list'; did you mean 'vm list'?");
	assert_string_equal(find("cpu ofline 1"),
			    "no command 'cpu ofline'; did you mean 'cpu offline'?");
	assert_string_equal(find("verison"), "no command 'verison'; did you mean 'version'?");
	assert_string_equal(find("lgo"), "no command 'lgo'; did you mean 'log'?");
	assert_string_equal(find("verison now"), "no command 'verison'; did you mean 'version'?");
	assert_string_equal(find("vm"), "vm what? It can be: list, log");
	assert_string_equal(find("vm explode"), "vm what? It can be: list, log");
	assert_string_equal(find("frobnicate"), "no command 'frobnicate'; 'help' lists them");
	assert_string_equal(find("x"), "no command 'x'; 'help' lists them");
}

static const char *check_count(const char *name, u32 count)
{
	static struct error err;

	for (u32 i = 0; i < table.count; i++)
		if (strcmp(rows[i].name, name) == 0)
			return command_check_count(&rows[i], count, &err) == OK ? "ok" : err.text;
	return "?";
}

static void test_count(void **state)
{
	(void)state;
	assert_string_equal(check_count("log", 0), "ok");
	assert_string_equal(check_count("log", 1), "usage: log");
	assert_string_equal(check_count("vm log", 0), "usage: vm log VM");
	assert_string_equal(check_count("vm log", 1), "ok");
	assert_string_equal(check_count("mem dump", 1), "usage: mem dump VM GPA [SIZE]");
	assert_string_equal(check_count("mem dump", 2), "ok");
	assert_string_equal(check_count("mem dump", 3), "ok");
	assert_string_equal(check_count("mem dump", 4), "usage: mem dump VM GPA [SIZE]");
}

static void test_split(void **state)
{
	const char *words[COMMAND_WORDS_MAX];
	char most[] = "1 2 3 4 5 6 7 8 9 10 11 12", more[] = "1 2 3 4 5 6 7 8 9 10 11 12 13";
	char flagged[] = "--json vm list --json x", empty[] = " \t ";
	struct error err;
	u32 count;

	(void)state;
	assert_int_equal(command_split(most, words, &count, &err), OK);
	assert_int_equal(count, 12);
	assert_int_equal(command_split(more, words, &count, &err), ERR_RANGE);
	assert_int_equal(command_split(empty, words, &count, &err), OK);
	assert_int_equal(count, 0);
	assert_int_equal(command_split(flagged, words, &count, &err), OK);
	assert_true(command_remove_flag(words, &count, "--json"));
	assert_int_equal(count, 3);
	assert_string_equal(words[0], "vm");
	assert_string_equal(words[2], "x");
	assert_false(command_remove_flag(words, &count, "--json"));
}

static void test_numbers(void **state)
{
	static const char *const bad[] = {
		"", "0x", "x", "1x", "-1", "0x1g", "18446744073709551616", "0x10000000000000000"};
	u64 value;

	(void)state;
	assert_true(span_number(span_of("18446744073709551615"), UINT64_MAX, &value));
	assert_true(value == UINT64_MAX);
	assert_true(span_number(span_of("0xDeadBeef"), UINT64_MAX, &value));
	assert_true(value == 0xdeadbeef);
	assert_true(span_number(span_of("0"), UINT64_MAX, &value));
	assert_true(value == 0);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(span_number(span_of(bad[i]), UINT64_MAX, &value));
}

/* The definition of the distance, by recursion. */
static u32 distance(const char *a, size_t n, const char *b, size_t m)
{
	u32 least, other;

	if (n == 0 || m == 0)
		return (u32)(n + m);
	least = distance(a, n - 1, b, m) + 1;
	other = distance(a, n, b, m - 1) + 1;
	least = other < least ? other : least;
	other = distance(a, n - 1, b, m - 1) + (a[n - 1] != b[m - 1]);
	least = other < least ? other : least;
	if (n > 1 && m > 1 && a[n - 1] == b[m - 2] && a[n - 2] == b[m - 1]) {
		other = distance(a, n - 2, b, m - 2) + 1;
		least = other < least ? other : least;
	}
	return least;
}

static void test_distance(void **state)
{
	(void)state;
	srand(1);
	for (unsigned round = 0; round < 2000; round++) {
		char a[7] = "", b[7] = "";
		int n = rand() % 7, m = rand() % 7;

		for (int i = 0; i < n; i++)
			a[i] = (char)('a' + rand() % 3);
		for (int i = 0; i < m; i++)
			b[i] = (char)('a' + rand() % 3);
		a[n] = b[m] = '\0';
		assert_int_equal(span_distance(span_of(a), span_of(b)),
				 distance(a, (size_t)n, b, (size_t)m));
	}
	assert_int_equal(
		span_distance(span_of("a string of more than any name's letters"), span_of("log")),
		30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),	cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_count),	cmocka_unit_test(test_split),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
