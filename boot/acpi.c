/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the RSDP and the tables that list other tables (RSDT, XSDT), verifies
 * tables, and decodes MADT, FADT, MCFG, SPCR and HPET. Firmware is not trusted:
 * a table is decoded only after its length and its checksum were verified, and
 * no byte past that length is read. Never maps memory, never logs. Pure.
 */
#include "boot/acpi.h"

#include "core/base/bits.h"
#include "core/base/bytes.h"

static bool sums_to_zero(const u8 *bytes, size_t size)
{
	u8 sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = (u8)(sum + bytes[i]);
	return sum == 0;
}

enum {
	RSDP_SIZE_1 = 20, /* bytes of an ACPI 1.0 RSDP, all under the first checksum */
	/* ACPI 2.0 and later; the length field says how much the second checksum covers. */
	RSDP_SIZE_2 = 36,
};

/* Verifies and decodes the part of the RSDP that ACPI 2.0 added. */
static enum status rsdp_extend(const u8 *bytes, size_t size, struct acpi_rsdp *out,
			       struct error *err)
{
	u32 length;

	if (size < RSDP_SIZE_2)
		return fail(err, ERR_RANGE, "ACPI: RSDP of revision %u has only %zu bytes",
			    out->revision, size);
	length = bytes_get32(bytes + 20);
	if (length < RSDP_SIZE_2 || length > size)
		return fail(err, ERR_RANGE, "ACPI: RSDP length %u is not within 36 and %zu", length,
			    size);
	if (!sums_to_zero(bytes, length))
		return fail(err, ERR_CHECKSUM, "ACPI: RSDP: bad extended checksum");
	out->xsdt = bytes_get64(bytes + 24);
	return OK;
}

enum status acpi_rsdp_parse(const void *bytes, size_t size, struct acpi_rsdp *out,
			    struct error *err)
{
	const u8 *rsdp = bytes;

	memset(out, 0, sizeof(*out));
	if (size < RSDP_SIZE_1)
		return fail(err, ERR_RANGE, "ACPI: RSDP has only %zu bytes", size);
	if (memcmp(rsdp, "RSD PTR ", 8) != 0)
		return fail(err, ERR_INVALID, "ACPI: RSDP: bad signature");
	if (!sums_to_zero(rsdp, RSDP_SIZE_1))
		return fail(err, ERR_CHECKSUM, "ACPI: RSDP: bad checksum");
	out->revision = rsdp[15];
	out->rsdt = bytes_get32(rsdp + 16);
	return out->revision < 2 ? OK : rsdp_extend(rsdp, size, out, err);
}

enum status acpi_table_size(const void *bytes, u32 *size, struct error *err)
{
	u32 length = bytes_get32((const u8 *)bytes + 4);

	if (length < ACPI_HEADER_SIZE || length > ACPI_TABLE_MAX)
		return fail(err, ERR_RANGE, "ACPI: %.4s: length %u is not within %d and %d",
			    (const char *)bytes, length, ACPI_HEADER_SIZE, ACPI_TABLE_MAX);
	*size = length;
	return OK;
}

enum status acpi_table_check(const void *bytes, size_t size, const char *signature,
			     struct acpi_table *out, struct error *err)
{
	enum status status;
	u32 length = 0;

	if (size < ACPI_HEADER_SIZE)
		return fail(err, ERR_RANGE, "ACPI: only %zu bytes of a table's header", size);
	if (signature && memcmp(bytes, signature, 4) != 0)
		return fail(err, ERR_INVALID, "ACPI: found %.4s where %s should be",
			    (const char *)bytes, signature);
	status = acpi_table_size(bytes, &length, err);
	if (status != OK)
		return status;
	if (length > size)
		return fail(err, ERR_RANGE, "ACPI: %.4s: length %u, only %zu bytes there",
			    (const char *)bytes, length, size);
	if (!sums_to_zero(bytes, length))
		return fail(err, ERR_CHECKSUM, "ACPI: %.4s: bad checksum", (const char *)bytes);
	*out = (struct acpi_table){bytes, length};
	return OK;
}

