/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/acpi with tables written by hand from the ACPI Specification. */
#include <stdlib.h>

#include "tests/unit/test.h"

#include "boot/acpi.h"
#include "core/base/bits.h"
#include "core/base/bytes.h"

static u8 bytes[1024];
static struct error err;
static struct acpi_table table;

static void fix_sum(size_t size, size_t at)
{
	u8 sum = 0;

	bytes[at] = 0;
	for (size_t i = 0; i < size; i++)
		sum = (u8)(sum + bytes[i]);
	bytes[at] = (u8)-sum;
}

static void begin(const char *signature, u32 size)
{
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, signature, 4);
	bytes_put32(bytes + 4, size);
}

/* Checks a copy of the exact size, so that the sanitizer sees any read past its end. */
static enum status check(const char *signature)
{
	static u8 *copy;
	u32 size = bytes_get32(bytes + 4);

	fix_sum(size, 9);
	free(copy);
	copy = malloc(size);
	memcpy(copy, bytes, size);
	return acpi_table_check(copy, size, signature, &table, &err);
}

static void rsdp_begin(u8 revision)
{
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, "RSD PTR ", 8);
	bytes[15] = revision;
	bytes_put32(bytes + 16, 0x7fe0000);
	bytes_put32(bytes + 20, 36);
	bytes_put64(bytes + 24, 0x123456789000);
	fix_sum(20, 8);
	fix_sum(36, 32);
}

static void rsdp_of_both_revisions(void **state)
{
	struct acpi_rsdp rsdp;

	(void)state;
	rsdp_begin(0);
	assert_int_equal(acpi_rsdp_parse(bytes, 20, &rsdp, &err), OK);
	assert_int_equal(rsdp.rsdt, 0x7fe0000);
	assert_int_equal(rsdp.xsdt, 0);
	rsdp_begin(2);
	assert_int_equal(acpi_rsdp_parse(bytes, 36, &rsdp, &err), OK);
	assert_int_equal(rsdp.xsdt, 0x123456789000);
	assert_int_equal(rsdp.revision, 2);
}

static void rsdp_errors(void **state)
{
	struct acpi_rsdp rsdp;

	(void)state;
	rsdp_begin(2);
	assert_int_equal(acpi_rsdp_parse(bytes, 19, &rsdp, &err), ERR_RANGE);
	assert_int_equal(acpi_rsdp_parse(bytes, 35, &rsdp, &err), ERR_RANGE);
	bytes[35] = 1;
	assert_int_equal(acpi_rsdp_parse(bytes, 36, &rsdp, &err), ERR_CHECKSUM);
	rsdp_begin(2);
	bytes_put32(bytes + 20, 37);
	assert_int_equal(acpi_rsdp_parse(bytes, 36, &rsdp, &err), ERR_RANGE);
	bytes_put32(bytes + 20, 35);
	assert_int_equal(acpi_rsdp_parse(bytes, 36, &rsdp, &err), ERR_RANGE);
	rsdp_begin(0);
	bytes[16] ^= 1;
	assert_int_equal(acpi_rsdp_parse(bytes, 20, &rsdp, &err), ERR_CHECKSUM);
	rsdp_begin(0);
	bytes[7] = 'X';
	fix_sum(20, 8);
	assert_int_equal(acpi_rsdp_parse(bytes, 20, &rsdp, &err), ERR_INVALID);
}

static void table_errors(void **state)
{
	u32 size;

	(void)state;
	begin("APIC", 100);
	fix_sum(100, 9);
	assert_int_equal(acpi_table_check(bytes, 100, "APIC", &table, &err), OK);
	assert_true(acpi_table_is(&table, "APIC"));
	assert_int_equal(acpi_table_check(bytes, 1000, NULL, &table, &err), OK);
	assert_int_equal(table.size, 100);
	assert_int_equal(acpi_table_check(bytes, 100, "FACP", &table, &err), ERR_INVALID);
	assert_string_equal(err.text, "ACPI: found APIC where FACP should be");
	assert_int_equal(acpi_table_check(bytes, 99, "APIC", &table, &err), ERR_RANGE);
	assert_int_equal(acpi_table_check(bytes, 35, "APIC", &table, &err), ERR_RANGE);
	bytes[99] = 1;
	assert_int_equal(acpi_table_check(bytes, 100, "APIC", &table, &err), ERR_CHECKSUM);
	assert_string_equal(err.text, "ACPI: APIC: bad checksum");
	assert_int_equal(acpi_table_size(bytes, &size, &err), OK);
	assert_int_equal(size, 100);
	bytes_put32(bytes + 4, 35);
	assert_int_equal(acpi_table_size(bytes, &size, &err), ERR_RANGE);
	bytes_put32(bytes + 4, ACPI_TABLE_MAX + 1);
	assert_int_equal(acpi_table_size(bytes, &size, &err), ERR_RANGE);
}

