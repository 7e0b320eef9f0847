/* SPDX-License-Identifier: BSD-2-Clause */
/* The line editor and completion: keys, sequences, history, and the contents of the terminal. */
#include <stdio.h>

#include "tests/unit/test.h"

#include "tests/unit/line_terminal.h"

#include "core/base/bits.h"
#include "core/terminal/complete.h"

#define LEFT  "\x1b[D"
#define RIGHT "\x1b[C"
#define UP    "\x1b[A"
#define DOWN  "\x1b[B"

static struct line line;

static enum line_event type(const char *keys)
{
	enum line_event event = LINE_NOTHING;

	for (; *keys; keys++) {
		event = line_key(&line, *keys);
		if (event == LINE_ENTERED || event == LINE_ABANDONED)
			line_begin(&line);
		terminal_check(&line);
	}
	return event;
}

/* The text after these keys on a new line, with '|' at the cursor. */
static const char *after(const char *keys)
{
	static char text[LINE_SIZE + 2];

	terminal_begin(&line);
	type(keys);
	memcpy(text, line.text, line.cursor);
	text[line.cursor] = '|';
	memcpy(text + line.cursor + 1, line.text + line.cursor, line.length - line.cursor);
	text[line.length + 1] = '\0';
	return text;
}

static const struct {
	const char *keys, *text;
} edits[] = {
	{"abc", "abc|"},
	{"abc" LEFT LEFT "x", "ax|bc"},
	{"abc" LEFT LEFT LEFT LEFT RIGHT "x", "ax|bc"},
	{"abc" RIGHT "x", "abcx|"},
	{"abc\x01x", "x|abc"},
	{"abc\x01\x05x", "abcx|"},
	{"abc\x02\x02\x06x", "abx|c"},
	{"abc\x1b[Hx", "x|abc"},
	{"abc\x1b[1~x\x1b[4~y", "xabcy|"},
	{"abc\x1bOHx\x1bOFy", "xabcy|"},
	{"abc\x1b[7~x\x1b[8~y", "xabcy|"},
	{"abc\b", "ab|"},
	{"abc\x7f\x7f", "a|"},
	{"abc\b\b\b\b\b", "|"},
	{"abc" LEFT LEFT "\x1b[3~", "a|c"},
	{"abc\x1b[3~", "abc|"},
	{"abc\x01\x04\x04", "|c"},
	{"abc" LEFT "\x0b", "ab|"},
	{"abc" LEFT "\x15", "|c"},
	{"vm kill  linux\x17", "vm kill  |"},
	{"vm kill  \x17", "vm |"},
	{"vm kill\x1b\x7f", "vm |"},
	{"vm kill x\x1b[1;5D\x1b[1;5D", "vm |kill x"},
	{"vm kill x\x1b"
	 "b\x1b"
	 "b\x1b"
	 "f",
	 "vm kill| x"},
	{"vm kill x\x01\x1b[1;5C\x1b"
	 "d",
	 "vm| x"},
	{"a\x0cx", "ax|"},
	/* Noise: bytes that are no key change nothing and swallow no other key. */
	{"a\x1b[200~b\x1b[99;99;99Zc", "abc|"},
	{"a\x1b[111111111111111111111b", "a11111b|"},
	{"a\x1b\x1b[Db", "b|a"},
	{"a\x1b[\x01"
	 "b",
	 "b|a"},
	{"a\x80\xff\xc3\xa4"
	 "b",
	 "ab|"},
	{"a\x03"
	 "b",
	 "b|"},
};

static void test_edits(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(edits); i++)
		assert_string_equal(after(edits[i].keys), edits[i].text);
}

/* After a lone ESC and a pause the next key is not part of a sequence. */
static void test_idle(void **state)
{
	(void)state;
	after("a\x1b");
	line_idle(&line);
	type("[");
	assert_int_equal(line.length, 2);
}

static void test_history(void **state)
{
	(void)state;
	assert_string_equal(after("one\rtwo\r" UP), "two|");
	assert_string_equal(after("one\rtwo\r" UP UP), "one|");
	assert_string_equal(after("one\rtwo\r" UP UP UP), "one|");
	assert_string_equal(after("one\rtwo\rthr" UP UP DOWN), "two|");
	assert_string_equal(after("one\rtwo\rthr" UP UP DOWN DOWN), "thr|");
	assert_string_equal(after("one\rtwo\rthr" UP DOWN DOWN), "thr|");
	assert_string_equal(after("one\r\r\ntwo\rtwo\r" UP UP), "one|");
	assert_string_equal(after("one\r" UP "X\r" UP UP), "one|");
	assert_string_equal(after("one\rtwo\r\x10\x10\x0e"), "two|");
	assert_string_equal(after(UP DOWN UP), "|");
}

/* The history has only the last LINE_HISTORY lines. */
static void test_history_wraps(void **state)
{
	char keys[8] = "a\r";

	(void)state;
	terminal_begin(&line);
	for (char c = 'a'; c <= 'z'; c++) {
		keys[0] = c;
		type(keys);
	}
	for (unsigned i = 0; i < 40; i++)
		type(UP);
	assert_int_equal(line.length, 1);
	assert_int_equal(line.text[0], 'z' - LINE_HISTORY + 1);
}

