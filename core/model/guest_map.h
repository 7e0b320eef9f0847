/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layout of a guest's physical memory: the ranges that are backed with RAM, and
 * the e820 list for the guest. Pure: computes two lists, never allocates or maps.
 */
#pragma once

#include "core/base/bits.h"
#include "core/base/status.h"

/* Types of a range, by their number in an e820 entry (ACPI "Address Range Types"). */
enum guest_range_type {
	GUEST_RAM = 1,
	GUEST_RESERVED = 2,
	GUEST_ACPI = 3, /* tables, reclaimable */
	GUEST_NVS = 4,
};

/* [base, base + size), bytes. */
struct guest_range {
	u64 base;
	u64 size;
	u32 type; /* enum guest_range_type */
};

/* The fixed addresses of the machine a guest sees. Bytes. */
#define GUEST_EBDA_BASE	  0x0009fc00ULL /* end of usable low memory; 1 KiB, RAM-backed */
#define GUEST_VGA_BASE	  0x000a0000ULL /* start of the legacy hole: nothing answers */
#define GUEST_TABLES_BASE 0x000e0000ULL /* 128 KiB, RAM-backed: RSDP first, then ACPI tables */
#define GUEST_TABLES_SIZE 0x00020000ULL
#define GUEST_HIGH_BASE	  0x00100000ULL /* 1 MiB */
#define GUEST_LOW_TOP_MAX 0xc0000000ULL /* RAM below 4 GiB ends here at the latest */
#define GUEST_IOAPIC_BASE 0xfec00000ULL
#define GUEST_LAPIC_BASE  0xfee00000ULL
#define GUEST_ABOVE_BASE  0x100000000ULL /* RAM that does not fit below 4 GiB goes on here */
#define GUEST_MEMORY_MIN  GUEST_HIGH_BASE

enum {
	GUEST_BACKING_MAX = 4,
	GUEST_E820_MAX = 8,
};

struct guest_map {
	u64 low_top;   /* end of RAM below 4 GiB */
	u64 above_top; /* end of RAM above 4 GiB; GUEST_ABOVE_BASE when there is none */

	/* Ranges to back with memory: sorted, page-aligned, not adjacent; type GUEST_RAM. */
	u32 backing_count;
	struct guest_range backing[GUEST_BACKING_MAX];

	/* The list for the guest: sorted, disjoint. */
	u32 e820_count;
	struct guest_range e820[GUEST_E820_MAX];
};

/*
 * Lays out memory bytes of RAM, as in a PC of that size: the RAM behind the legacy
 * hole is lost. memory is a multiple of 4 KiB and at least GUEST_MEMORY_MIN; all of
 * it must be addressable with phys_bits (32 to 52) physical address bits.
 * ERR_INVALID: not a multiple of 4 KiB, or phys_bits out of range. ERR_RANGE:
 * too small, or more than phys_bits can address. On error *map is undefined.
 */
enum status guest_map_build(struct guest_map *map, u64 memory, unsigned phys_bits,
			    struct error *err) must_check;