static void root_entries(void **state)
{
	(void)state;
	begin("XSDT", 36 + 17);
	bytes_put64(bytes + 36, 0x1122334455667788);
	bytes_put64(bytes + 44, 5);
	assert_int_equal(check("XSDT"), OK);
	assert_int_equal(acpi_root_count(&table), 2);
	assert_int_equal(acpi_root_entry(&table, 0), 0x1122334455667788);
	assert_int_equal(acpi_root_entry(&table, 1), 5);
	begin("RSDT", 36 + 8);
	bytes_put32(bytes + 36, 0xfffffff0);
	bytes_put32(bytes + 40, 6);
	assert_int_equal(check("RSDT"), OK);
	assert_int_equal(acpi_root_count(&table), 2);
	assert_int_equal(acpi_root_entry(&table, 0), 0xfffffff0);
	assert_int_equal(acpi_root_entry(&table, 1), 6);
	begin("RSDT", 36);
	assert_int_equal(check("RSDT"), OK);
	assert_int_equal(acpi_root_count(&table), 0);
}

static const u8 madt_entries[] = {
	0,   8,	 3,    7,    1,	   0,	 0,    0,		  /* LAPIC uid 3 id 7 enabled */
	127, 4,	 0xaa, 0xbb,					  /* unknown */
	1,   12, 2,    0,    0,	   0,	 0xc0, 0xfe, 24, 0, 0, 0, /* IOAPIC */
	2,   10, 0,    9,    20,   0,	 0,    0,    13, 0,	  /* IRQ 9 -> 20, high, level */
	3,   8,	 5,    0,    2,	   0,	 0,    0,		  /* NMI source GSI 2 */
	4,   6,	 0xff, 5,    0,	   1,				  /* NMI on LINT1 of all */
	4,   6,	 4,    0,    0,	   0,				  /* NMI on LINT0 of 4 */
	5,   12, 0,    0,    0,	   0,	 0xe0, 0xfe, 1,	 0, 0, 0, /* LAPIC at 0x1fee00000 */
	9,   16, 0,    0,    0,	   1,	 0,    0,    2,	 0, 0, 0,
	8,   1,	 0,    0, /* x2APIC id 0x100 capable uid 264 */
	10,  12, 1,    0,    0xff, 0xff, 0xff, 0xff, 1,	 0, 0, 0, /* x2APIC NMI of all */
};

static struct acpi_madt madt;
static struct acpi_madt_entry entry;

static void madt_begin(const u8 *entries, u32 size)
{
	begin("APIC", 44 + size);
	bytes_put32(bytes + 36, 0xfee00000);
	bytes[40] = 1;
	memcpy(bytes + 44, entries, size);
	assert_int_equal(check("APIC"), OK);
	assert_int_equal(acpi_madt_open(&table, &madt, &err), OK);
}

static void next(u8 type)
{
	assert_int_equal(acpi_madt_next(&madt, &entry, &err), OK);
	assert_int_equal(entry.type, type);
}

