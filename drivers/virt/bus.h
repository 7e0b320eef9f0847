/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which device a port belongs to: one static, sorted table for every guest.
 * Knows the addresses of the devices and nothing else of them. Pure.
 */
#pragma once

#include "core/base/types.h"

enum bus_device {
	BUS_NONE, /* unclaimed: reads all ones, drops writes, is counted by the caller */
	BUS_PIC,
	BUS_PIT,
	BUS_PORT61,
	BUS_KEYBOARD, /* reg 0: 0x60, reg 4: 0x64 */
	BUS_RTC,
	BUS_POST,
	BUS_DEBUG_EXIT,
	BUS_UART,
	BUS_FWCFG,
	BUS_PM,
	BUS_PCI, /* 0xCF8-0xCFF, the reset control register 0xCF9 included */
};

/* One device's share of an access: its first size bytes go to register reg of device. */
struct bus_piece {
	enum bus_device device;
	u32 reg;
	u32 size; /* 1 to the size asked for, a power of two */
};

/*
 * The piece that the first bytes of an access belong to. size: 1 to 8. The
 * caller calls again for the rest, size -= piece.size, until none is left.
 * A port above 0xFFFF is unclaimed.
 */
struct bus_piece bus_find_port(u32 port, u32 size);
