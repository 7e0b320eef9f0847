/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports: the same rows as text and as JSON. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/test.h"

#include "core/base/status.h"
#include "core/terminal/report.h"

static char output[8192];
static size_t output_size;

static void put(const char *text, size_t size)
{
	assert_true(output_size + size < sizeof(output));
	memcpy(output + output_size, text, size);
	output_size += size;
	output[output_size] = '\0';
}

static struct report *begin(bool json)
{
	static struct report out;

	output_size = 0;
	output[0] = '\0';
	report_begin(&out, json, put);
	return &out;
}

static void print_guests(struct report *out)
{
	report_list(out, "vms");
	for (unsigned i = 0; i < 2; i++)
		report_row(out, "{name}%-8s {cpus}%3u vCPUs{at}%#8llx{lazy? lazy}%d", i ? "b" : "a",
			   i ? 12 : 1, 0x1000ULL, i);
	report_list_end(out);
	report_facts(out, "{why}%s {%s}%u {rip}%#llx", "killed", "code", 3, (u64)UINT64_MAX);
	report_end(out, NULL);
}

static void test_text(void **state)
{
	(void)state;
	print_guests(begin(false));
	assert_string_equal(output, "a          1 vCPUs  0x1000\r\n"
				    "b         12 vCPUs  0x1000 lazy\r\n"
				    "why              killed\r\n"
				    "code             3\r\n"
				    "rip              0xffffffffffffffff\r\n");
}

static void test_json(void **state)
{
	(void)state;
	print_guests(begin(true));
	assert_string_equal(
		output, "{\"vms\":[{\"name\":\"a\",\"cpus\":1,\"at\":\"0x1000\",\"lazy\":false},"
			"{\"name\":\"b\",\"cpus\":12,\"at\":\"0x1000\",\"lazy\":true}],"
			"\"why\":\"killed\",\"code\":3,\"rip\":\"0xffffffffffffffff\"}\r\n");
}

static void test_json_of_nothing(void **state)
{
	struct error err = {.text = "no \"x\""};

	(void)state;
	report_end(begin(true), NULL);
	assert_string_equal(output, "{}\r\n");
	report_end(begin(true), &err);
	assert_string_equal(output, "{\"error\":\"no \\\"x\\\"\"}\r\n");
	report_end(begin(false), &err);
	assert_string_equal(output, "");
}

/* Commas are right in empty lists and rows too. */
static void test_json_of_empty_parts(void **state)
{
	struct report *out = begin(true);

	(void)state;
	report_list(out, "none");
	report_list_end(out);
	report_list(out, "rows");
	for (unsigned i = 0; i < 2; i++)
		report_row(out, "only text");
	report_list_end(out);
	report_end(out, NULL);
	assert_string_equal(output, "{\"none\":[],\"rows\":[{},{}]}\r\n");
}

/* The command fails in the middle of a row. */
static void test_cut_short(void **state)
{
	struct error err = {.text = "gone"};

	(void)state;
	for (unsigned json = 0; json < 2; json++) {
		struct report *out = begin(json);

		report_list(out, "vms");
		report_fields(out, "{name}%-*s", 6, "a");
		report_end(out, &err);
		assert_string_equal(output,
				    json ? "{\"vms\":[{\"name\":\"a\"}],\"error\":\"gone\"}\r\n"
					 : "a\r\n");
	}
}

/* All bytes: JSON has no bare control character, and a terminal gets no control sequence. */
static void test_escapes(void **state)
{
	char text[256], want[2048];
	size_t used = 0;

	(void)state;
	for (unsigned i = 1; i < 256; i++)
		text[i - 1] = (char)i;
	text[255] = '\0';

	used += (size_t)sprintf(want, "{\"t\":\"");
	for (unsigned i = 1; i < 256; i++)
		used += (size_t)sprintf(want + used,
					i == '"' || i == '\\'  ? "\\%c"
					: i >= ' ' && i < 0x7f ? "%c"
							       : "\\u%04x",
					i);
	sprintf(want + used, "\"}\r\n");
	struct report *out = begin(true);
	report_fields(out, "{t}%s", text);
	report_end(out, NULL);
	assert_string_equal(output, want);

	report_fields(begin(false), "{t}%-8s |", "\x1b[2J\x9b");
	report_end(out, NULL);
	assert_string_equal(output, "\\x1b[2J\\x9b |\r\n");
}

/* Text that is longer than the buffer reaches the reader in one piece. */
static void test_long(void **state)
{
	static char text[3000];
	struct report *out;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	out = begin(true);
	report_fields(out, "{a}%s", text);
	report_end(out, NULL);
	assert_int_equal(output_size, sizeof(text) - 1 + strlen("{\"a\":\"\"}\r\n"));
	out = begin(false);
	report_row(out, "{a}%-4000s", text);
	report_end(out, NULL);
	assert_memory_equal(output, text, sizeof(text) - 1);
}

/* Prints the format in a process of its own. True: a trap ended it. */
static bool traps(const char *fmt)
{
	struct report *out = begin(false);
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGILL, SIG_DFL);
		signal(SIGTRAP, SIG_DFL);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		report_row(out, fmt, "a", "b");
#pragma GCC diagnostic pop
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && (WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP);
}

/* A format that breaks the rules stops there, and is not read past its end. */
static void test_broken_formats(void **state)
{
	static const char *const broken[] = {
		"{",	    "{key",   "{key%s", "{key?text", "{key?text%d", "{%s",     "{key}",
		"{key} %s", "{key}x", "{key}%", "{key}%-8",  "{key}%ll",    "{key}%c", "{key}%i"};

	(void)state;
	for (unsigned i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		assert_string_equal(traps(broken[i]) ? broken[i] : "no trap", broken[i]);
	assert_false(traps("{key}%s {%s}%s"));
	assert_false(traps("a } and a ? {key}%-8s"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_of_nothing),
		cmocka_unit_test(test_json_of_empty_parts),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_broken_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
