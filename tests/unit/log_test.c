/* SPDX-License-Identifier: BSD-2-Clause */
/* test-sources: core/base/log.c */
/* The log: printed lines, kept lines, and the text that a reader of the ring gets. */
#include <string.h>

#include "tests/unit/test.h"

#include "core/base/log.h"

static char printed[1024];
static size_t printed_size;

static void print(const char *text, size_t size)
{
	assert_true(size <= sizeof(printed) - printed_size - 1);
	memcpy(printed + printed_size, text, size);
	printed_size += size;
	printed[printed_size] = '\0';
}

static u64 clock_now(void)
{
	return 12345678901ULL;
}

static int begin(void **state)
{
	(void)state;
	printed_size = 0;
	printed[0] = '\0';
	log_set_output(print);
	log_set_clock(clock_now);
	log_set_level(LOG_INFO);
	return 0;
}

static void test_line(void **state)
{
	(void)state;
	log_write(LOG_INFO, "cpu%u: hello", 3);
	assert_string_equal(printed, "[   12.345678] cpu3: hello\r\n");
}

static void test_levels(void **state)
{
	(void)state;
	log_set_level(LOG_ERROR);
	log_write(LOG_WARN, "not seen");
	log_write(LOG_ERROR, "seen");
	log_write(LOG_FATAL, "last");
	assert_string_equal(printed, "[   12.345678] error: seen\r\n[   12.345678] last\r\n");
	printed_size = 0;
	log_set_level(LOG_DEBUG);
	log_write(LOG_WARN, "w");
	log_write(LOG_DEBUG, "d");
	assert_string_equal(printed, "[   12.345678] warning: w\r\n[   12.345678] d\r\n");
}

static char shown[128];

static void show(const char *text, size_t size)
{
	strncat(shown, text, size);
}

/* The screen has a level of its own within the log's. A late output gets the earlier lines. */
static void test_screen(void **state)
{
	static char all[64 * 1024];
	u64 position = 0;

	(void)state;
	while (log_read(&position, all, sizeof(all)) != 0)
		;
	shown[0] = '\0';
	log_set_screen(show, LOG_ERROR);
	log_write(LOG_INFO, "line only");
	log_write(LOG_ERROR, "both");
	assert_string_equal(shown, "[   12.345678] error: both\r\n");
	log_set_screen(show, LOG_DEBUG);
	log_write(LOG_DEBUG, "neither");
	assert_string_equal(shown, "[   12.345678] error: both\r\n");
	log_set_screen(NULL, LOG_DEBUG);
	printed_size = 0;
	log_replay(print);
	assert_non_null(strstr(printed, "[   12.345678] line only\r\n[   12.345678] error: both\r\n"
					"[   12.345678] neither\r\n"));
}

static void test_long_line_is_cut(void **state)
{
	char text[400];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_write(LOG_INFO, "%s", text);
	assert_int_equal(printed_size, 255 + 2);
	assert_memory_equal(printed, "[   12.345678] xxx", 18);
	assert_string_equal(printed + printed_size - 3, "x\r\n");
}

/* Reads the whole ring from position, in pieces of an odd size. */
static size_t read_all(u64 *position, char *text, size_t size)
{
	size_t count = 0, got;

	while ((got = log_read(position, text + count, 37)) != 0) {
		count += got;
		assert_true(count + 37 < size);
	}
	text[count] = '\0';
	return count;
}

static void test_ring(void **state)
{
	static char text[64 * 1024];
	u64 position = 0;

	(void)state;
	read_all(&position, text, sizeof(text));
	log_set_level(LOG_ERROR);
	log_write(LOG_DEBUG, "kept");
	assert_int_equal(printed_size, 0);
	read_all(&position, text, sizeof(text));
	assert_string_equal(text, "[   12.345678] kept\n");
	assert_int_equal(log_read(&position, text, 10), 0);
}

/* A reader that was overtaken gets all of the newest bytes. */
static void test_ring_overtakes(void **state)
{
	static char text[64 * 1024];
	u64 position = 0;
	size_t count;

	(void)state;
	log_set_output(NULL);
	for (unsigned i = 0; i < 5000; i++)
		log_write(LOG_INFO, "line %u", i);
	count = read_all(&position, text, sizeof(text));
	assert_int_equal(count, 32 * 1024);
	assert_string_equal(text + count - 10, "line 4999\n");
	assert_non_null(strstr(text, "line 4000\n"));
	assert_null(strstr(text, "line 100\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_line, begin),
		cmocka_unit_test_setup(test_levels, begin),
		cmocka_unit_test_setup(test_screen, begin),
		cmocka_unit_test_setup(test_long_line_is_cut, begin),
		cmocka_unit_test_setup(test_ring, begin),
		cmocka_unit_test_setup(test_ring_overtakes, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