bool acpi_table_is(const struct acpi_table *table, const char *signature)
{
	return memcmp(table->bytes, signature, 4) == 0;
}

/* ERR_RANGE unless the table has at least least bytes. */
static enum status check_size(const struct acpi_table *table, u32 least, struct error *err)
{
	if (table->size >= least)
		return OK;
	return fail(err, ERR_RANGE, "ACPI: %.4s: %u bytes, at least %u needed",
		    (const char *)table->bytes, table->size, least);
}

static u32 root_stride(const struct acpi_table *root)
{
	return acpi_table_is(root, "XSDT") ? 8 : 4;
}

u32 acpi_root_count(const struct acpi_table *root)
{
	return (root->size - ACPI_HEADER_SIZE) / root_stride(root);
}

u64 acpi_root_entry(const struct acpi_table *root, u32 index)
{
	u32 stride = root_stride(root);
	const u8 *entry = root->bytes + ACPI_HEADER_SIZE + index * stride;

	return stride == 8 ? bytes_get64(entry) : bytes_get32(entry);
}

enum {
	MADT_ENTRIES = 44, /* offset of the first entry */
	MADT_PCAT_COMPAT = BIT(0),
	MADT_CPU_ENABLED = BIT(0),
	MADT_CPU_ONLINE_CAPABLE = BIT(1),
	MADT_ID8_NONE = 0xff, /* in a Local APIC entry: the ID is in an x2APIC one */
	MADT_UID8_ALL = 0xff, /* in a Local APIC NMI entry: all processors */
};

enum status acpi_madt_open(const struct acpi_table *table, struct acpi_madt *madt,
			   struct error *err)
{
	enum status status = check_size(table, MADT_ENTRIES, err);

	if (status != OK)
		return status;
	*madt = (struct acpi_madt){
		.table = table,
		.offset = MADT_ENTRIES,
		.lapic_address = bytes_get32(table->bytes + 36),
		.has_8259 = bytes_get32(table->bytes + 40) & MADT_PCAT_COMPAT,
	};
	return OK;
}

static void set_cpu(struct acpi_madt_entry *entry, u32 uid, u32 apic_id, u32 flags)
{
	entry->cpu.uid = uid;
	entry->cpu.apic_id = apic_id;
	entry->cpu.enabled = flags & MADT_CPU_ENABLED;
	entry->cpu.online_capable = flags & MADT_CPU_ONLINE_CAPABLE;
}

/* Least size in bytes of each type that is decoded ("Interrupt Controller Structure Types"). */
static const u8 madt_sizes[] = {
	// clang-format off
	[ACPI_MADT_LAPIC]         = 8,
	[ACPI_MADT_IOAPIC]        = 12,
	[ACPI_MADT_OVERRIDE]      = 10,
	[ACPI_MADT_NMI_SOURCE]    = 8,
	[ACPI_MADT_LAPIC_NMI]     = 6,
	[ACPI_MADT_LAPIC_ADDRESS] = 12,
	[ACPI_MADT_X2APIC]        = 16,
	[ACPI_MADT_X2APIC_NMI]    = 12,
	// clang-format on
};

