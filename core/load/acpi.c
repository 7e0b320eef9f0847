/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds a guest's ACPI tables, one function a table. Describes the machine
 * that drivers/virt/ and apic/ model; never decides what that machine is.
 */
#include "core/load/acpi.h"

#include "core/base/bits.h"
#include "core/base/string.h"
#include "core/model/guest_map.h"
#include "drivers/virt/pm.h"

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

/* The tables that RSDT and XSDT list. */
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
	FADT_NO_C2 = 101, /* latencies above 100 and 1000 us mean that the state is absent */
	FADT_NO_C3 = 1001,
	FADT_CENTURY = 0x32, /* its index in the CMOS memory of drivers/virt/rtc.h */
};

/* ACPI "IA-PC Boot Architecture Flags". Flags not set here say: no 8042, and a CMOS RTC. */
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
	FADT_PWR_BUTTON = BIT(4), /* set: not a fixed button; clear here */
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
	MADT_XAPIC_IDS = 255, /* IDs from here on need type 9: 0xFF is broadcast */
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

/* Reserves memory in the buffer, front to back. After one failure (full) all others fail. */
struct builder {
	u8 *buffer;
	size_t size, used;
	u32 base;
	bool full;
};

static void *reserve(struct builder *b, size_t size, size_t align)
{
	size_t start = align_up(b->used, align);

	if (b->full || !range_fits(start, size, b->size)) {
		b->full = true;
		return NULL;
	}
	b->used = start + size;
	return memset(b->buffer + start, 0, size);
}

/* Appends bytes as they are. */
static void append(struct builder *b, const void *bytes, size_t size)
{
	void *at = reserve(b, size, 1);

	if (at)
		memcpy(at, bytes, size);
}

static u32 address_of(const struct builder *b, const void *at)
{
	return b->base + (u32)((const u8 *)at - b->buffer);
}

/* Returns the checksum that makes the sum of size bytes zero; their checksum field is zero now. */
static u8 checksum(const void *bytes, size_t size)
{
	const u8 *p = bytes;
	u8 sum = 0;

	while (size--)
		sum += *p++;
	return (u8)-sum;
}

/* Fills the header of a table whose other bytes are complete. */
static void seal(struct acpi_header *header, const char *signature, u8 revision, size_t length)
{
	memcpy(header->signature, signature, sizeof(header->signature));
	memcpy(header->oem_id, "ASHLAR", sizeof(header->oem_id));
	memcpy(header->oem_table_id, "ASHLARVM", sizeof(header->oem_table_id));
	memcpy(header->creator_id, "ASHL", sizeof(header->creator_id));
	header->length = (u32)length;
	header->revision = revision;
	header->oem_revision = 1;
	header->creator_revision = 1;
	header->checksum = 0;
	header->checksum = checksum(header, length);
}

static void append_cpu(struct builder *b, u32 id)
{
	struct madt_lapic lapic = {MADT_LAPIC, sizeof(lapic), (u8)id, (u8)id, MADT_ENABLED};
	struct madt_x2apic x2apic = {MADT_X2APIC, sizeof(x2apic), 0, id, MADT_ENABLED, id};

	if (id < MADT_XAPIC_IDS)
		append(b, &lapic, sizeof(lapic));
	else
		append(b, &x2apic, sizeof(x2apic));
}

/* LINT1 is NMI on every CPU, as on a PC. */
static void append_nmi(struct builder *b, u32 vcpus)
{
	static const struct madt_lapic_nmi lapics = {
		.type = MADT_LAPIC_NMI,
		.length = sizeof(lapics),
		.uid = MADT_ALL_LAPICS,
		.lint = MADT_LINT_NMI,
	};
	const struct madt_x2apic_nmi x2apics = {
		.type = MADT_X2APIC_NMI,
		.length = sizeof(x2apics),
		.uid = MADT_ALL_X2APICS,
		.lint = MADT_LINT_NMI,
	};

	append(b, &lapics, sizeof(lapics));
	if (vcpus > MADT_XAPIC_IDS)
		append(b, &x2apics, sizeof(x2apics));
}

static struct acpi_madt *build_madt(struct builder *b, u32 vcpus)
{
	static const struct madt_ioapic ioapic = {
		.type = MADT_IOAPIC,
		.length = sizeof(ioapic),
		.address = GUEST_IOAPIC_BASE,
	};
	/* The 8254 is wired to pin 2; the SCI, unlike ISA lines, is a level. */
	static const struct madt_override overrides[] = {
		{MADT_OVERRIDE, sizeof(overrides[0]), 0, 0, 2, INTI_BUS_DEFAULT},
		{MADT_OVERRIDE, sizeof(overrides[0]), 0, PM_SCI_IRQ, PM_SCI_IRQ, INTI_LEVEL_HIGH},
	};
	struct acpi_madt *madt = reserve(b, sizeof(*madt), 8);

	for (u32 id = 0; id < vcpus && !b->full; id++)
		append_cpu(b, id);
	append(b, &ioapic, sizeof(ioapic));
	append(b, overrides, sizeof(overrides));
	append_nmi(b, vcpus);
	if (b->full)
		return NULL;
	madt->lapic_address = GUEST_LAPIC_BASE;
	madt->flags = MADT_PCAT_COMPAT;
	seal(&madt->header, "APIC", MADT_REVISION, (size_t)(b->buffer + b->used - (u8 *)madt));
	return madt;
}

static struct acpi_facs *build_facs(struct builder *b)
{
	struct acpi_facs *facs = reserve(b, sizeof(*facs), FACS_ALIGN);

	if (!facs)
		return NULL;
	memcpy(facs->signature, "FACS", sizeof(facs->signature));
	facs->length = sizeof(*facs);
	facs->version = FACS_VERSION;
	return facs;
}

