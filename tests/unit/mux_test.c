/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The multiplexer: the order of the sources on the line, kept text, lost text, and notes
 * about losses.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/test.h"

#include "core/terminal/mux.h"

static struct mux mux;
static struct mux_ring a, b;
static char output[65536];

static int begin(void **state)
{
	(void)state;
	memset(&mux, 0, sizeof(mux));
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	a.name = "a";
	b.name = "b";
	mux_add_guest(&mux, &a);
	mux_add_guest(&mux, &b);
	return 0;
}

static void shell(const char *text)
{
	assert_int_equal(mux_put_shell(&mux, text, strlen(text)), strlen(text));
}

static void log_line(const char *text)
{
	mux_put_log(&mux, text, strlen(text));
}

static void guest(struct mux_ring *ring, const char *text)
{
	for (; *text; text++)
		mux_put_guest(&mux, ring, *text);
}

/* Takes all text that can be sent now, in pieces of an odd size. */
static const char *sent(void)
{
	size_t count = 0, got;

	while ((got = mux_take(&mux, output + count, 7)) != 0) {
		count += got;
		assert_true(count + 7 < sizeof(output));
	}
	output[count] = '\0';
	return output;
}

static void test_shell_line_comes_back(void **state)
{
	(void)state;
	mux.shell_idle = true;
	shell("ashlar> vm li\b\b");
	assert_string_equal(sent(), "ashlar> vm li\b\b");
	log_line("[1] x\r\n");
	assert_string_equal(sent(), "\r\n[1] x\r\nashlar> vm li\b\b");
	assert_string_equal(sent(), "");
	shell("X");
	assert_string_equal(sent(), "X");
	log_line("[2] y\r\n");
	assert_string_equal(sent(), "\r\n[2] y\r\nashlar> vm Xi\b");
}

/* Neither a command's line nor a line of the log is interrupted. */
static void test_lines_stay_whole(void **state)
{
	(void)state;
	shell("{\"a\":");
	log_line("[1] x\r\n");
	assert_string_equal(sent(), "{\"a\":");
	shell("1}\r\nok\r\n");
	assert_string_equal(sent(), "1}\r\nok\r\n[1] x\r\n");
	log_line("[2] y\r\n");
	assert_int_equal(mux_take(&mux, output, 2), 2);
	shell("z\r\n");
	assert_string_equal(sent(), "] y\r\nz\r\n");
}

static void test_attached(void **state)
{
	(void)state;
	guest(&a, "kept\r\n");
	guest(&b, "other\r\n");
	assert_string_equal(sent(), "");
	mux.attached = &a;
	assert_string_equal(sent(), "kept\r\n");
	guest(&a, "$ \x1b[1m");
	assert_string_equal(sent(), "$ \x1b[1m");
	log_line("[1] x\r\n");
	mux_tick(&mux, 0);
	mux_tick(&mux, MUX_PAUSE_NS);
	assert_string_equal(sent(), "\r\n[1] x\r\n");
	mux.attached = NULL;
	guest(&a, "more");
	assert_string_equal(sent(), "");
}

/*
 * The log waits for the rest of a guest's line if the rest is in the ring already, and no
 * longer.
 */
static void test_attached_line_stays_whole(void **state)
{
	(void)state;
	mux.attached = &a;
	guest(&a, "PASS 1\n");
	assert_int_equal(mux_take(&mux, output, 2), 2);
	log_line("[1] x\r\n");
	assert_string_equal(sent(), "SS 1\n[1] x\r\n");
	/*
	 * The log waits MUX_PAUSE_NS for a guest that pauses within a line, and MUX_TURN
	 * bytes for one that goes on.
	 */
	mux_tick(&mux, 0);
	mux_tick(&mux, 1000);
	guest(&a, "login: ");
	assert_string_equal(sent(), "login: ");
	log_line("[2] y\r\n");
	mux_tick(&mux, 1000);
	mux_tick(&mux, 1000 + MUX_PAUSE_NS - 1);
	assert_string_equal(sent(), "");
	mux_tick(&mux, 1000 + MUX_PAUSE_NS);
	assert_string_equal(sent(), "\r\n[2] y\r\n");
	guest(&a, "x");
	assert_string_equal(sent(), "x");
	log_line("[3] z\r\n");
	for (unsigned i = 0; i < MUX_TURN; i++)
		guest(&a, "x");
	assert_non_null(strstr(sent(), "x\r\n[3] z\r\n"));
}

static void test_mix(void **state)
{
	(void)state;
	mux.mix = true;
	guest(&a, "one\r\ntw");
	guest(&b, "uno\r\ndos\r\n");
	assert_string_equal(sent(), "[a] one\r\n[b] uno\r\n[b] dos\r\n");
	guest(&a, "o\r\n");
	assert_string_equal(sent(), "[a] two\r\n");
	guest(&a, "\x1b[2J\x07x\r\n");
	assert_string_equal(sent(), "[a] [2Jx\r\n");
}

/*
 * If a guest's line interrupts the prompt, the prompt is shown again. A guest's long line
 * is cut.
 */
static void test_mix_and_prompt(void **state)
{
	char text[600];

	(void)state;
	mux.mix = true;
	mux.shell_idle = true;
	shell("ashlar> ");
	sent();
	guest(&a, "one\r\n");
	assert_string_equal(sent(), "\r\n[a] one\r\nashlar> ");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	guest(&a, text);
	sent();
	assert_int_equal(strlen(output), 2 + 4 + 256 + 2 + 4 + 256 + 2 + strlen("ashlar> "));
}