static void madt_decodes_each_type(void **state)
{
	(void)state;
	madt_begin(madt_entries, sizeof(madt_entries));
	assert_int_equal(madt.lapic_address, 0xfee00000);
	assert_true(madt.has_8259);
	next(ACPI_MADT_LAPIC);
	assert_int_equal(entry.cpu.uid, 3);
	assert_int_equal(entry.cpu.apic_id, 7);
	assert_true(entry.cpu.enabled && !entry.cpu.online_capable);
	next(ACPI_MADT_IOAPIC);
	assert_int_equal(entry.ioapic.id, 2);
	assert_int_equal(entry.ioapic.address, 0xfec00000);
	assert_int_equal(entry.ioapic.gsi_base, 24);
	next(ACPI_MADT_OVERRIDE);
	assert_int_equal(entry.override.bus, 0);
	assert_int_equal(entry.override.irq, 9);
	assert_int_equal(entry.override.gsi, 20);
	assert_int_equal(entry.override.inti & ACPI_INTI_POLARITY_MASK, 1);
	assert_int_equal(entry.override.inti >> ACPI_INTI_TRIGGER_SHIFT & 3, 3);
	next(ACPI_MADT_NMI_SOURCE);
	assert_int_equal(entry.nmi_source.inti, 5);
	assert_int_equal(entry.nmi_source.gsi, 2);
	next(ACPI_MADT_LAPIC_NMI);
	assert_int_equal(entry.lapic_nmi.uid, ACPI_MADT_ALL_CPUS);
	assert_int_equal(entry.lapic_nmi.inti, 5);
	assert_int_equal(entry.lapic_nmi.lint, 1);
	next(ACPI_MADT_LAPIC_NMI);
	assert_int_equal(entry.lapic_nmi.uid, 4);
	next(ACPI_MADT_LAPIC_ADDRESS);
	assert_int_equal(entry.lapic_address, 0x1fee00000);
	next(ACPI_MADT_X2APIC);
	assert_int_equal(entry.cpu.apic_id, 0x100);
	assert_int_equal(entry.cpu.uid, 264);
	assert_true(!entry.cpu.enabled && entry.cpu.online_capable);
	next(ACPI_MADT_X2APIC_NMI);
	assert_int_equal(entry.lapic_nmi.uid, ACPI_MADT_ALL_CPUS);
	assert_int_equal(entry.lapic_nmi.inti, 1);
	assert_int_equal(entry.lapic_nmi.lint, 1);
	assert_int_equal(acpi_madt_next(&madt, &entry, &err), ERR_NOT_FOUND);
}

/* A CPU with an ID of 256 or more may have two entries, but counts once. */
static void madt_names_cpus(void **state)
{
	static const u8 entries[] = {
		0, 8,  3, 0xfe, 1,    0, 0,    0, /* LAPIC 254 */
		0, 8,  4, 0xff, 1,    0, 0,    0, /* no CPU: its ID is in the next entry */
		9, 16, 0, 0,	0,    1, 0,    0,    1,	 0, 0, 0, 4, 0, 0, 0, /* x2APIC 256 */
		9, 16, 0, 0,	0xff, 0, 0,    0,    1,	 0, 0, 0, 5, 0, 0, 0, /* x2APIC 255 */
		1, 12, 2, 0,	0,    0, 0xc0, 0xfe, 24, 0, 0, 0,
	};
	static const bool cpus[] = {true, false, true, true, false};

	(void)state;
	madt_begin(entries, sizeof(entries));
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		assert_int_equal(acpi_madt_next(&madt, &entry, &err), OK);
		assert_int_equal(acpi_madt_is_cpu(&entry), cpus[i]);
	}
}

static void expect_malformed(const u8 *entries, u32 size)
{
	madt_begin(entries, size);
	next(ACPI_MADT_LAPIC);
	assert_int_equal(acpi_madt_next(&madt, &entry, &err), ERR_INVALID);
	assert_int_equal(acpi_madt_next(&madt, &entry, &err), ERR_NOT_FOUND);
}

