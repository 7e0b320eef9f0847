/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/model/restart.h"

#include "core/base/bits.h"
#include "test.h"

#define SECOND 1000000000ULL

static void test_delays_double_up_to_the_cap(void **state)
{
	static const u64 seconds[] = {0, 1, 2, 4, 8, 16, 32, 60, 60, 60};
	struct restart restart = {0};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(seconds); i++)
		assert_int_equal(restart_delay(&restart, SECOND), seconds[i] * SECOND);
}

static void test_a_long_life_begins_anew(void **state)
{
	struct restart restart = {0};

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		restart_delay(&restart, 0);
	assert_int_equal(restart_delay(&restart, RESTART_HEALTHY_S * SECOND - 1), 60 * SECOND);
	assert_int_equal(restart_delay(&restart, RESTART_HEALTHY_S * SECOND), 0);
	assert_int_equal(restart_delay(&restart, 0), SECOND);
}

/* After very many lives starts stay rare: no wrap, and no shift past the word. */
static void test_it_never_becomes_busy(void **state)
{
	struct restart restart = {0};

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		restart_delay(&restart, 0);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(restart_delay(&restart, 0), 60 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delays_double_up_to_the_cap),
		cmocka_unit_test(test_a_long_life_begins_anew),
		cmocka_unit_test(test_it_never_becomes_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
