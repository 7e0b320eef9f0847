/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

#include "boot/acpi_sleep.h"

static void finds_constants(void **state)
{
	/* Name (_S5, Package (4) {5, One, 0, 0}) */
	static const u8 aml[] = {0xff, 0x08, '_',  'S',	 '5',  '_',  0x12,
				 0x07, 0x04, 0x0a, 0x05, 0x01, 0x00, 0x00};
	struct acpi_sleep_types out;

	(void)state;
	assert_true(acpi_sleep_find_s5(aml, sizeof(aml), &out));
	assert_int_equal(out.a, 5);
	assert_int_equal(out.b, 1);
	for (size_t size = 0; size < 12; size++) {
		u8 *cut = malloc(size ? size : 1);

		memcpy(cut, aml, size);
		assert_false(acpi_sleep_find_s5(cut, size, &out));
		free(cut);
	}
}

static void finds_root_name_and_long_length(void **state)
{
	static const u8 aml[] = {0x08, '\\', '_',  'S',	 '5',  '_',  0x12,
				 0x46, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00};
	struct acpi_sleep_types out = {9, 9};

	(void)state;
	assert_true(acpi_sleep_find_s5(aml, sizeof(aml), &out));
	assert_int_equal(out.a, 0);
	assert_int_equal(out.b, 0);
}

static void ignores_what_is_no_definition(void **state)
{
	static const u8 reference[] = {0x70, '_', 'S', '5', '_', 0x12, 0x04, 0x02, 0x01, 0x01};
	static const u8 computed[] = {0x08, '_',  'S', '5', '_', 0x12,
				      0x06, 0x02, 'F', 'O', 'O', 'X'};
	struct acpi_sleep_types out;

	(void)state;
	assert_false(acpi_sleep_find_s5(reference, sizeof(reference), &out));
	assert_false(acpi_sleep_find_s5(computed, sizeof(computed), &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_constants),
		cmocka_unit_test(finds_root_name_and_long_length),
		cmocka_unit_test(ignores_what_is_no_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