static void madt_stops_at_malformed(void **state)
{
	static const u8 zero[] = {0, 8, 0, 0, 1, 0, 0, 0, 1, 0, 0};
	static const u8 one[] = {0, 8, 0, 0, 1, 0, 0, 0, 200, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	static const u8 lone[] = {0, 8, 0, 0, 1, 0, 0, 0, 0};
	static const u8 past[] = {0, 8, 0, 0, 1, 0, 0, 0, 200, 5, 0, 0};
	static const u8 brief[] = {0, 8, 0, 0, 1, 0, 0, 0, 1, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0};

	(void)state;
	expect_malformed(zero, sizeof(zero));
	assert_string_equal(err.text, "ACPI: APIC: entry of type 1 at 52 has length 0 (table 55)");
	expect_malformed(one, sizeof(one));
	expect_malformed(lone, sizeof(lone));
	expect_malformed(past, sizeof(past));
	expect_malformed(brief, sizeof(brief));
	begin("APIC", 43);
	assert_int_equal(check("APIC"), OK);
	assert_int_equal(acpi_madt_open(&table, &madt, &err), ERR_RANGE);
}

static void put_gas(u32 at, u8 space, u8 width, u64 address)
{
	bytes[at] = space;
	bytes[at + 1] = width;
	bytes_put64(bytes + at + 4, address);
}

static void fadt_begin(u32 size)
{
	begin("FACP", size);
	bytes_put32(bytes + 40, 0x7fe1000);
	bytes_put16(bytes + 46, 9);
	bytes_put32(bytes + 48, 0xb2);
	bytes[52] = 2;
	bytes[53] = 3;
	bytes_put32(bytes + 56, 0x600);
	bytes_put32(bytes + 64, 0x604);
	bytes_put32(bytes + 76, 0x608);
	memcpy(bytes + 88, (u8[]){4, 2, 0, 4}, 4);
	bytes_put16(bytes + 109, 3);
	bytes_put32(bytes + 112, ACPI_FADT_TMR_VAL_EXT | ACPI_FADT_RESET_REG_SUP);
}

static void fadt_of_acpi_1(void **state)
{
	struct acpi_fadt fadt;

	(void)state;
	fadt_begin(116);
	assert_int_equal(check("FACP"), OK);
	assert_int_equal(acpi_fadt_parse(&table, &fadt, &err), OK);
	assert_int_equal(fadt.dsdt, 0x7fe1000);
	assert_int_equal(fadt.sci_irq, 9);
	assert_int_equal(fadt.smi_command, 0xb2);
	assert_int_equal(fadt.acpi_enable, 2);
	assert_int_equal(fadt.acpi_disable, 3);
	assert_int_equal(fadt.boot_arch, ACPI_BOOT_LEGACY_DEVICES | ACPI_BOOT_8042);
	assert_int_equal(fadt.pm1a_event.address, 0x600);
	assert_int_equal(fadt.pm1a_event.bit_width, 32);
	assert_int_equal(fadt.pm1a_control.address, 0x604);
	assert_int_equal(fadt.pm1a_control.bit_width, 16);
	assert_int_equal(fadt.pm1b_control.address, 0);
	assert_int_equal(fadt.pm_timer.address, 0x608);
	assert_int_equal(fadt.pm_timer.space, ACPI_SPACE_IO);
	assert_int_equal(fadt.reset.address, 0);
	fadt_begin(115);
	assert_int_equal(check("FACP"), OK);
	assert_int_equal(acpi_fadt_parse(&table, &fadt, &err), ERR_RANGE);
}

static void fadt_prefers_extended(void **state)
{
	struct acpi_fadt fadt;

	(void)state;
	fadt_begin(244);
	put_gas(116, ACPI_SPACE_IO, 8, 0xcf9);
	bytes[128] = 0x0f;
	bytes_put64(bytes + 140, 0x100000000);
	put_gas(148, ACPI_SPACE_IO, 32, 0x1600);
	put_gas(160, ACPI_SPACE_IO, 32, 0x1610);
	put_gas(184, ACPI_SPACE_IO, 16, 0x1620);
	put_gas(208, ACPI_SPACE_MEMORY, 32, 0xfed80000);
	assert_int_equal(check("FACP"), OK);
	assert_int_equal(acpi_fadt_parse(&table, &fadt, &err), OK);
	assert_int_equal(fadt.dsdt, 0x100000000);
	assert_int_equal(fadt.pm1a_event.address, 0x1600);
	assert_int_equal(fadt.pm1b_event.address, 0x1610);
	assert_int_equal(fadt.pm1a_control.address, 0x604);
	assert_int_equal(fadt.pm1b_control.address, 0x1620);
	assert_int_equal(fadt.pm_timer.space, ACPI_SPACE_MEMORY);
	assert_int_equal(fadt.pm_timer.address, 0xfed80000);
	assert_int_equal(fadt.reset.address, 0xcf9);
	assert_int_equal(fadt.reset.bit_width, 8);
	assert_int_equal(fadt.reset_value, 0x0f);
	bytes_put32(bytes + 112, 0);
	assert_int_equal(check("FACP"), OK);
	assert_int_equal(acpi_fadt_parse(&table, &fadt, &err), OK);
	assert_int_equal(fadt.reset.address, 0);
}

static void mcfg_entries(void **state)
{
	struct acpi_mcfg_entry mcfg;

	(void)state;
	begin("MCFG", 44 + 33);
	bytes_put64(bytes + 44, 0xb0000000);
	bytes[55] = 255;
	bytes_put16(bytes + 68, 1);
	bytes[70] = 9;
	bytes[71] = 8;
	assert_int_equal(check("MCFG"), OK);
	assert_int_equal(acpi_mcfg_count(&table), 2);
	assert_int_equal(acpi_mcfg_entry(&table, 0, &mcfg, &err), OK);
	assert_int_equal(mcfg.base, 0xb0000000);
	assert_int_equal(mcfg.last_bus, 255);
	assert_int_equal(acpi_mcfg_entry(&table, 1, &mcfg, &err), ERR_INVALID);
	assert_string_equal(err.text, "ACPI: MCFG: segment 1: bus 9 to 8");
	begin("MCFG", 36);
	assert_int_equal(check("MCFG"), OK);
	assert_int_equal(acpi_mcfg_count(&table), 0);
}

static void spcr_and_hpet(void **state)
{
	struct acpi_spcr spcr;
	struct acpi_hpet hpet;

	(void)state;
	begin("SPCR", 80);
	put_gas(40, ACPI_SPACE_IO, 8, 0x3f8);
	bytes_put32(bytes + 54, 4);
	bytes[58] = 7;
	assert_int_equal(check("SPCR"), OK);
	assert_int_equal(acpi_spcr_parse(&table, &spcr, &err), OK);
	assert_int_equal(spcr.interface, 0);
	assert_int_equal(spcr.address.address, 0x3f8);
	assert_int_equal(spcr.gsi, 4);
	assert_int_equal(spcr.baud, 115200);
	bytes[58] = 3;
	assert_int_equal(check("SPCR"), OK);
	assert_int_equal(acpi_spcr_parse(&table, &spcr, &err), OK);
	assert_int_equal(spcr.baud, 9600);
	bytes[58] = 99;
	assert_int_equal(check("SPCR"), OK);
	assert_int_equal(acpi_spcr_parse(&table, &spcr, &err), OK);
	assert_int_equal(spcr.baud, 0);

	begin("HPET", 56);
	bytes_put32(bytes + 36, 0x8086a201);
	put_gas(40, ACPI_SPACE_MEMORY, 64, 0xfed00000);
	bytes_put16(bytes + 53, 0x80);
	assert_int_equal(check("HPET"), OK);
	assert_int_equal(acpi_hpet_parse(&table, &hpet, &err), OK);
	assert_int_equal(hpet.address, 0xfed00000);
	assert_int_equal(hpet.comparators, 3);
	assert_int_equal(hpet.min_tick, 0x80);
	assert_true(hpet.wide);
	bytes[40] = ACPI_SPACE_IO;
	assert_int_equal(check("HPET"), OK);
	assert_int_equal(acpi_hpet_parse(&table, &hpet, &err), ERR_UNSUPPORTED);
	begin("HPET", 55);
	assert_int_equal(check("HPET"), OK);
	assert_int_equal(acpi_hpet_parse(&table, &hpet, &err), ERR_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsdp_of_both_revisions),
		cmocka_unit_test(rsdp_errors),
		cmocka_unit_test(table_errors),
		cmocka_unit_test(root_entries),
		cmocka_unit_test(madt_decodes_each_type),
		cmocka_unit_test(madt_names_cpus),
		cmocka_unit_test(madt_stops_at_malformed),
		cmocka_unit_test(fadt_of_acpi_1),
		cmocka_unit_test(fadt_prefers_extended),
		cmocka_unit_test(mcfg_entries),
		cmocka_unit_test(spcr_and_hpet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
