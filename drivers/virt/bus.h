/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which device a port or a guest physical address belongs to. One static,
 * sorted table for every guest: the cost does not grow with their number.
 * Knows the addresses of the devices and nothing else of them. Pure.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/types.h"

enum bus_device {
	BUS_NONE, /* unclaimed: reads all ones, drops writes, is counted by who asked */
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
	BUS_IOAPIC,
};

/* One device's share of an access: its first size bytes go to register reg of device. */
struct bus_piece {
	enum bus_device device;
	u32 reg;
	u32 size; /* 1 to the size asked for, a power of two */
};

#define BUS_IOAPIC_BASE 0xfec00000ULL

/*
 * The piece that the first bytes of an access belong to. size: 1 to 8. The
 * caller goes on with the rest, size -= piece.size, until there is none.
 * A port above 0xFFFF is unclaimed.
 */
struct bus_piece bus_port_find(u32 port, u32 size);
struct bus_piece bus_memory_find(struct gpa gpa, u32 size);