static void test_events(void **state)
{
	(void)state;
	after("version");
	assert_int_equal(line_key(&line, '\r'), LINE_ENTERED);
	assert_string_equal(line.text, "version");
	line_begin(&line);
	assert_int_equal(line_key(&line, '\n'), LINE_NOTHING); /* CR LF is one key */
	assert_int_equal(line_key(&line, '\n'), LINE_ENTERED);
	line_begin(&line);
	assert_int_equal(line_key(&line, '\t'), LINE_TAB);
	assert_int_equal(line_key(&line, 3), LINE_ABANDONED);
}

/* Lines that are longer than the screen scroll. At the limit no more keys are accepted. */
static void test_long(void **state)
{
	(void)state;
	terminal_begin(&line);
	for (unsigned i = 0; i < 300; i++)
		type((char[]){(char)('a' + i % 26), '\0'});
	assert_int_equal(line.length, LINE_SIZE - 1);
	for (unsigned i = 0; i < 300; i++)
		type(LEFT);
	assert_int_equal(line.cursor, 0);
	for (unsigned i = 0; i < 100; i++)
		type(RIGHT);
	type("\x0b\x01\x0b");
	assert_int_equal(line.length, 0);
}

/* A key that is typed at the end costs one byte of output. */
static u32 bytes_out;

static void count(const char *text, size_t size)
{
	(void)text;
	bytes_out += (u32)size;
}

static void test_cost(void **state)
{
	(void)state;
	line_init(&line, terminal_prompt, count);
	line_begin(&line);
	bytes_out = 0;
	for (unsigned i = 0; i < 60; i++)
		line_key(&line, 'x');
	assert_int_equal(bytes_out, 60);
}

/* Ten million bytes: one half is noise, the other half parts of keyboard sequences. */
static void test_noise(void **state)
{
	static const char *const pieces[] = {
		LEFT,	    RIGHT,	 UP,	    DOWN,	    "\x1b[H", "\x1b[3~",
		"\x1bOF",   "\x1b[1;5D", "\x1b[1;", "\x1b\x7f",	    "\x1b[",  "vm list\r",
		"\x01\x0b", "\x15",	 "\x17",    "a long word ",
	};
	u32 random = 1;

	(void)state;
	terminal_begin(&line);
	for (u32 bytes = 0; bytes < 10000000;) {
		random = random * 1664525 + 1013904223;
		if (random >> 31) {
			const char *piece = pieces[(random >> 20) % ARRAY_SIZE(pieces)];

			type(piece);
			bytes += (u32)strlen(piece);
		} else {
			type((char[]){(char)(random >> 20), '\0'});
			bytes++;
		}
	}
}

static const struct command rows[] = {
	{"cpu list", "", {TAKES_NOTHING}, .summary = ""},
	{"cpu show", "CPU", {TAKES_CPU}, .summary = ""},
	{"log", "", {TAKES_NOTHING}, .summary = ""},
	{"mem", "", {TAKES_NOTHING}, .summary = ""},
	{"mem map", "VM", {TAKES_VM}, .summary = ""},
	{"vm kill", "VM", {TAKES_VM}, .summary = ""},
	{"vm list", "", {TAKES_NOTHING}, .summary = ""},
};
static const struct command_table table = {rows, ARRAY_SIZE(rows)};

static bool values(enum command_takes takes, u32 index, char *buf, size_t size)
{
	static const char *const vms[] = {"linux", "linux2", "other"}, *const cpus[] = {"0", "1"};

	if (takes == TAKES_VM && index < ARRAY_SIZE(vms))
		snprintf(buf, size, "%s", vms[index]);
	else if (takes == TAKES_CPU && index < ARRAY_SIZE(cpus))
		snprintf(buf, size, "%s", cpus[index]);
	else
		return false;
	return true;
}

static char listed[256];

static void list(const char *candidate)
{
	strcat(strcat(listed, candidate), " ");
}

/* "common start: all candidates" */
static const char *completed(const char *text)
{
	static char result[512];
	struct completion completion;

	listed[0] = '\0';
	complete(&table, values, text, strlen(text), &completion, list);
	assert_int_equal(completion.count == 0, listed[0] == '\0');
	snprintf(result, sizeof(result), "%s: %s", completion.text, listed);
	return result;
}

static void test_complete(void **state)
{
	(void)state;
	assert_string_equal(completed(""), ": cpu log mem vm ");
	assert_string_equal(completed("v"), "vm: vm ");
	assert_string_equal(completed("vm"), "vm: vm ");
	assert_string_equal(completed("vm "), ": kill list ");
	assert_string_equal(completed("vm k"), "kill: kill ");
	assert_string_equal(completed("vm kill "), ": linux linux2 other ");
	assert_string_equal(completed("vm kill l"), "linux: linux linux2 ");
	assert_string_equal(completed("vm kill x"), ": ");
	assert_string_equal(completed("vm kill linux "), ": ");
	assert_string_equal(completed("cpu show "), ": 0 1 ");
	assert_string_equal(completed("mem "), "map: map ");
	assert_string_equal(completed("help vm k"), "kill: kill ");
	assert_string_equal(completed("vm list --"), "--json: --json ");
	assert_string_equal(completed("no such thing"), ": ");
	assert_string_equal(completed("1 2 3 4 5 6 7 8 9 10 11 12 13 14"), ": ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edits),	 cmocka_unit_test(test_idle),
		cmocka_unit_test(test_history),	 cmocka_unit_test(test_history_wraps),
		cmocka_unit_test(test_events),	 cmocka_unit_test(test_long),
		cmocka_unit_test(test_cost),	 cmocka_unit_test(test_noise),
		cmocka_unit_test(test_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