static struct acpi_gas io_register(u64 port, u8 size, u8 access)
{
	return (struct acpi_gas){GAS_SYSTEM_IO, (u8)(size * 8), 0, access, port};
}

static void fill_fadt(struct acpi_fadt *fadt)
{
	fadt->preferred_pm_profile = FADT_PROFILE_UNSPECIFIED;
	fadt->sci_int = PM_SCI_IRQ;
	fadt->pm1a_evt_blk = PM1A_EVT_PORT;
	fadt->pm1a_cnt_blk = PM1A_CNT_PORT;
	fadt->pm_tmr_blk = PM_TMR_PORT;
	fadt->pm1_evt_len = PM1A_EVT_SIZE;
	fadt->pm1_cnt_len = PM1A_CNT_SIZE;
	fadt->pm_tmr_len = PM_TMR_SIZE;
	fadt->p_lvl2_lat = FADT_NO_C2;
	fadt->p_lvl3_lat = FADT_NO_C3;
	fadt->century = FADT_CENTURY;
	fadt->iapc_boot_arch = BOOT_LEGACY_DEVICES | BOOT_NO_VGA | BOOT_NO_MSI | BOOT_NO_ASPM;
	fadt->flags = FADT_WBINVD | FADT_PROC_C1 | FADT_SLP_BUTTON | FADT_FIX_RTC |
		      FADT_TMR_VAL_EXT | FADT_RESET_REG_SUP | FADT_HEADLESS;
	fadt->reset_reg = io_register(PM_RESET_PORT, 1, GAS_BYTE);
	fadt->reset_value = PM_RESET_VALUE;
	fadt->minor_version = FADT_MINOR;
	fadt->x_pm1a_evt_blk = io_register(PM1A_EVT_PORT, PM1A_EVT_SIZE, GAS_WORD);
	fadt->x_pm1a_cnt_blk = io_register(PM1A_CNT_PORT, PM1A_CNT_SIZE, GAS_WORD);
	fadt->x_pm_tmr_blk = io_register(PM_TMR_PORT, PM_TMR_SIZE, GAS_DWORD);
	memcpy(&fadt->hypervisor_vendor, "ASHLAR\0", sizeof(fadt->hypervisor_vendor));
}

static struct acpi_fadt *build_fadt(struct builder *b, const struct load_acpi_config *config)
{
	const struct acpi_facs *facs = build_facs(b);
	void *dsdt = reserve(b, config->dsdt_size, 8);
	struct acpi_fadt *fadt = reserve(b, sizeof(*fadt), 8);

	if (b->full)
		return NULL;
	memcpy(dsdt, config->dsdt, config->dsdt_size);
	fill_fadt(fadt);
	fadt->firmware_ctrl = address_of(b, facs); /* then X_FIRMWARE_CTRL must be zero */
	fadt->dsdt = address_of(b, dsdt);
	fadt->x_dsdt = fadt->dsdt;
	seal(&fadt->header, "FACP", FADT_REVISION, sizeof(*fadt));
	return fadt;
}

static void fill_rsdp(struct acpi_rsdp *rsdp, u32 rsdt, u32 xsdt)
{
	memcpy(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature));
	memcpy(rsdp->oem_id, "ASHLAR", sizeof(rsdp->oem_id));
	rsdp->revision = 2;
	rsdp->rsdt = rsdt;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = xsdt;
	rsdp->checksum = checksum(rsdp, RSDP_V1_SIZE);
	rsdp->checksum_all = checksum(rsdp, sizeof(*rsdp));
}

/* Returns false if the buffer is too small. */
static bool build_all(struct builder *b, const struct load_acpi_config *config)
{
	struct acpi_rsdp *rsdp = reserve(b, sizeof(*rsdp), 1);
	struct acpi_rsdt *rsdt = reserve(b, sizeof(*rsdt), 8);
	struct acpi_xsdt *xsdt = reserve(b, sizeof(*xsdt), 8);
	const struct acpi_fadt *fadt = build_fadt(b, config);
	const struct acpi_madt *madt = build_madt(b, config->vcpus);

	if (b->full)
		return false;
	rsdt->table[LISTED_FADT] = address_of(b, fadt);
	rsdt->table[LISTED_MADT] = address_of(b, madt);
	xsdt->table[LISTED_FADT] = address_of(b, fadt);
	xsdt->table[LISTED_MADT] = address_of(b, madt);
	seal(&rsdt->header, "RSDT", 1, sizeof(*rsdt));
	seal(&xsdt->header, "XSDT", 1, sizeof(*xsdt));
	fill_rsdp(rsdp, address_of(b, rsdt), address_of(b, xsdt));
	return true;
}

enum status load_acpi_build(void *buffer, size_t size, const struct load_acpi_config *config,
			    size_t *used, struct error *err)
{
	struct builder b = {.buffer = buffer, .size = size, .base = (u32)config->base};

	if (!is_aligned(config->base, FACS_ALIGN) || !range_fits(config->base, size, BIT(32)))
		return fail(err, ERR_INVALID, "ACPI tables: bad address 0x%llx", config->base);
	if (config->vcpus == 0)
		return fail(err, ERR_INVALID, "ACPI tables: no vCPUs");
	if (config->dsdt_size < sizeof(struct acpi_header))
		return fail(err, ERR_INVALID, "ACPI tables: DSDT of %zu bytes", config->dsdt_size);
	if (!build_all(&b, config))
		return fail(err, ERR_NO_MEMORY, "ACPI tables: no room in %zu bytes for %u vCPUs",
			    size, config->vcpus);
	*used = b.used;
	return OK;
}
