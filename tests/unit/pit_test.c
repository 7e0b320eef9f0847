/* SPDX-License-Identifier: BSD-2-Clause */
/* The 8254, compared with a counter that is clocked pulse by pulse, and with its data sheet. */
#include <stdlib.h>

#include "tests/unit/test.h"

#include "drivers/virt/clock.h"
#include "drivers/virt/pit.h"
#include "tests/unit/pit_reference.h"

enum { C0, C1, C2, CW };

static struct pit pit;

static u64 at(u64 tick)
{
	return clock_ns(tick, PIT_HZ);
}

static int setup(void **state)
{
	(void)state;
	pit_reset(&pit, 0);
	return 0;
}

static u16 to_bcd(u32 value)
{
	return value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 | value / 1000 % 10 << 12;
}

static void program(unsigned channel, unsigned mode, u16 count, u64 tick)
{
	pit_write(&pit, CW, channel << 6 | 0x30 | mode << 1, at(tick));
	pit_write(&pit, channel, count & 0xff, at(tick));
	pit_write(&pit, channel, count >> 8, at(tick));
}

static u16 read_latched(unsigned channel, u64 tick)
{
	u16 low;

	pit_write(&pit, CW, channel << 6, at(tick));
	low = pit_read(&pit, channel, at(tick));
	return low | pit_read(&pit, channel, at(tick)) << 8;
}

static void clock_is_exact(void **state)
{
	(void)state;
	for (u64 tick = 0; tick < 3000000; tick += 977) {
		u64 ns = clock_ns(tick, PIT_HZ);

		assert_int_equal(clock_ticks(ns, PIT_HZ), tick);
		if (ns > 0)
			assert_int_equal(clock_ticks(ns - 1, PIT_HZ), tick - 1);
	}
	assert_int_equal(clock_ticks(3600ULL * 24 * 1000000000, PIT_HZ), 3600ULL * 24 * PIT_HZ);
	assert_int_equal(clock_ns(UINT64_MAX, PIT_HZ), CLOCK_NONE);
}

static void firmware_tick(void **state)
{
	(void)state;
	assert_true(pit_output(&pit));
	assert_int_equal(pit_deadline(&pit), at(1 + 65536));
	assert_int_equal(pit_advance(&pit, at(1 + 65536) - 1), 0);
	assert_false(pit_output(&pit));
	assert_int_equal(pit_advance(&pit, at(1 + 65536)), 1);
	assert_true(pit_output(&pit));
}

static void coalesces_any_jump(void **state)
{
	u64 year = 365ULL * 24 * 3600 * PIT_HZ;

	(void)state;
	program(0, 2, 100, 0);
	assert_int_equal(pit_advance(&pit, at(1 + year)), year / 100);
	assert_int_equal(pit_advance(&pit, at(1 + year)), 0);
	assert_int_equal(pit_advance(&pit, UINT64_MAX) > 0, true);
	pit_advance(&pit, 0); /* a time that goes back has no effect */
}

static void latch_stands_until_read(void **state)
{
	(void)state;
	program(0, 2, 1000, 0);
	pit_write(&pit, CW, 0x00, at(101));
	pit_write(&pit, CW, 0x00, at(201)); /* no effect */
	assert_int_equal(pit_read(&pit, C0, at(301)), 900 & 0xff);
	assert_int_equal(pit_read(&pit, C0, at(301)), 900 >> 8);
	assert_int_equal(read_latched(C0, 401), 600);
	assert_int_equal(pit_read(&pit, C0, at(501)), 500 & 0xff); /* live again */
	assert_int_equal(pit_read(&pit, C0, at(501)), 500 >> 8);
}

static void single_byte_access(void **state)
{
	(void)state;
	pit_write(&pit, CW, 0x14, 0); /* low byte, mode 2 */
	pit_write(&pit, C0, 200, 0);
	assert_int_equal(pit_read(&pit, C0, at(51)), 150);
	assert_int_equal(pit_read(&pit, C0, at(52)), 149);
	pit_write(&pit, CW, 0x24, at(52)); /* high byte, mode 2 */
	pit_write(&pit, C0, 0x10, at(52));
	assert_int_equal(pit_read(&pit, C0, at(53)), 0x10);
	assert_int_equal(pit_read(&pit, C0, at(54)), 0x0f);
	assert_int_equal(pit_read(&pit, CW, 0), 0xff);
}

