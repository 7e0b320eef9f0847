/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the reading of the ACPI tables that describe devices: FADT, MCFG, SPCR,
 * HPET. Reads only verified tables, and nothing past their length. Pure.
 */
#include "boot/acpi.h"

#include "core/base/bits.h"
#include "core/base/bytes.h"

enum { GAS_SIZE = 12 };

static struct acpi_address read_address(const u8 *bytes)
{
	return (struct acpi_address){
		.space = bytes[0],
		.bit_width = bytes[1],
		.bit_offset = bytes[2],
		.access = bytes[3],
		.address = bytes_get64(bytes + 4),
	};
}

enum { FADT_SIZE_1 = 116 /* ACPI 1.0 */ };

/* A register block: the extended form when the table reaches it and it is not zero, else the port.
 */
struct fadt_block {
	u32 port, port_bytes; /* offsets of the u32 port and of the u8 length */
	u32 extended;	      /* offset of the generic address */
};

static struct acpi_address read_block(const struct acpi_table *table, struct fadt_block block)
{
	const u8 *fadt = table->bytes;
	struct acpi_address address = {0};

	if (range_fits(block.extended, GAS_SIZE, table->size))
		address = read_address(fadt + block.extended);
	if (address.address != 0 || bytes_get32(fadt + block.port) == 0)
		return address;
	return (struct acpi_address){
		.space = ACPI_SPACE_IO,
		.bit_width = (u8)(fadt[block.port_bytes] * 8),
		.address = bytes_get32(fadt + block.port),
	};
}

static void read_reset(const struct acpi_table *table, struct acpi_fadt *out)
{
	if (!(out->flags & ACPI_FADT_RESET_REG_SUP) || table->size < 129)
		return;
	out->reset = read_address(table->bytes + 116);
	out->reset_value = table->bytes[128];
}

static u64 read_dsdt(const struct acpi_table *table)
{
	u64 extended = range_fits(140, 8, table->size) ? bytes_get64(table->bytes + 140) : 0;

	return extended != 0 ? extended : bytes_get32(table->bytes + 40);
}

enum status acpi_fadt_parse(const struct acpi_table *table, struct acpi_fadt *out,
			    struct error *err)
{
	enum status status = acpi_table_demand(table, FADT_SIZE_1, err);
	const u8 *fadt = table->bytes;

	if (status != OK)
		return status;
	*out = (struct acpi_fadt){
		.dsdt = read_dsdt(table),
		.sci_irq = bytes_get16(fadt + 46),
		.smi_command = bytes_get32(fadt + 48),
		.acpi_enable = fadt[52],
		.acpi_disable = fadt[53],
		.boot_arch = bytes_get16(fadt + 109),
		.flags = bytes_get32(fadt + 112),
		.pm1a_event = read_block(table, (struct fadt_block){56, 88, 148}),
		.pm1b_event = read_block(table, (struct fadt_block){60, 88, 160}),
		.pm1a_control = read_block(table, (struct fadt_block){64, 89, 172}),
		.pm1b_control = read_block(table, (struct fadt_block){68, 89, 184}),
		.pm_timer = read_block(table, (struct fadt_block){76, 91, 208}),
	};
	read_reset(table, out);
	return OK;
}

enum {
	MCFG_ENTRIES = 44,
	MCFG_ENTRY_SIZE = 16,
};

u32 acpi_mcfg_count(const struct acpi_table *table)
{
	return table->size < MCFG_ENTRIES ? 0 : (table->size - MCFG_ENTRIES) / MCFG_ENTRY_SIZE;
}

enum status acpi_mcfg_entry(const struct acpi_table *table, u32 index, struct acpi_mcfg_entry *out,
			    struct error *err)
{
	const u8 *entry = table->bytes + MCFG_ENTRIES + index * MCFG_ENTRY_SIZE;

	*out = (struct acpi_mcfg_entry){
		.base = bytes_get64(entry),
		.segment = bytes_get16(entry + 8),
		.first_bus = entry[10],
		.last_bus = entry[11],
	};
	if (out->first_bus > out->last_bus)
		return fail(err, ERR_INVALID, "ACPI: MCFG: segment %u: bus %u to %u", out->segment,
			    out->first_bus, out->last_bus);
	return OK;
}

/* The baud rates by their code; code 0 and any other: as the firmware left it. */
static u32 spcr_baud(u8 code)
{
	static const u32 rates[] = {0, 0, 0, 9600, 19200, 0, 57600, 115200};

	return code < ARRAY_SIZE(rates) ? rates[code] : 0;
}

enum status acpi_spcr_parse(const struct acpi_table *table, struct acpi_spcr *out,
			    struct error *err)
{
	enum status status = acpi_table_demand(table, 76, err);
	const u8 *spcr = table->bytes;

	if (status != OK)
		return status;
	*out = (struct acpi_spcr){
		.interface = spcr[36],
		.address = read_address(spcr + 40),
		.gsi = bytes_get32(spcr + 54),
		.baud = spcr_baud(spcr[58]),
	};
	return OK;
}

enum status acpi_hpet_parse(const struct acpi_table *table, struct acpi_hpet *out,
			    struct error *err)
{
	enum status status = acpi_table_demand(table, 56, err);
	struct acpi_address base;
	u32 id;

	if (status != OK)
		return status;
	id = bytes_get32(table->bytes + 36);
	base = read_address(table->bytes + 40);
	if (base.space != ACPI_SPACE_MEMORY || base.address == 0)
		return fail(err, ERR_UNSUPPORTED, "ACPI: HPET: registers in space %u at 0x%llx",
			    base.space, base.address);
	*out = (struct acpi_hpet){
		.address = base.address,
		.number = table->bytes[52],
		.min_tick = bytes_get16(table->bytes + 53),
		.comparators = (u8)(bits_get(id, 12, 8) + 1),
		.wide = id & BIT(13),
	};
	return OK;
}
