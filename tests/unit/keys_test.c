/* SPDX-License-Identifier: BSD-2-Clause */
/* Typed keys: their order, lost keys, and the key that is never lost. */
#include "tests/unit/test.h"

#include "core/terminal/keys.h"

enum { ESCAPE = 0x1d };

static struct keys keys;

static int begin(void **state)
{
	(void)state;
	keys = (struct keys){0};
	return 0;
}

static char take(void)
{
	char c;

	assert_true(keys_peek(&keys, &c));
	keys.taken++;
	return c;
}

static void in_order(void **state)
{
	char c;

	(void)state;
	assert_false(keys_peek(&keys, &c));
	for (u32 round = 0; round < 5; round++) {
		for (u32 i = 0; i < KEYS_SIZE; i++)
			keys_put(&keys, (char)(i * 7), false);
		keys_put(&keys, 'x', false); /* lost */
		for (u32 i = 0; i < KEYS_SIZE; i++)
			assert_int_equal(take(), (char)(i * 7));
		assert_false(keys_peek(&keys, &c));
		keys_put(&keys, 'y', false);
		assert_int_equal(take(), 'y');
	}
}

static void urgent_gets_through(void **state)
{
	(void)state;
	for (u32 i = 0; i < 2 * KEYS_SIZE; i++)
		keys_put(&keys, 'a', false);
	assert_false(keys_skip_to(&keys, ESCAPE));
	assert_int_equal(take(), 'a');
	keys.taken--;
	keys_put(&keys, ESCAPE, true);
	keys_put(&keys, 'b', false);
	assert_true(keys_skip_to(&keys, ESCAPE));
	assert_int_equal(take(), ESCAPE);
	keys_put(&keys, ESCAPE, true); /* with room left it is queued like any other key */
	keys_put(&keys, 'c', false);
	assert_int_equal(take(), ESCAPE);
	assert_int_equal(take(), 'c');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(in_order, begin),
		cmocka_unit_test_setup(urgent_gets_through, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