static void read_back(void **state)
{
	(void)state;
	program(0, 3, 1000, 0);
	pit_write(&pit, CW, 0xc2, at(101)); /* status and count of channel 0 */
	assert_int_equal(pit_read(&pit, C0, at(150)), 0x80 | 0x36);
	assert_int_equal(pit_read(&pit, C0, at(150)), 800 & 0xff);
	assert_int_equal(pit_read(&pit, C0, at(150)), 800 >> 8);
	pit_write(&pit, CW, 0xe2, at(600)); /* status only */
	assert_int_equal(pit_read(&pit, C0, at(600)), 0x36);
	pit_write(&pit, C0, 10, at(600));
	pit_write(&pit, C0, 0, at(600));
	pit_write(&pit, CW, 0xe2, at(600));
	assert_int_equal(pit_read(&pit, C0, at(600)), 0x40 | 0x36); /* null count */
	pit_write(&pit, CW, 0xe2, at(1001));
	assert_int_equal(pit_read(&pit, C0, at(1001)), 0x80 | 0x36);
	pit_write(&pit, CW, 0x3e, at(1002)); /* mode 7 is mode 3 and reads as written */
	pit_write(&pit, CW, 0xe2, at(1002));
	assert_int_equal(pit_read(&pit, C0, at(1002)), 0xc0 | 0x3e);
}

/* Linux's way to calibrate the TSC. */
static void port61(void **state)
{
	(void)state;
	pit_port61_write(&pit, 0x01, 0);
	pit_write(&pit, CW, 0xb0, 0);
	pit_write(&pit, C2, 0xff, 0);
	pit_write(&pit, C2, 0xff, 0);
	assert_int_equal(pit_port61_read(&pit, 0) & 0x2f, 0x01);
	assert_int_equal(pit_port61_read(&pit, at(1 + 0xffff) - 1) & 0x20, 0);
	assert_int_equal(pit_port61_read(&pit, at(1 + 0xffff)) & 0x20, 0x20);
	pit_port61_write(&pit, 0xfe, at(70000));
	assert_int_equal(pit_port61_read(&pit, at(70000)) & 0x0f, 0x0e);
}

/* In mode 0 the first half of a count stops the counter and makes OUT low. */
static void half_a_count(void **state)
{
	(void)state;
	program(0, 0, 100, 0);
	pit_advance(&pit, at(201));
	assert_true(pit_output(&pit));
	pit_write(&pit, C0, 50, at(201));
	assert_false(pit_output(&pit));
	pit_advance(&pit, at(100000));
	assert_false(pit_output(&pit));
	assert_int_equal(pit_deadline(&pit), CLOCK_NONE);
	pit_write(&pit, C0, 0, at(100000));
	assert_int_equal(pit_deadline(&pit), at(100051));
}

static void refresh_toggles(void **state)
{
	int changes = 0;
	u8 last = pit_port61_read(&pit, 0) & 0x10;

	(void)state;
	for (u64 tick = 1; tick <= 1800; tick++) {
		u8 now = pit_port61_read(&pit, at(tick)) & 0x10;

		changes += now != last;
		last = now;
	}
	assert_int_equal(changes, 100);
}

static void illegal_counts_do_no_harm(void **state)
{
	(void)state;
	for (unsigned mode = 2; mode <= 3; mode++) {
		program(0, mode, 1, 0);
		pit_advance(&pit, at(1000));
		assert_int_equal(pit_deadline(&pit), CLOCK_NONE);
	}
	pit_write(&pit, CW, 0x35, at(2000)); /* BCD, mode 2, nibbles above nine */
	pit_write(&pit, C0, 0xff, at(2000));
	pit_write(&pit, C0, 0xff, at(2000));
	assert_int_equal(pit_deadline(&pit), at(2001 + 16665));
}

/* --- The random comparison: channels 0 and 2 and two clocked counters. */

static struct reference refs[3];
static u64 tick;

