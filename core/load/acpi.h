/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACPI tables a guest finds: RSDP, RSDT, XSDT, FADT, FACS, MADT and the
 * DSDT that iasl compiled. Pure: writes into the caller's buffer only.
 */
#pragma once

#include "core/base/status.h"

struct load_acpi_config {
	u64 base;	  /* guest physical address of buffer; 64-byte aligned, below 4 GiB */
	u32 vcpus;	  /* 1 or more; APIC IDs and ACPI UIDs are 0 to vcpus - 1 */
	const void *dsdt; /* a whole table, header and checksum included */
	size_t dsdt_size; /* bytes */
};

/*
 * Writes the tables to buffer; the RSDP stands at its first byte. The bytes
 * used are returned in *used.
 * ERR_NO_MEMORY: size is too small for that many vCPUs. ERR_INVALID: config.
 */
enum status load_acpi_build(void *buffer, size_t size, const struct load_acpi_config *config,
			    size_t *used, struct error *err) must_check;

/* The compiled DSDT (core/load/dsdt.asm). */
extern const u8 load_dsdt[];
extern const u8 load_dsdt_end[];
