/* SPDX-License-Identifier: BSD-2-Clause */
/* The address map: every port one by one, and accesses that cross devices. */
#include "tests/unit/test.h"

#include "core/base/bits.h"
#include "drivers/virt/bus.h"

static void check(struct bus_piece piece, enum bus_device device, u32 reg, u32 size)
{
	assert_int_equal(piece.device, device);
	assert_int_equal(piece.reg, reg);
	assert_int_equal(piece.size, size);
}

/* The map of the specification, written again for the test. */
static void every_port(void **state)
{
	static const struct {
		u32 port;
		enum bus_device device;
		u32 reg;
	} claimed[] = {
		{0x20, BUS_PIC, 0},	   {0x21, BUS_PIC, 1},	      {0x40, BUS_PIT, 0},
		{0x41, BUS_PIT, 1},	   {0x42, BUS_PIT, 2},	      {0x43, BUS_PIT, 3},
		{0x60, BUS_KEYBOARD, 0},   {0x61, BUS_PORT61, 0},     {0x64, BUS_KEYBOARD, 4},
		{0x70, BUS_RTC, 0},	   {0x71, BUS_RTC, 1},	      {0x80, BUS_POST, 0},
		{0xa0, BUS_PIC, 2},	   {0xa1, BUS_PIC, 3},	      {0xf4, BUS_DEBUG_EXIT, 0},
		{0xf5, BUS_DEBUG_EXIT, 1}, {0xf6, BUS_DEBUG_EXIT, 2}, {0xf7, BUS_DEBUG_EXIT, 3},
		{0x3f8, BUS_UART, 0},	   {0x3f9, BUS_UART, 1},      {0x3fa, BUS_UART, 2},
		{0x3fb, BUS_UART, 3},	   {0x3fc, BUS_UART, 4},      {0x3fd, BUS_UART, 5},
		{0x3fe, BUS_UART, 6},	   {0x3ff, BUS_UART, 7},      {0x4d0, BUS_PIC, 4},
		{0x4d1, BUS_PIC, 5},	   {0x510, BUS_FWCFG, 0},     {0x511, BUS_FWCFG, 1},
		{0x600, BUS_PM, 0},	   {0x601, BUS_PM, 1},	      {0x602, BUS_PM, 2},
		{0x603, BUS_PM, 3},	   {0x604, BUS_PM, 4},	      {0x605, BUS_PM, 5},
		{0x606, BUS_PM, 6},	   {0x607, BUS_PM, 7},	      {0x608, BUS_PM, 8},
		{0x609, BUS_PM, 9},	   {0x60a, BUS_PM, 10},	      {0x60b, BUS_PM, 11},
		{0xcf8, BUS_PCI, 0},	   {0xcf9, BUS_PCI, 1},	      {0xcfa, BUS_PCI, 2},
		{0xcfb, BUS_PCI, 3},	   {0xcfc, BUS_PCI, 4},	      {0xcfd, BUS_PCI, 5},
		{0xcfe, BUS_PCI, 6},	   {0xcff, BUS_PCI, 7},
	};
	unsigned next = 0;

	(void)state;
	for (u32 port = 0; port < 0x10010; port++) {
		struct bus_piece piece = bus_find_port(port, 1);

		if (next < ARRAY_SIZE(claimed) && port == claimed[next].port) {
			check(piece, claimed[next].device, claimed[next].reg, 1);
			next++;
		} else {
			check(piece, BUS_NONE, 0, 1);
		}
	}
	assert_int_equal(next, ARRAY_SIZE(claimed));
}

static void pieces(void **state)
{
	(void)state;
	check(bus_find_port(0x3f8, 4), BUS_UART, 0, 1); /* an 8-bit device */
	check(bus_find_port(0x510, 2), BUS_FWCFG, 0, 2);
	check(bus_find_port(0x510, 4), BUS_FWCFG, 0, 2);
	check(bus_find_port(0x511, 2), BUS_FWCFG, 1, 1);
	check(bus_find_port(0x608, 4), BUS_PM, 8, 4);
	check(bus_find_port(0x609, 4), BUS_PM, 9, 2); /* three bytes left: two, then one */
	check(bus_find_port(0x60b, 4), BUS_PM, 11, 1);
	check(bus_find_port(0x60c, 4), BUS_NONE, 0, 1);
	check(bus_find_port(0xcf8, 8), BUS_PCI, 0, 4);
	check(bus_find_port(0xf4, 3), BUS_DEBUG_EXIT, 0, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_port),
		cmocka_unit_test(pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
