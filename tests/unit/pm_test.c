/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI fixed hardware and the ways to reset, compared with the ACPI specification. */
#include "tests/unit/test.h"

#include "drivers/virt/clock.h"
#include "drivers/virt/pm.h"

enum { STATUS = 0, ENABLE = 2, CONTROL = 4, TIMER = 8 };

static struct pm pm;

static int setup(void **state)
{
	(void)state;
	pm_reset(&pm, 0);
	return 0;
}

static void timer_counts(void **state)
{
	(void)state;
	assert_int_equal(pm_read(&pm, TIMER, 4, 0), 0);
	assert_int_equal(pm_read(&pm, TIMER, 4, 1000000000), 3579545);
	assert_int_equal(pm_read(&pm, TIMER, 4, 2000ULL * 1000000000), (u32)(2000ULL * 3579545));
	assert_int_equal(pm_read(&pm, TIMER + 1, 2, 1000000000), 3579545 >> 8);
	assert_int_equal(pm_read(&pm, TIMER + 3, 1, 1000ULL * 1000000000), 3579545000U >> 24);
}

static void timer_carry(void **state)
{
	u64 half = clock_ns(1ULL << 31, PM_TIMER_HZ);

	(void)state;
	assert_int_equal(pm_deadline(&pm), CLOCK_NONE);
	pm_write(&pm, ENABLE, 2, PM1_TMR, 0);
	assert_int_equal(pm_deadline(&pm), half);
	pm_advance(&pm, half - 1);
	assert_false(pm_sci(&pm));
	pm_advance(&pm, half);
	assert_true(pm_sci(&pm));
	pm_power_button(&pm);
	assert_int_equal(pm_read(&pm, STATUS, 2, half), PM1_PWRBTN | PM1_TMR);
	assert_int_equal(pm_deadline(&pm), CLOCK_NONE);
	pm_write(&pm, STATUS, 2, PM1_TMR, half);
	assert_false(pm_sci(&pm));
	assert_int_equal(pm_deadline(&pm), clock_ns(2ULL << 31, PM_TIMER_HZ));
}

static void power_button(void **state)
{
	(void)state;
	pm_power_button(&pm);
	assert_false(pm_sci(&pm));
	assert_int_equal(pm_read(&pm, STATUS, 2, 0), PM1_PWRBTN);
	pm_write(&pm, ENABLE, 2, 0xffff, 0);
	assert_int_equal(pm_read(&pm, STATUS, 4, 0), 0x07210100);
	assert_int_equal(pm_read(&pm, ENABLE, 4, 0), 0x00010721); /* straddles two registers */
	assert_true(pm_sci(&pm));
	pm_write(&pm, STATUS, 2, 0xfeff, 0); /* writing zero keeps it */
	assert_true(pm_sci(&pm));
	pm_write(&pm, STATUS + 1, 1, 0x01, 0);
	assert_false(pm_sci(&pm));
	pm_write(&pm, ENABLE, 1, 0, 0); /* a write of one byte keeps the other */
	assert_int_equal(pm_read(&pm, ENABLE, 2, 0), 0x700);
}

static void control(void **state)
{
	(void)state;
	assert_int_equal(pm_read(&pm, CONTROL, 2, 0), PM1_SCI_EN);
	assert_int_equal(pm_write(&pm, CONTROL, 2, 5 << 10, 0), PM_NOTHING);
	assert_int_equal(pm_read(&pm, CONTROL, 2, 0), 5 << 10 | PM1_SCI_EN);
	assert_int_equal(pm_write(&pm, CONTROL, 2, 5 << 10 | PM1_SLP_EN, 0), PM_NOTHING);
	assert_int_equal(pm_write(&pm, CONTROL, 2, 0x2000, 0), PM_POWER_OFF);
	assert_int_equal(pm_read(&pm, CONTROL, 2, 0), PM1_SCI_EN); /* SLP_EN reads as zero */
	assert_int_equal(pm_write(&pm, CONTROL + 1, 1, 0x20, 0), PM_POWER_OFF);
	assert_int_equal(pm_write(&pm, STATUS, 4, 0x20002000, 0), PM_NOTHING);
	assert_int_equal(pm_read(&pm, 12, 4, 0), 0xffffffff);
}

static void reset_control(void **state)
{
	(void)state;
	assert_int_equal(pm_reset_control_write(&pm, 0x02), PM_NOTHING);
	assert_int_equal(pm_reset_control_read(&pm), 0x02);
	assert_int_equal(pm_reset_control_write(&pm, 0x06), PM_RESET);
	assert_int_equal(pm_reset_control_write(&pm, 0x06), PM_NOTHING); /* no rise */
	assert_int_equal(pm_reset_control_write(&pm, 0x00), PM_NOTHING);
	assert_int_equal(pm_reset_control_write(&pm, 0x0e), PM_RESET);
	assert_int_equal(pm_keyboard_command(0xfe), PM_RESET);
	assert_int_equal(pm_keyboard_command(0xff), PM_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(timer_counts, setup),
		cmocka_unit_test_setup(timer_carry, setup),
		cmocka_unit_test_setup(power_button, setup),
		cmocka_unit_test_setup(control, setup),
		cmocka_unit_test_setup(reset_control, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
