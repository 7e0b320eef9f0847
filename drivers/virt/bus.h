/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps I/O ports to devices, by one static table that is the same for every
 * guest. Knows only the devices' port numbers; never accesses a device. Pure.
 */
#pragma once

#include "core/base/types.h"

enum bus_device {
	BUS_NONE, /* no device: reads return all ones, writes are dropped; the caller counts both */
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

/* The leading part of an access that one device handles: size bytes at its register reg. */
struct bus_piece {
	enum bus_device device;
	u32 reg;
	u32 size; /* a power of two, at most the size of the access */
};

/*
 * Returns the first piece of an access of size bytes (1 to 8) to port. For the
 * rest the caller calls again with port and size advanced by piece.size, until
 * no byte is left. A port above 0xFFFF belongs to no device: BUS_NONE, one byte.
 */
struct bus_piece bus_find_port(u32 port, u32 size);
