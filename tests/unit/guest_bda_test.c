/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's BIOS data area, compared with its layout and with the memory map. */
#include "tests/unit/test.h"

#include "core/base/bytes.h"
#include "core/load/bda.h"
#include "core/model/guest_map.h"

static void low_memory_ends_where_the_map_says(void **state)
{
	struct guest_map map;
	u8 bda[LOAD_BDA_SIZE];

	(void)state;
	assert_int_equal(guest_map_build(&map, 16 * MIB, 40, NULL), OK);
	load_bda_build(bda);
	assert_int_equal(bytes_get16(bda + 0x13) * KIB, map.e820[0].size);
	assert_int_equal(bytes_get16(bda + 0x0e) << 4, map.e820[1].base);
	assert_int_equal(LOAD_EBDA_KIB * KIB, map.e820[1].size);
}

static void one_serial_port_and_nothing_else(void **state)
{
	u8 bda[LOAD_BDA_SIZE];

	(void)state;
	memset(bda, 0xee, sizeof(bda));
	load_bda_build(bda);
	assert_int_equal(bytes_get16(bda), 0x3f8);
	assert_int_equal(bytes_get16(bda + 2), 0);
	assert_int_equal(bytes_get16(bda + 0x10) >> 9 & 7, 1);
	assert_int_equal(bda[0x49], 0); /* no video mode */
	assert_int_equal(bda[LOAD_BDA_SIZE - 1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(low_memory_ends_where_the_map_says),
		cmocka_unit_test(one_serial_port_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
