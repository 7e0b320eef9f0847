/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual LAPIC's timer, compared with SDM 3A "APIC Timer" and "TSC-Deadline Mode". */
#include "tests/unit/vlapic_rig.h"

enum { VECTOR = 0x40, PERIODIC = 0x20000, TSC_DEADLINE = 0x40000, MASKED = 0x10000 };

static void start(u32 mode, u32 divide, u32 count)
{
	fresh();
	wr(APIC_REG_LVT_TIMER, mode | VECTOR);
	wr(APIC_REG_TIMER_DIVIDE, divide);
	wr(APIC_REG_TIMER_INITIAL, count);
	assert_int_equal(fx.what, VLAPIC_TIMER_MOVED);
}

static bool fires(u64 at)
{
	now = at;
	vlapic_timer_expire(&v, now);
	bool fired = take() == VECTOR;
	if (fired)
		eoi();
	return fired;
}

static void divisors(void **state)
{
	(void)state;
	static const struct {
		u32 dcr, divisor;
	} table[] = {{0x0, 2},	{0x1, 4},  {0x2, 8},   {0x3, 16},
		     {0x8, 32}, {0x9, 64}, {0xa, 128}, {0xb, 1}};
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		start(0, table[i].dcr, 1000000);
		assert_int_equal(vlapic_timer_deadline(&v), 1000 + 1000000ULL * table[i].divisor);
		now = 1000 + 250000ULL * table[i].divisor;
		assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 750000);
		now++;
		assert_int_equal(rd(APIC_REG_TIMER_CURRENT),
				 table[i].divisor == 1 ? 749999 : 750000);
	}
	start(0, 0xa, 0xffffffff);
	assert_int_equal(vlapic_timer_deadline(&v), 1000 + 0xffffffffULL * 128);
}

static void one_shot(void **state)
{
	(void)state;
	start(0, 0xb, 5000);
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 5000);
	assert_false(fires(5999));
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 1);
	now = 6000;
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 0);
	assert_true(fires(6000));
	assert_int_equal(vlapic_timer_deadline(&v), VLAPIC_NEVER);
	assert_false(fires(60000));
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 0);
	assert_int_equal(rd(APIC_REG_TIMER_INITIAL), 5000);
	wr(APIC_REG_TIMER_INITIAL, 700);
	wr(APIC_REG_TIMER_INITIAL, 0); /* stops */
	assert_int_equal(vlapic_timer_deadline(&v), VLAPIC_NEVER);
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 0);
}

static void periodic(void **state)
{
	(void)state;
	start(PERIODIC, 0xb, 100000);
	assert_true(fires(101000));
	assert_int_equal(vlapic_timer_deadline(&v), 201000);
	now = 201000 + 30000; /* past the deadline, but not yet handled: the count goes on */
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 70000);
	assert_true(fires(now));
	assert_int_equal(vlapic_timer_deadline(&v), 301000); /* the phase is kept */
	assert_true(fires(301000 + 5 * 100000 + 1)); /* several periods at once are one interrupt */
	assert_false(fires(now));
	assert_int_equal(vlapic_timer_deadline(&v), 901000);
}

/* A period of 1 ns must not stop the owner from running. */
static void periodic_storm(void **state)
{
	(void)state;
	start(PERIODIC, 0xb, 1);
	assert_true(fires(1001));
	assert_true(vlapic_timer_deadline(&v) >= now + 10000);
	assert_true(fires(1002));
}

static void masked_timer_counts(void **state)
{
	(void)state;
	start(PERIODIC | MASKED, 0xb, 100000);
	assert_int_equal(vlapic_timer_deadline(&v), VLAPIC_NEVER);
	now = 1000 + 250000;
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 50000);
	wr(APIC_REG_LVT_TIMER, PERIODIC | VECTOR);
	assert_int_equal(take(), -1); /* an expiry while masked is lost */
	assert_int_equal(fx.what, VLAPIC_TIMER_MOVED);
	assert_int_equal(vlapic_timer_deadline(&v), 301000);
	assert_true(fires(301000));
}

