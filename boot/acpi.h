/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decodes the ACPI tables that the hypervisor needs. Every function reads bytes
 * that the caller has mapped and keeps no state. Pure.
 *
 * Order of use: acpi_rsdp_parse on the boot information's copy of the RSDP; map
 * ACPI_HEADER_SIZE bytes of a table and call acpi_table_size; map the number of
 * bytes that it returned and call acpi_table_check; decode the table.
 *
 * Source: ACPI Specification 6.4, "ACPI Software Programming Model".
 */
#pragma once

#include "core/base/status.h"
#include "core/base/types.h"

enum {
	ACPI_HEADER_SIZE = 36,
	ACPI_TABLE_MAX = 1024 * 1024, /* bytes; a longer table counts as corrupt */
};

/* "Root System Description Pointer (RSDP)". */
struct acpi_rsdp {
	u8 revision; /* 0: ACPI 1.0, no XSDT */
	u64 rsdt;    /* host physical; 0: none */
	u64 xsdt;    /* host physical; 0: none */
};

/* A table whose signature, length and checksum have been verified. */
struct acpi_table {
	const u8 *bytes;
	u32 size;
};

/* "Generic Address Structure (GAS)". */
enum acpi_space { ACPI_SPACE_MEMORY = 0, ACPI_SPACE_IO = 1, ACPI_SPACE_PCI = 2 };

struct acpi_address {
	u8 space; /* enum acpi_space; any other value is unsupported */
	u8 bit_width, bit_offset;
	u8 access;   /* 0 undefined, 1 byte, 2 word, 3 dword, 4 qword */
	u64 address; /* 0: the register does not exist */
};

/*
 * Checks the signature, both checksums and the lengths of the RSDP at bytes.
 * ERR_INVALID, ERR_RANGE (size too small), ERR_CHECKSUM.
 */
enum status acpi_rsdp_parse(const void *bytes, size_t size, struct acpi_rsdp *out,
			    struct error *err) must_check;

/*
 * The length that the header at bytes (ACPI_HEADER_SIZE of them) declares.
 * ERR_RANGE when it is not within [ACPI_HEADER_SIZE, ACPI_TABLE_MAX].
 */
enum status acpi_table_size(const void *bytes, u32 *size, struct error *err) must_check;

/*
 * Verifies the table at bytes, of which size are mapped. signature is four
 * characters, or NULL for any. ERR_INVALID, ERR_RANGE, ERR_CHECKSUM.
 */
enum status acpi_table_check(const void *bytes, size_t size, const char *signature,
			     struct acpi_table *out, struct error *err) must_check;

/* True if the table has this signature of four characters. */
bool acpi_table_is(const struct acpi_table *table, const char *signature);

/*
 * The number of tables that an RSDT or XSDT lists, and the host physical address
 * in entry index (less than the number). The address may be 0.
 */
u32 acpi_root_count(const struct acpi_table *root);
u64 acpi_root_entry(const struct acpi_table *root, u32 index);

/* "Multiple APIC Description Table (MADT)": the types of entries that acpi_madt_next decodes. */
enum acpi_madt_type {
	ACPI_MADT_LAPIC = 0,
	ACPI_MADT_IOAPIC = 1,
	ACPI_MADT_OVERRIDE = 2,
	ACPI_MADT_NMI_SOURCE = 3,
	ACPI_MADT_LAPIC_NMI = 4,
	ACPI_MADT_LAPIC_ADDRESS = 5,
	ACPI_MADT_X2APIC = 9,
	ACPI_MADT_X2APIC_NMI = 10,
};

/* "MPS INTI Flags". */
enum acpi_inti {
	ACPI_INTI_POLARITY_MASK = 3, /* 0 as the bus has it, 1 high, 3 low */
	ACPI_INTI_TRIGGER_SHIFT = 2, /* two bits: 0 as the bus has it, 1 edge, 3 level */
};

enum { ACPI_MADT_ALL_CPUS = UINT32_MAX };

struct acpi_madt_entry {
	u8 type; /* enum acpi_madt_type */
	union {
		struct {
			u32 uid, apic_id;
			bool enabled, online_capable;
		} cpu; /* LAPIC and X2APIC */
		struct {
			u8 id;
			u32 address, gsi_base;
		} ioapic;
		struct {
			u8 bus, irq;
			u32 gsi;
			u16 inti;
		} override;
		struct {
			u16 inti;
			u32 gsi;
		} nmi_source;
		struct {
			u32 uid; /* or ACPI_MADT_ALL_CPUS */
			u16 inti;
			u8 lint; /* 0 or 1 */
		} lapic_nmi;	 /* LAPIC_NMI and X2APIC_NMI */
		u64 lapic_address;
	};
};