static void test_forgets_and_says_so(void **state)
{
	(void)state;
	for (u32 i = 0; i < sizeof(a.text) + 3; i++)
		mux_put_guest(&mux, &a, (char)('0' + i % 10));
	mux.attached = &a;
	sent();
	assert_memory_equal(output, "[a: 3 bytes are lost]\r\n3456", 27);
	assert_int_equal(strlen(output), 23 + sizeof(a.text));
}

/* Only a guest that is shown must wait, from MUX_HIGH to MUX_LOW. */
static void test_wait(void **state)
{
	u32 count = 0;

	(void)state;
	for (u32 i = 0; i < 2 * MUX_HIGH; i++)
		assert_false(mux_put_guest(&mux, &a, 'x'));
	mux.attached = &b;
	while (!mux_put_guest(&mux, &b, 'x'))
		count++;
	assert_int_equal(count, MUX_HIGH - 1);
	while (mux_update_wait(&mux, &b))
		assert_int_equal(mux_take(&mux, output, 1), 1);
	assert_int_equal(b.written - b.sent, MUX_LOW);
	while (!mux_put_guest(&mux, &b, 'x'))
		;
	mux.attached = NULL;
	assert_false(mux_update_wait(&mux, &b));
}

/* A guest that always has output stops neither the shell, nor the log, nor another guest. */
static void test_flood(void **state)
{
	(void)state;
	mux.mix = true;
	mux.attached = &a;
	for (unsigned i = 0; i < 100; i++)
		guest(&a, "no line end, for ever; ");
	guest(&b, "hello\r\n");
	mux_take(&mux, output, 100);
	shell("ok\r\n");
	log_line("[1] x\r\n");
	output[mux_take(&mux, output, 600)] = '\0';
	assert_memory_equal(output, "\r\nok\r\n[1] x\r\n", 13);
	assert_non_null(strstr(output, "[b] hello\r\n"));
}

static void test_log_overflow(void **state)
{
	char line[130];

	(void)state;
	memset(line, 'x', 126);
	strcpy(line + 126, "\r\n");
	for (unsigned i = 0; i < 70; i++)
		log_line(line);
	assert_int_equal(strlen(sent()), 64 * 128);
	log_line("[1] x\r\n");
	assert_string_equal(sent(), "[6 lines are only in the log]\r\n[1] x\r\n");
}

static void test_ring_read(void **state)
{
	char text[32];
	u64 position = 0;

	(void)state;
	guest(&a, "abc");
	assert_int_equal(mux_ring_read(&a, &position, text, 2), 2);
	assert_memory_equal(text, "ab", 2);
	assert_int_equal(mux_ring_read(&a, &position, text, sizeof(text)), 1);
	for (u32 i = 0; i < 2 * sizeof(a.text); i++)
		mux_put_guest(&mux, &a, (char)('0' + i % 10));
	mux_ring_read(&a, &position, text, 1);
	assert_int_equal(position, a.written - sizeof(a.text) + 1);
}

/*
 * Random input: the shell's text and the log's lines arrive whole and in order, whatever
 * guests write.
 */
static void test_noise(void **state)
{
	static char want[200000], got[400000];
	size_t wanted = 0, shown = 0, taken = 0;
	u32 random = 1;

	(void)state;
	for (unsigned round = 0; round < 200000 && wanted < sizeof(want) - 16; round++) {
		random = random * 1664525 + 1013904223;
		switch (random >> 29) {
		case 0:
			if (mux.shell.count < MUX_SHELL_SIZE - 16 && (random >> 20) % 8 == 0) {
				wanted += (size_t)sprintf(want + wanted, "S%u\r\n", round);
				shell(strrchr(want, 'S'));
			}
			break;
		case 1:
			mux.attached = (struct mux_ring *[]){NULL, &a, &b}[(random >> 20) % 3];
			break;
		case 2:
			mux.mix = (random >> 20) & 1;
			break;
		case 3:
			mux.shell_idle = (random >> 20) & 1;
			break;
		case 4:
			mux_put_guest(&mux, &a, (random >> 20) % 3 ? 's' : '\n');
			break;
		case 5:
			mux_put_guest(&mux, &b, (char)(0x80 | (random >> 20)));
			break;
		default:
			taken = mux_take(&mux, output, (random >> 20) % 32);
			for (size_t i = 0; i < taken; i++)
				if (strchr("S0123456789", output[i]) && output[i])
					got[shown++] = output[i];
		}
		assert_true(a.written - a.sent <= sizeof(a.text));
	}
	mux.attached = NULL;
	mux.mix = false;
	sent();
	for (char *c = output; *c; c++)
		if (strchr("S0123456789", *c))
			got[shown++] = *c;
	/* A note about lost bytes has digits too, but nothing is lost in this test. */
	size_t at = 0;
	for (size_t i = 0; i < wanted; i++)
		if (strchr("S0123456789", want[i]))
			assert_int_equal(got[at++], want[i]);
	assert_int_equal(at, shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_shell_line_comes_back, begin),
		cmocka_unit_test_setup(test_lines_stay_whole, begin),
		cmocka_unit_test_setup(test_attached, begin),
		cmocka_unit_test_setup(test_attached_line_stays_whole, begin),
		cmocka_unit_test_setup(test_mix, begin),
		cmocka_unit_test_setup(test_mix_and_prompt, begin),
		cmocka_unit_test_setup(test_forgets_and_says_so, begin),
		cmocka_unit_test_setup(test_wait, begin),
		cmocka_unit_test_setup(test_flood, begin),
		cmocka_unit_test_setup(test_log_overflow, begin),
		cmocka_unit_test_setup(test_ring_read, begin),
		cmocka_unit_test_setup(test_noise, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