static void divide_while_running(void **state)
{
	(void)state;
	start(0, 0xb, 1000);
	now = 1600;
	wr(APIC_REG_TIMER_DIVIDE, 0x0); /* 400 left, now 2 ns each */
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 400);
	assert_int_equal(vlapic_timer_deadline(&v), 2400);
}

/* As on processors (kvm-unit-tests): a running count survives one-shot <-> periodic. */
static void change_mode(void **state)
{
	(void)state;
	start(0, 0xb, 1000000);
	now = 1000 + 600000;
	wr(APIC_REG_LVT_TIMER, PERIODIC | VECTOR);
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 400000);
	assert_true(fires(1001000));
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 1000000);
	wr(APIC_REG_LVT_TIMER, VECTOR);
	assert_true(fires(2001000));
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 0);
	wr(APIC_REG_LVT_TIMER, PERIODIC | VECTOR);
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 0);
	assert_false(fires(9001000));
}

static void tsc_deadline(void **state)
{
	(void)state;
	start(0, 0xb, 1000);
	vlapic_timer_write_tsc_deadline(&v, 77, &fx); /* another mode: ignored */
	assert_int_equal(vlapic_timer_tsc_deadline(&v), 0);
	wr(APIC_REG_LVT_TIMER, TSC_DEADLINE | VECTOR);
	assert_int_equal(vlapic_timer_deadline(&v), VLAPIC_NEVER); /* disarmed */
	wr(APIC_REG_TIMER_INITIAL, 500);			   /* ignored */
	assert_int_equal(rd(APIC_REG_TIMER_INITIAL), 0);
	assert_int_equal(rd(APIC_REG_TIMER_CURRENT), 0);
	vlapic_timer_write_tsc_deadline(&v, 5000, &fx);
	assert_int_equal(fx.what, VLAPIC_TIMER_MOVED);
	assert_int_equal(vlapic_timer_tsc_deadline(&v), 5000);
	vlapic_timer_expire_tsc(&v, 4999);
	assert_int_equal(take(), -1);
	vlapic_timer_expire_tsc(&v, 5000);
	assert_int_equal(take(), VECTOR);
	assert_int_equal(vlapic_timer_tsc_deadline(&v), 0);
	eoi();
	vlapic_timer_expire_tsc(&v, UINT64_MAX);
	assert_int_equal(take(), -1);
	vlapic_timer_write_tsc_deadline(&v, 6000, &fx);
	wr(APIC_REG_LVT_TIMER, PERIODIC | VECTOR); /* leaving the mode disarms */
	assert_int_equal(vlapic_timer_tsc_deadline(&v), 0);
	wr(APIC_REG_LVT_TIMER, TSC_DEADLINE | VECTOR);
	vlapic_timer_write_tsc_deadline(&v, 6000, &fx);
	vlapic_init(&v);
	assert_int_equal(vlapic_timer_tsc_deadline(&v), 0);
}

static void end_of_time(void **state)
{
	(void)state;
	start(PERIODIC, 0xb, 1000);
	now = UINT64_MAX - 5;
	assert_true(fires(now));
	assert_int_equal(vlapic_timer_deadline(&v), VLAPIC_NEVER);
	wr(APIC_REG_TIMER_INITIAL, 0xffffffff);
	assert_int_equal(vlapic_timer_deadline(&v), VLAPIC_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(divisors),
		cmocka_unit_test(one_shot),
		cmocka_unit_test(periodic),
		cmocka_unit_test(periodic_storm),
		cmocka_unit_test(masked_timer_counts),
		cmocka_unit_test(divide_while_running),
		cmocka_unit_test(change_mode),
		cmocka_unit_test(tsc_deadline),
		cmocka_unit_test(end_of_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
