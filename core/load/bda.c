/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the BIOS data area. Kernels that start CPUs through real mode read the end
 * of low memory there (Xen has no other source), and boot loaders the UART.
 *
 * Source: IBM Personal System/2 and Personal Computer BIOS Interface Technical
 * Reference, "BIOS Data Area"; ACPI "Finding the RSDP on IA-PC Systems".
 */
#include "core/load/bda.h"

#include "core/base/bytes.h"
#include "core/model/guest_map.h"
#include "drivers/virt/rtc.h"

enum {
	BDA_COM1 = 0x00,
	BDA_EBDA_SEGMENT = 0x0e,
	BDA_EQUIPMENT = 0x10,
	BDA_MEMORY_KIB = 0x13,
	COM1 = 0x3f8,
	EQUIPMENT_ONE_UART = 1 << 9,
};

void load_bda_build(u8 *bda)
{
	memset(bda, 0, LOAD_BDA_SIZE);
	bytes_put16(bda + BDA_COM1, COM1);
	bytes_put16(bda + BDA_EBDA_SEGMENT, (u16)(GUEST_EBDA_BASE >> 4));
	bytes_put16(bda + BDA_EQUIPMENT, EQUIPMENT_FPU | EQUIPMENT_ONE_UART);
	bytes_put16(bda + BDA_MEMORY_KIB, (u16)(GUEST_EBDA_BASE / KIB));
}
