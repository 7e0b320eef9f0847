/* SPDX-License-Identifier: BSD-2-Clause */
/* Any table with a right checksum: no reader reads outside the table, and each reader ends. */
#include <stdlib.h>

#include "boot/acpi.h"
#include "core/base/bytes.h"

static void read_madt(const struct acpi_table *table)
{
	struct acpi_madt madt;
	struct acpi_madt_entry entry;
	u32 count = 0;

	if (acpi_madt_open(table, &madt, NULL) != OK)
		return;
	while (acpi_madt_next(&madt, &entry, NULL) == OK)
		if (++count > table->size)
			abort();
}

static void read_mcfg(const struct acpi_table *table)
{
	struct acpi_mcfg_entry entry;

	for (u32 i = 0; i < acpi_mcfg_count(table); i++)
		if (acpi_mcfg_entry(table, i, &entry, NULL) == OK &&
		    entry.first_bus > entry.last_bus)
			abort();
}

/* Runs every reader on every table, as if the signature were the right one. */
static void read_all(const struct acpi_table *table)
{
	struct acpi_fadt fadt;
	struct acpi_spcr spcr;
	struct acpi_hpet hpet;

	for (u32 i = 0; i < acpi_root_count(table); i++)
		acpi_root_entry(table, i);
	read_madt(table);
	read_mcfg(table);
	if (acpi_fadt_parse(table, &fadt, NULL) == OK && table->size < 116)
		abort();
	if (acpi_spcr_parse(table, &spcr, NULL) == OK && spcr.baud > 115200)
		abort();
	if (acpi_hpet_parse(table, &hpet, NULL) == OK && hpet.address == 0)
		abort();
}

static void fix_sum(u8 *bytes, size_t size, size_t at)
{
	u8 sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = (u8)(sum + bytes[i]);
	bytes[at] = (u8)(bytes[at] - sum);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct acpi_rsdp rsdp;
	struct acpi_table table;
	u8 *copy = malloc(size ? size : 1);

	memcpy(copy, data, size);
	if (size >= 20) {
		memcpy(copy, "RSD PTR ", 8);
		fix_sum(copy, 20, 8);
	}
	if (acpi_rsdp_parse(copy, size, &rsdp, NULL) == OK && rsdp.revision < 2 && rsdp.xsdt != 0)
		abort();
	memcpy(copy, data, size);
	if (size >= ACPI_HEADER_SIZE) {
		bytes_put32(copy + 4, (u32)size);
		fix_sum(copy, size, 9);
	}
	if (acpi_table_check(copy, size, NULL, &table, NULL) == OK)
		read_all(&table);
	free(copy);
	return 0;
}
