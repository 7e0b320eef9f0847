/* SPDX-License-Identifier: BSD-2-Clause */
/* The MC146818 compared with its data sheet, and its calendar with the C library's. */
#include <stdlib.h>
#include <time.h>

#include "tests/unit/test.h"

#include "drivers/virt/clock.h"
#include "drivers/virt/rtc.h"

#define SECOND 1000000000ULL
#define MS     1000000ULL

static struct rtc rtc;

static void init(u64 epoch)
{
	const struct rtc_setup rtc_setup = {
		.epoch_seconds = epoch,
		.memory_below_4g = 3ULL << 30,
		.memory_above_4g = 5ULL << 30,
	};

	rtc_init(&rtc, &rtc_setup, 0);
}

/* 2024-02-28 23:59:58 UTC, a Wednesday */
static int setup(void **state)
{
	(void)state;
	init(1709164798);
	return 0;
}

static u8 get(u8 place, u64 now)
{
	rtc_write(&rtc, RTC_INDEX, place, now);
	return rtc_read(&rtc, RTC_DATA, now);
}

static void put(u8 place, u8 value, u64 now)
{
	rtc_write(&rtc, RTC_INDEX, place, now);
	rtc_write(&rtc, RTC_DATA, value, now);
}

static void check_time(u64 now, const u8 expected[8])
{
	static const u8 places[] = {0x32, 0x09, 0x08, 0x07, 0x06, 0x04, 0x02, 0x00};

	for (int i = 0; i < 8; i++)
		assert_int_equal(get(places[i], now), expected[i]);
}

static void tells_the_time(void **state)
{
	(void)state;
	check_time(0, (u8[]){0x20, 0x24, 0x02, 0x28, 4, 0x23, 0x59, 0x58});
	check_time(SECOND - 1, (u8[]){0x20, 0x24, 0x02, 0x28, 4, 0x23, 0x59, 0x58});
	check_time(SECOND, (u8[]){0x20, 0x24, 0x02, 0x28, 4, 0x23, 0x59, 0x59});
	check_time(2 * SECOND, (u8[]){0x20, 0x24, 0x02, 0x29, 5, 0, 0, 0});
	check_time(86402 * SECOND, (u8[]){0x20, 0x24, 0x03, 0x01, 6, 0, 0, 0});
}

static u8 bcd(int value)
{
	return value % 10 | value / 10 % 10 << 4;
}

static void agrees_with_gmtime(void **state)
{
	const u64 year_10000 = 253402300800ULL;

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		u64 jump = (u64)rand() * 4;
		u64 start = ((u64)rand() << 10 | (rand() & 1023)) % (year_10000 - jump);
		time_t epoch = start + jump;
		struct tm tm;

		gmtime_r(&epoch, &tm);
		init(start);
		check_time(jump * SECOND,
			   (u8[]){bcd((tm.tm_year + 1900) / 100), bcd(tm.tm_year % 100),
				  bcd(tm.tm_mon + 1), bcd(tm.tm_mday), tm.tm_wday + 1,
				  bcd(tm.tm_hour), bcd(tm.tm_min), bcd(tm.tm_sec)});
	}
}

static void set_time(const u8 values[8], u8 b, u64 now)
{
	static const u8 places[] = {0x32, 0x09, 0x08, 0x07, 0x06, 0x04, 0x02, 0x00};

	put(0x0b, 0x80 | b, now);
	for (int i = 0; i < 8; i++)
		put(places[i], values[i], now);
	put(0x0b, b, now);
}

