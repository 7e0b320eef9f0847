/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the table of the guest machine's ports and searches it. Never accesses a device. Pure. */
#include "drivers/virt/bus.h"

#include "core/base/bits.h"

/*
 * One row of the table: sorted by first, disjoint. width: the widest access in
 * bytes that the device accepts. A wider access is split into pieces, as the bus
 * does for an 8-bit ISA device.
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

struct bus_piece bus_find_port(u32 port, u32 size)
{
	const struct range *range = find(port);
	struct bus_piece piece = {.device = BUS_NONE, .size = 1};
	u32 offset, most;

	if (!range)
		return piece;
	offset = port - range->first;
	piece.device = range->device;
	piece.reg = range->reg + offset;
	most = (u32)min_u64(min_u64(size, range->width), range->count - offset);
	while (piece.size * 2 <= most)
		piece.size *= 2;
	return piece;
}