/* Decodes an entry of entry->type, at least madt_sizes[entry->type] bytes long. */
static void madt_decode(const u8 *bytes, struct acpi_madt_entry *entry)
{
	switch (entry->type) {
	case ACPI_MADT_LAPIC:
		set_cpu(entry, bytes[2], bytes[3], bytes_get32(bytes + 4));
		break;
	case ACPI_MADT_IOAPIC:
		entry->ioapic.id = bytes[2];
		entry->ioapic.address = bytes_get32(bytes + 4);
		entry->ioapic.gsi_base = bytes_get32(bytes + 8);
		break;
	case ACPI_MADT_OVERRIDE:
		entry->override.bus = bytes[2];
		entry->override.irq = bytes[3];
		entry->override.gsi = bytes_get32(bytes + 4);
		entry->override.inti = bytes_get16(bytes + 8);
		break;
	case ACPI_MADT_NMI_SOURCE:
		entry->nmi_source.inti = bytes_get16(bytes + 2);
		entry->nmi_source.gsi = bytes_get32(bytes + 4);
		break;
	case ACPI_MADT_LAPIC_NMI:
		entry->lapic_nmi.uid = bytes[2] == MADT_UID8_ALL ? ACPI_MADT_ALL_CPUS : bytes[2];
		entry->lapic_nmi.inti = bytes_get16(bytes + 3);
		entry->lapic_nmi.lint = bytes[5];
		break;
	case ACPI_MADT_LAPIC_ADDRESS:
		entry->lapic_address = bytes_get64(bytes + 4);
		break;
	case ACPI_MADT_X2APIC:
		set_cpu(entry, bytes_get32(bytes + 12), bytes_get32(bytes + 4),
			bytes_get32(bytes + 8));
		break;
	case ACPI_MADT_X2APIC_NMI:
		entry->lapic_nmi.inti = bytes_get16(bytes + 2);
		entry->lapic_nmi.uid = bytes_get32(bytes + 4);
		entry->lapic_nmi.lint = bytes[8];
		break;
	}
}

enum status acpi_madt_next(struct acpi_madt *madt, struct acpi_madt_entry *entry, struct error *err)
{
	u32 size = madt->table->size;

	while (madt->offset < size) {
		u32 offset = madt->offset;
		const u8 *bytes = madt->table->bytes + offset;
		u8 type = bytes[0];
		u8 length = range_fits(offset, 2, size) ? bytes[1] : 0;
		u8 least = type < ARRAY_SIZE(madt_sizes) ? madt_sizes[type] : 0;

		if (length < 2 || !range_fits(offset, length, size) || length < least) {
			madt->offset = size; /* where the next entry begins is unknown */
			return fail(err, ERR_INVALID,
				    "ACPI: APIC: entry of type %u at %u has length %u (table %u)",
				    type, offset, length, size);
		}
		madt->offset += length;
		if (!least)
			continue;
		memset(entry, 0, sizeof(*entry));
		entry->type = type;
		madt_decode(bytes, entry);
		return OK;
	}
	return ERR_NOT_FOUND;
}

bool acpi_madt_is_cpu(const struct acpi_madt_entry *entry)
{
	if (entry->type == ACPI_MADT_LAPIC)
		return entry->cpu.apic_id != MADT_ID8_NONE;
	return entry->type == ACPI_MADT_X2APIC;
}

/* --- Tables of devices --- */

enum {
	GAS_SIZE = 12,
	FADT_SIZE_1 = 116, /* bytes of an ACPI 1.0 FADT */
};

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

/* Where a FADT describes a register block: offsets of fields in the table. */
struct fadt_block {
	u32 port, port_bytes; /* I/O port (u32) and number of bytes (u8) */
	u32 extended;	      /* generic address, not in every version of the table */
};

/* The extended field, if the table contains it and its address is not 0; else the port. */
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

enum status acpi_fadt_parse(const struct acpi_table *table, struct acpi_fadt *out,
			    struct error *err)
{
	enum status status = check_size(table, FADT_SIZE_1, err);
	const u8 *fadt = table->bytes;

	if (status != OK)
		return status;
	*out = (struct acpi_fadt){
		.dsdt = range_fits(140, 8, table->size) ? bytes_get64(fadt + 140) : 0,
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
	if (out->dsdt == 0)
		out->dsdt = bytes_get32(fadt + 40);
	if ((out->flags & ACPI_FADT_RESET_REG_SUP) && table->size >= 129) {
		out->reset = read_address(fadt + 116);
		out->reset_value = fadt[128];
	}
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

/* The rate in baud for a code of the table. 0: unknown code, or "as the firmware left it". */
static u32 spcr_baud(u8 code)
{
	static const u32 rates[] = {0, 0, 0, 9600, 19200, 0, 57600, 115200};

	return code < ARRAY_SIZE(rates) ? rates[code] : 0;
}

enum status acpi_spcr_parse(const struct acpi_table *table, struct acpi_spcr *out,
			    struct error *err)
{
	enum status status = check_size(table, 76, err);
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
	enum status status = check_size(table, 56, err);
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
