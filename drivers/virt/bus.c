/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest machine's ports, and the search among them. Touches no device. Pure. */
#include "drivers/virt/bus.h"

#include "core/base/bits.h"

/*
 * Sorted by first, disjoint. width: the widest access that a device takes; a
 * wider one is cut in pieces, as the bus does for an 8-bit ISA device.
 */
struct range {
	u16 first, count;
	enum bus_device device;
	u16 reg; /* the device's register at first */
	u8 width;
};

// clang-format off
static const struct range ranges[] = {
	{0x020, 2,  BUS_PIC,        0, 1}, /* master */
	{0x040, 4,  BUS_PIT,        0, 1},
	{0x060, 1,  BUS_KEYBOARD,   0, 1},
	{0x061, 1,  BUS_PORT61,     0, 1},
	{0x064, 1,  BUS_KEYBOARD,   4, 1},
	{0x070, 2,  BUS_RTC,        0, 1},
	{0x080, 1,  BUS_POST,       0, 1},
	{0x0a0, 2,  BUS_PIC,        2, 1}, /* slave */
	{0x0f4, 4,  BUS_DEBUG_EXIT, 0, 4},
	{0x3f8, 8,  BUS_UART,       0, 1},
	{0x4d0, 2,  BUS_PIC,        4, 1}, /* edge/level control */
	{0x510, 2,  BUS_FWCFG,      0, 2},
	{0x600, 12, BUS_PM,         0, 4},
	{0xcf8, 8,  BUS_PCI,        0, 4},
};
// clang-format on

static const struct range *find(u32 port)
{
	size_t low = 0;
	size_t high = ARRAY_SIZE(ranges);

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct range *range = &ranges[middle];

		if (port < range->first)
			high = middle;
		else if (port - range->first >= range->count)
			low = middle + 1;
		else
			return range;
	}
	return NULL;
}

static u32 power_of_two_within(u32 size)
{
	u32 power = 1;

	while (power * 2 <= size)
		power *= 2;
	return power;
}

struct bus_piece bus_find_port(u32 port, u32 size)
{
	const struct range *range = find(port);
	u32 offset, most;

	if (!range)
		return (struct bus_piece){.device = BUS_NONE, .size = 1};
	offset = port - range->first;
	most = (u32)min_u64(min_u64(size, range->width), range->count - offset);
	return (struct bus_piece){
		.device = range->device,
		.reg = range->reg + offset,
		.size = power_of_two_within(most),
	};
}
