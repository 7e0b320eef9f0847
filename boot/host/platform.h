/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the description of the machine from the firmware's ACPI tables, which are
 * read once, on the boot CPU, through hostmap_map_boot. A bad table is logged and
 * skipped.
 */
#pragma once

#include "apic/host/ioapic.h"
#include "boot/acpi.h"
#include "boot/host/smp.h"
#include "boot/multiboot2.h"
#include "drivers/host/clock.h"

enum { PLATFORM_ISA_LINES = 16 };

struct platform {
	struct smp_cpu *cpus; /* in the order of the MADT; on the heap, never freed */
	u32 cpu_count;
	struct hpa lapic;
	struct clock_sources clock;
	bool has_fadt;
	struct acpi_fadt fadt;
	u16 serial_port; /* of the SPCR; 0: none, or not an I/O port UART */
	u32 serial_gsi;	 /* of the SPCR; 0: not given */
	struct ioapic_place ioapics[IOAPIC_MAX];
	u32 ioapic_count;
	struct ioapic_line isa[PLATFORM_ISA_LINES]; /* I/O APIC input of each of the 16 ISA lines */
};

/* Reads all tables into *out. ERR_NOT_FOUND: no RSDP or no MADT. ERR_NO_MEMORY. */
enum status platform_read(const struct boot_info *info, struct platform *out,
			  struct error *err) must_check;

/*
 * Returns trigger mode and polarity of the line with number gsi: as in the MADT if it is an ISA
 * line, else as PCI lines, level-triggered and active low.
 */
struct ioapic_line platform_line(const struct platform *platform, u32 gsi);
