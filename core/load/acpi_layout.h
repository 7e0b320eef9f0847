/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How ACPI tables lie in memory, and the values in them that a guest of ours
 * needs: ACPI 6.4 "ACPI Software Programming Model". Layout only, for
 * core/load/acpi.c.
 */
#pragma once

#include "core/base/bits.h"

/* ACPI "System Description Table Header" */
struct __attribute__((packed)) acpi_header {
	char signature[4];
	u32 length;
	u8 revision;
	u8 checksum;
	char oem_id[6];
	char oem_table_id[8];
	u32 oem_revision;
	char creator_id[4];
	u32 creator_revision;
};
static_assert(sizeof(struct acpi_header) == 36, "ACPI header");

/* ACPI "Root System Description Pointer (RSDP) Structure" */
struct __attribute__((packed)) acpi_rsdp {
	char signature[8];
	u8 checksum; /* of the first 20 bytes */
	char oem_id[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
	u8 checksum_all;
	u8 reserved_33[3];
};
static_assert(sizeof(struct acpi_rsdp) == 36, "RSDP");
enum { RSDP_V1_SIZE = 20 };

/* What RSDT and XSDT list. */
enum acpi_listed { LISTED_FADT, LISTED_MADT, LISTED_COUNT };

struct __attribute__((packed)) acpi_rsdt {
	struct acpi_header header;
	u32 table[LISTED_COUNT];
};

struct __attribute__((packed)) acpi_xsdt {
	struct acpi_header header;
	u64 table[LISTED_COUNT];
};

/* ACPI "Generic Address Structure" */
struct __attribute__((packed)) acpi_gas {
	u8 space;
	u8 bits;
	u8 offset;
	u8 access;
	u64 address;
};
static_assert(sizeof(struct acpi_gas) == 12, "generic address");
enum { GAS_SYSTEM_IO = 1 };
enum { GAS_BYTE = 1, GAS_WORD = 2, GAS_DWORD = 3 };

/* ACPI "Fixed ACPI Description Table (FADT)" */
struct __attribute__((packed)) acpi_fadt {
	struct acpi_header header;
	u32 firmware_ctrl;
	u32 dsdt;
	u8 reserved_44;
	u8 preferred_pm_profile;
	u16 sci_int;
	u32 smi_cmd; /* 0: the machine is always in ACPI mode */
	u8 acpi_enable, acpi_disable, s4bios_req, pstate_cnt;
	u32 pm1a_evt_blk, pm1b_evt_blk, pm1a_cnt_blk, pm1b_cnt_blk;
	u32 pm2_cnt_blk, pm_tmr_blk, gpe0_blk, gpe1_blk;
	u8 pm1_evt_len, pm1_cnt_len, pm2_cnt_len, pm_tmr_len;
	u8 gpe0_blk_len, gpe1_blk_len, gpe1_base, cst_cnt;
	u16 p_lvl2_lat, p_lvl3_lat, flush_size, flush_stride;
	u8 duty_offset, duty_width, day_alrm, mon_alrm, century;
	u16 iapc_boot_arch;
	u8 reserved_111;
	u32 flags;
	struct acpi_gas reset_reg;
	u8 reset_value;
	u16 arm_boot_arch;
	u8 minor_version;
	u64 x_firmware_ctrl;
	u64 x_dsdt;
	struct acpi_gas x_pm1a_evt_blk, x_pm1b_evt_blk, x_pm1a_cnt_blk, x_pm1b_cnt_blk;
	struct acpi_gas x_pm2_cnt_blk, x_pm_tmr_blk, x_gpe0_blk, x_gpe1_blk;
	struct acpi_gas sleep_control_reg, sleep_status_reg;
	u64 hypervisor_vendor;
};
static_assert(offsetof(struct acpi_fadt, pm1a_evt_blk) == 56, "FADT PM1a");
static_assert(offsetof(struct acpi_fadt, iapc_boot_arch) == 109, "FADT boot flags");
static_assert(offsetof(struct acpi_fadt, reset_reg) == 116, "FADT reset");
static_assert(offsetof(struct acpi_fadt, x_dsdt) == 140, "FADT X_DSDT");
static_assert(sizeof(struct acpi_fadt) == 276, "FADT revision 6");

enum {
	FADT_REVISION = 6,
	FADT_MINOR = 4,
	FADT_PROFILE_UNSPECIFIED = 0,
	FADT_NO_C2 = 101, /* latencies above 100 and 1000 us: there is no such state */
	FADT_NO_C3 = 1001,
	FADT_CENTURY = 0x32, /* its index in the CMOS memory of drivers/virt/rtc.h */
};

/* ACPI "IA-PC Boot Architecture Flags". What is not set matters as much: no 8042, and a CMOS RTC.
 */
enum fadt_boot_flag {
	BOOT_LEGACY_DEVICES = BIT(0),
	BOOT_NO_VGA = BIT(2),
	BOOT_NO_MSI = BIT(3),
	BOOT_NO_ASPM = BIT(4),
};

/* ACPI "Fixed ACPI Description Table Fixed Feature Flags" */
enum fadt_flag {
	FADT_WBINVD = BIT(0),
	FADT_PROC_C1 = BIT(2),
	FADT_PWR_BUTTON = BIT(4), /* set: NOT a fixed button. Ours is one. */
	FADT_SLP_BUTTON = BIT(5), /* set: no fixed sleep button */
	FADT_FIX_RTC = BIT(6),	  /* set: RTC wake status not in PM1 */
	FADT_TMR_VAL_EXT = BIT(8),
	FADT_RESET_REG_SUP = BIT(10),
	FADT_HEADLESS = BIT(12),
};

/* ACPI "Firmware ACPI Control Structure (FACS)" */
struct __attribute__((packed)) acpi_facs {
	char signature[4];
	u32 length;
	u32 hardware_signature;
	u32 waking_vector;
	u32 global_lock;
	u32 flags;
	u64 x_waking_vector;
	u8 version;
	u8 reserved_33[3];
	u32 ospm_flags;
	u8 reserved_40[24];
};
static_assert(sizeof(struct acpi_facs) == 64, "FACS");
enum { FACS_VERSION = 2, FACS_ALIGN = 64 };

/* ACPI "Multiple APIC Description Table (MADT)" and the structures in it */
struct __attribute__((packed)) acpi_madt {
	struct acpi_header header;
	u32 lapic_address;
	u32 flags;
};
enum { MADT_REVISION = 5, MADT_PCAT_COMPAT = 1 };

enum madt_type {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LAPIC_NMI = 4,
	MADT_X2APIC = 9,
	MADT_X2APIC_NMI = 10,
};

enum {
	MADT_ENABLED = 1,
	MADT_XAPIC_IDS = 255, /* IDs from here on, 0xFF being broadcast, need type 9 */
	MADT_ALL_LAPICS = 0xff,
	MADT_LINT_NMI = 1,
};
#define MADT_ALL_X2APICS 0xffffffffu

/* ACPI "MPS INTI Flags" */
enum madt_inti { INTI_BUS_DEFAULT = 0, INTI_LEVEL_HIGH = 0xd };

struct __attribute__((packed)) madt_lapic {
	u8 type, length, uid, apic_id;
	u32 flags;
};
static_assert(sizeof(struct madt_lapic) == 8, "MADT type 0");

struct __attribute__((packed)) madt_ioapic {
	u8 type, length, id, reserved_3;
	u32 address, gsi_base;
};
static_assert(sizeof(struct madt_ioapic) == 12, "MADT type 1");

struct __attribute__((packed)) madt_override {
	u8 type, length, bus, irq;
	u32 gsi;
	u16 flags;
};
static_assert(sizeof(struct madt_override) == 10, "MADT type 2");

struct __attribute__((packed)) madt_lapic_nmi {
	u8 type, length, uid;
	u16 flags;
	u8 lint;
};
static_assert(sizeof(struct madt_lapic_nmi) == 6, "MADT type 4");

struct __attribute__((packed)) madt_x2apic {
	u8 type, length;
	u16 reserved_2;
	u32 apic_id, flags, uid;
};
static_assert(sizeof(struct madt_x2apic) == 16, "MADT type 9");

struct __attribute__((packed)) madt_x2apic_nmi {
	u8 type, length;
	u16 flags;
	u32 uid;
	u8 lint, reserved_9[3];
};
static_assert(sizeof(struct madt_x2apic_nmi) == 12, "MADT type 10");