static void binary_and_twelve_hours(void **state)
{
	(void)state;
	set_time((u8[]){19, 99, 12, 31, 6, 0x80 | 11, 59, 59}, 0x04, 0);
	check_time(SECOND, (u8[]){20, 0, 1, 1, 7, 12, 0, 0}); /* midnight is 12 AM */
	set_time((u8[]){20, 99, 12, 31, 5, 0x80 | 11, 59, 59}, 0x04, SECOND);
	check_time(2 * SECOND, (u8[]){21, 0, 1, 1, 6, 12, 0, 0});
	check_time(12 * 3600 * SECOND, (u8[]){21, 0, 1, 1, 6, 11, 59, 58});
	check_time((12 * 3600 + 2) * SECOND, (u8[]){21, 0, 1, 1, 6, 0x8c, 0, 0});
	set_time((u8[]){0x20, 0x25, 0x09, 0x09, 3, 0x09, 0x59, 0x59}, 0x00, 43203 * SECOND);
	check_time(43204 * SECOND, (u8[]){0x20, 0x25, 0x09, 0x09, 3, 0x10, 0x00, 0x00});
	check_time(129603 * SECOND, (u8[]){0x20, 0x25, 0x09, 0x10, 4, 0x09, 0x59, 0x59});
}

static void set_holds_the_calendar(void **state)
{
	(void)state;
	put(0x0b, 0x92, 0);
	assert_int_equal(get(0x0b, 0), 0x82); /* SET clears UIE */
	assert_int_equal(get(0x00, 10 * SECOND), 0x58);
	assert_int_equal(get(0x0c, 10 * SECOND) & 0x10, 0);
	put(0x0b, 0x02, 10 * SECOND);
	assert_int_equal(get(0x00, 11 * SECOND), 0x59);
}

/* UIP 244 us before the update, which takes 1984 us. */
static void update_in_progress(void **state)
{
	(void)state;
	assert_int_equal(get(0x0a, 0), 0x26);
	assert_int_equal(get(0x0a, SECOND - 2228001), 0x26);
	assert_int_equal(get(0x0a, SECOND - 2228000), 0xa6);
	assert_int_equal(get(0x0a, SECOND - 1), 0xa6);
	assert_int_equal(get(0x0a, SECOND), 0x26);
	put(0x0b, 0x82, SECOND);
	assert_int_equal(get(0x0a, 2 * SECOND - 1), 0x26);
}

static void divider_reset(void **state)
{
	(void)state;
	put(0x0a, 0x76, 0);
	assert_int_equal(get(0x00, 5 * SECOND), 0x58);
	put(0x0a, 0x26, 5 * SECOND);
	assert_int_equal(get(0x00, 5 * SECOND + 500 * MS - 1), 0x58);
	assert_int_equal(get(0x00, 5 * SECOND + 500 * MS), 0x59);
}

static void update_interrupt(void **state)
{
	(void)state;
	assert_int_equal(rtc_deadline(&rtc), CLOCK_NONE);
	put(0x0b, 0x12, 0);
	assert_int_equal(rtc_deadline(&rtc), SECOND);
	rtc_advance(&rtc, SECOND - 1);
	assert_false(rtc_irq(&rtc));
	rtc_advance(&rtc, SECOND);
	assert_true(rtc_irq(&rtc));
	assert_int_equal(rtc_deadline(&rtc), CLOCK_NONE);
	assert_int_equal(get(0x0c, SECOND) & 0xb0, 0x90);
	assert_false(rtc_irq(&rtc));
	assert_int_equal(get(0x0c, SECOND), 0);
	assert_int_equal(rtc_deadline(&rtc), 2 * SECOND);
}

/* The flag is set without its enable bit. If the enable bit follows, no new event is needed. */
static void flags_without_enable(void **state)
{
	(void)state;
	rtc_advance(&rtc, SECOND);
	assert_false(rtc_irq(&rtc));
	put(0x0b, 0x12, SECOND);
	assert_true(rtc_irq(&rtc));
	assert_int_equal(get(0x0c, SECOND), 0xd0);
}

