/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the firmware's ACPI tables say about the machine, read once on the boot
 * CPU through hostmap_map_boot. A bad table is named in the log and skipped.
 */
#pragma once

#include "apic/host/ioapic.h"
#include "boot/acpi.h"
#include "boot/host/smp.h"
#include "boot/multiboot2.h"
#include "drivers/host/clock.h"

enum { PLATFORM_ISA_LINES = 16 };

struct platform {
	struct smp_cpu *cpus; /* in the order of the MADT; from the heap, for good */
	u32 cpu_count;
	struct hpa lapic;
	struct clock_sources clock;
	bool has_fadt;
	struct acpi_fadt fadt;
	u16 serial_port; /* of the SPCR; 0: none, or not an I/O port UART */
	u32 serial_gsi;	 /* of the SPCR; 0: not said */
	struct ioapic_place ioapics[IOAPIC_MAX];
	u32 ioapic_count;
	struct ioapic_line isa[PLATFORM_ISA_LINES]; /* where the PC's sixteen lines arrive */
};

/* ERR_NOT_FOUND: no RSDP or no MADT. ERR_NO_MEMORY. */
enum status platform_read(const struct boot_info *info, struct platform *out,
			  struct error *err) must_check;

/* How a line behaves that only its number is known of. */
struct ioapic_line platform_line(const struct platform *platform, u32 gsi);