struct acpi_madt {
	const struct acpi_table *table;
	u32 offset; /* of the next entry */
	u32 lapic_address;
	bool has_8259; /* PCAT_COMPAT */
};

/* Prepares madt for acpi_madt_next; table must stay. ERR_RANGE: the table is too short. */
enum status acpi_madt_open(const struct acpi_table *table, struct acpi_madt *madt,
			   struct error *err) must_check;

/*
 * Decodes the next entry of a type listed above; skips other types.
 * ERR_NOT_FOUND: no more entries (err is unchanged). ERR_INVALID: a malformed
 * entry; the entries after it cannot be found, so later calls return
 * ERR_NOT_FOUND.
 */
enum status acpi_madt_next(struct acpi_madt *madt, struct acpi_madt_entry *entry,
			   struct error *err) must_check;

/*
 * True if the entry describes a CPU. A CPU whose APIC ID does not fit into a
 * LAPIC entry has an X2APIC entry; if firmware adds a LAPIC entry for such a CPU,
 * the ID there is 255, and that entry does not count.
 */
bool acpi_madt_is_cpu(const struct acpi_madt_entry *entry);

/* "Fixed ACPI Description Table Fixed Feature Flags". */
enum acpi_fadt_flags {
	ACPI_FADT_TMR_VAL_EXT = 1 << 8, /* the PM timer has 32 bits, else 24 */
	ACPI_FADT_RESET_REG_SUP = 1 << 10,
	ACPI_FADT_HW_REDUCED = 1 << 20,
};

/* "IA-PC Boot Architecture Flags". */
enum acpi_boot_arch {
	ACPI_BOOT_LEGACY_DEVICES = 1 << 0,
	ACPI_BOOT_8042 = 1 << 1,
	ACPI_BOOT_NO_VGA = 1 << 2,
};

/* "Fixed ACPI Description Table (FADT)". A register block has its extended address if given. */
struct acpi_fadt {
	u64 dsdt; /* host physical; 0: none */
	u16 sci_irq;
	u16 boot_arch;
	u32 smi_command; /* I/O port; 0: none, or always in ACPI mode */
	u8 acpi_enable, acpi_disable;
	u32 flags;
	struct acpi_address pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm_timer;
	struct acpi_address reset; /* address 0 unless ACPI_FADT_RESET_REG_SUP */
	u8 reset_value;
};

/* ERR_RANGE: the table is too short. */
enum status acpi_fadt_parse(const struct acpi_table *table, struct acpi_fadt *out,
			    struct error *err) must_check;

/* PCI Firmware Specification, "MCFG Table Description". */
struct acpi_mcfg_entry {
	u64 base; /* ECAM of bus 0 of the segment, host physical */
	u16 segment;
	u8 first_bus, last_bus; /* first_bus <= last_bus */
};

u32 acpi_mcfg_count(const struct acpi_table *table);

/* index < acpi_mcfg_count. ERR_INVALID: the first bus is greater than the last. */
enum status acpi_mcfg_entry(const struct acpi_table *table, u32 index, struct acpi_mcfg_entry *out,
			    struct error *err) must_check;

/* "Serial Port Console Redirection Table", Microsoft. */
struct acpi_spcr {
	u8 interface; /* 0, 1: 16550-compatible; 18: 16550 with access size from the address */
	struct acpi_address address;
	u32 gsi;  /* 0: none given */
	u32 baud; /* 0: as the firmware left it */
};

/* ERR_RANGE: the table is too short. */
enum status acpi_spcr_parse(const struct acpi_table *table, struct acpi_spcr *out,
			    struct error *err) must_check;

/* IA-PC HPET Specification, "The ACPI 2.0 HPET Description Table (HPET)". */
struct acpi_hpet {
	u64 address; /* host physical */
	u8 number;
	u16 min_tick;	/* in main counter ticks, periodic mode */
	u8 comparators; /* 1 to 32 */
	bool wide;	/* the main counter has 64 bits */
};

/* ERR_RANGE: the table is too short. ERR_UNSUPPORTED: the registers are not in memory, or at 0. */
enum status acpi_hpet_parse(const struct acpi_table *table, struct acpi_hpet *out,
			    struct error *err) must_check;