static void periodic_interrupt(void **state)
{
	static const struct {
		u8 rate;
		u32 hz;
	} rows[] = {{1, 256}, {2, 128}, {3, 8192}, {6, 1024}, {15, 2}};

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		u64 now = 0;
		u32 count = 0;

		setup(NULL);
		put(0x0a, 0x20 | rows[i].rate, 0);
		put(0x0b, 0x42, 0);
		while (rtc_deadline(&rtc) <= SECOND) {
			now = rtc_deadline(&rtc);
			rtc_advance(&rtc, now - 1);
			assert_false(rtc_irq(&rtc));
			rtc_advance(&rtc, now);
			assert_true(rtc_irq(&rtc));
			assert_int_equal(get(0x0c, now) & 0xc0, 0xc0);
			count++;
		}
		assert_int_equal(count, rows[i].hz);
		assert_int_equal(now, SECOND);
	}
	put(0x0a, 0x20, SECOND); /* rate 0: none */
	assert_int_equal(rtc_deadline(&rtc), CLOCK_NONE);
}

/* From 23:59:58. */
static void alarm_interrupt(void **state)
{
	static const struct {
		u8 hours, minutes, seconds;
		u64 wait; /* seconds, 0: never */
	} rows[] = {
		{0x00, 0x00, 0x00, 2},	  {0xff, 0xff, 0xff, 1},  {0x23, 0x59, 0x58, 86400},
		{0xc0, 0x30, 0x00, 1802}, {0xff, 0xff, 0x30, 32}, {0x12, 0xff, 0xff, 12 * 3600 + 2},
		{0x23, 0x59, 0xff, 1},	  {0x00, 0x77, 0x00, 0},  {0x00, 0x00, 0x6f, 0},
		{0x24, 0x00, 0x00, 0},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		u64 when = rows[i].wait ? rows[i].wait * SECOND : CLOCK_NONE;

		setup(NULL);
		put(5, rows[i].hours, 0);
		put(3, rows[i].minutes, 0);
		put(1, rows[i].seconds, 0);
		put(0x0b, 0x22, 0);
		assert_int_equal(rtc_deadline(&rtc), when);
		rtc_advance(&rtc, rows[i].wait ? when - 1 : 200000 * SECOND);
		assert_false(rtc_irq(&rtc));
		if (!rows[i].wait)
			continue;
		rtc_advance(&rtc, when + 3 * 86400 * SECOND); /* a late look does not miss it */
		assert_true(rtc_irq(&rtc));
		assert_int_equal(get(0x0c, when) & 0xa0, 0xa0);
	}
}

static void memory_sizes(void **state)
{
	(void)state;
	assert_int_equal(get(0x15, 0) | get(0x16, 0) << 8, 640);
	assert_int_equal(get(0x17, 0) | get(0x18, 0) << 8, 0xffff);
	assert_int_equal(get(0x30, 0) | get(0x31, 0) << 8, 0xffff);
	assert_int_equal(get(0x34, 0) | get(0x35, 0) << 8, ((3 << 10) - 16) * 16);
	assert_int_equal(get(0x5b, 0) | get(0x5c, 0) << 8 | get(0x5d, 0) << 16, 5 << 14);
}

static void memory_keeps(void **state)
{
	(void)state;
	put(0x0f, 0x0a, 0);
	put(0x80 | 0x7f, 0x55, 0);
	assert_int_equal(rtc_read(&rtc, RTC_INDEX, 0), 0xff);
	assert_int_equal(get(0x7f, 0), 0x55);
	put(0x0d, 0x00, 0);
	assert_int_equal(get(0x0d, 0), 0x80);
	assert_int_equal(get(0x0f, SECOND), 0x0a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(tells_the_time, setup),
		cmocka_unit_test_setup(agrees_with_gmtime, setup),
		cmocka_unit_test_setup(binary_and_twelve_hours, setup),
		cmocka_unit_test_setup(set_holds_the_calendar, setup),
		cmocka_unit_test_setup(update_in_progress, setup),
		cmocka_unit_test_setup(divider_reset, setup),
		cmocka_unit_test_setup(update_interrupt, setup),
		cmocka_unit_test_setup(flags_without_enable, setup),
		cmocka_unit_test_setup(periodic_interrupt, setup),
		cmocka_unit_test_setup(alarm_interrupt, setup),
		cmocka_unit_test_setup(memory_sizes, setup),
		cmocka_unit_test_setup(memory_keeps, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