static void check_counter(unsigned channel)
{
	struct reference *ref = &refs[channel];
	u16 expected = ref->range == 10000 ? to_bcd(ref->ce) : ref->ce;

	if (ref->running && !ref->load)
		assert_int_equal(read_latched(channel, tick), expected);
	pit_write(&pit, CW, 0xe0 | 2 << channel, at(tick));
	assert_int_equal(pit_read(&pit, channel, at(tick)) >> 7, ref->out);
}

static u32 random_count(unsigned mode, bool bcd)
{
	u32 least = mode == 2 || mode == 3 ? 2 : 1;

	switch (rand() % 8) {
	case 0:
		return 0;
	case 1:
		return bcd ? 9999 : 65535;
	default:
		return least + rand() % 60;
	}
}

static u64 pending_rises;

static void note_rise(unsigned channel, bool before)
{
	pending_rises += channel == 0 && !before && refs[0].out;
}

static void random_operation(void)
{
	unsigned channel = rand() % 2 * 2;
	struct reference *ref = &refs[channel];
	bool bcd = ref->range == 10000;
	bool before = ref->out;
	u32 count;

	switch (rand() % 8) {
	case 0:
		bcd = rand() % 4 == 0;
		reference_program(ref, rand() % 6, bcd);
		pit_write(&pit, CW, channel << 6 | 0x30 | ref->mode << 1 | bcd, at(tick));
		break;
	case 1:
	case 2:
	case 3:
		count = random_count(ref->mode, bcd);
		reference_half_write(ref);
		reference_write(ref, count);
		count = bcd ? to_bcd(count) : count;
		pit_write(&pit, channel, count & 0xff, at(tick));
		pit_write(&pit, channel, count >> 8, at(tick));
		break;
	case 4:
	case 5:
		reference_gate(&refs[2], !refs[2].gate);
		pit_port61_write(&pit, refs[2].gate, at(tick));
		break;
	}
	note_rise(channel, before);
}

static u64 clock_references(u64 ticks)
{
	u64 first_rise = CLOCK_NONE;

	for (u64 i = 1; i <= ticks; i++) {
		bool before = refs[0].out;

		reference_clock(&refs[0]);
		reference_clock(&refs[2]);
		note_rise(0, before);
		if (!before && refs[0].out && first_rise == CLOCK_NONE)
			first_rise = tick + i;
	}
	return first_rise;
}

static void random_step(void)
{
	u64 jump = rand() % 16 == 0 ? (u64)rand() % 100000 : (u64)rand() % 130 + 1;
	u64 deadline, first_rise;

	for (int n = rand() % 3; n > 0; n--)
		random_operation();
	deadline = pit_deadline(&pit);
	first_rise = clock_references(jump);
	tick += jump;
	if (first_rise != CLOCK_NONE)
		assert_int_equal(deadline, at(first_rise));
	else
		assert_true(deadline > at(tick));
	if (jump == 0)
		return;
	assert_int_equal(pit_advance(&pit, at(tick)), pending_rises);
	pending_rises = 0;
	assert_int_equal(pit_output(&pit), refs[0].out);
	check_counter(0);
	check_counter(2);
}

static void agrees_with_the_clocked_counter(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 200; round++) {
		pit_reset(&pit, 0);
		tick = 0;
		pending_rises = 0;
		refs[0].gate = true;
		refs[2].gate = false;
		for (unsigned channel = 0; channel <= 2; channel += 2) {
			reference_program(&refs[channel], 4, false);
			pit_write(&pit, CW, channel << 6 | 0x38, 0);
		}
		for (int i = 0; i < 200; i++)
			random_step();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(clock_is_exact, setup),
		cmocka_unit_test_setup(firmware_tick, setup),
		cmocka_unit_test_setup(coalesces_any_jump, setup),
		cmocka_unit_test_setup(latch_stands_until_read, setup),
		cmocka_unit_test_setup(single_byte_access, setup),
		cmocka_unit_test_setup(read_back, setup),
		cmocka_unit_test_setup(port61, setup),
		cmocka_unit_test_setup(half_a_count, setup),
		cmocka_unit_test_setup(refresh_toggles, setup),
		cmocka_unit_test_setup(illegal_counts_do_no_harm, setup),
		cmocka_unit_test_setup(agrees_with_the_clocked_counter, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
