/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns struct machine. Reads ACPI tables and verifies only their signatures. */
#include "lib/machine.h"
#include "core/base/bits.h"
#include "core/base/string.h"
#include "core/base/x86.h"
#include "lib/boot.h"

enum {
	FWCFG_SELECT = 0x510,
	FWCFG_DATA = 0x511,
	FWCFG_SIGNATURE = 0x00,
	FWCFG_NB_CPUS = 0x05,
	HEADER_SIZE = 36, /* of an ACPI table */
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_X2APIC = 9,
	SLEEP_ENABLE = BIT(13),
	HYPERCALL_VMCALL = 1, /* pv/abi.h */
};

struct machine machine;

static u32 load32(const u8 *at)
{
	u32 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static u32 fwcfg_read(u16 key, unsigned size)
{
	u32 value = 0;

	x86_out16(FWCFG_SELECT, key);
	for (unsigned i = 0; i < size; i++)
		value |= (u32)x86_in8(FWCFG_DATA) << (8 * i);
	return value;
}

static const u8 *find_rsdp(u64 start, u64 end)
{
	for (u64 at = start; at < end; at += 16) {
		if (memcmp((const u8 *)at, "RSD PTR ", 8) == 0)
			return (const u8 *)at;
	}
	return NULL;
}

/* NULL if there is none. Tables above 4 GiB cannot be reached. No loader puts tables there. */
static const u8 *find_table(const char *signature)
{
	const u8 *rsdp = find_rsdp(0xe0000, 0x100000);
	const u8 *rsdt;

	if (!rsdp)
		rsdp = find_rsdp(0x9fc00, 0xa0000);
	if (!rsdp)
		return NULL;
	bool wide = rsdp[15] >= 2;

	rsdt = (const u8 *)(u64)load32(rsdp + (wide ? 24 : 16));
	for (u32 at = HEADER_SIZE; at < load32(rsdt + 4); at += wide ? 8 : 4) {
		const u8 *table = (const u8 *)(u64)load32(rsdt + at);

		if (memcmp(table, signature, 4) == 0)
			return table;
	}
	return NULL;
}

static void read_madt_entry(const u8 *entry)
{
	switch (entry[0]) {
	case MADT_LAPIC:
		machine.cpus += load32(entry + 4) & 1;
		break;
	case MADT_X2APIC:
		machine.cpus += load32(entry + 8) & 1;
		break;
	case MADT_IOAPIC:
		machine.ioapic = load32(entry + 4);
		break;
	case MADT_OVERRIDE:
		if (entry[3] == 0)
			machine.gsi_of_irq0 = load32(entry + 4);
		break;
	}
}

static void read_madt(void)
{
	const u8 *madt = find_table("APIC");

	if (!madt)
		return;
	for (u32 at = HEADER_SIZE + 8; at < load32(madt + 4) && madt[at + 1]; at += madt[at + 1])
		read_madt_entry(madt + at);
}

/* ACPI "\_Sx (System States)": Name(_S5_, Package { SLP_TYPa, SLP_TYPb, ... }) in AML. */
static u16 find_s5(const u8 *dsdt)
{
	u32 size = load32(dsdt + 4);

	for (u32 at = HEADER_SIZE; at + 9 < size; at++) {
		const u8 *package = dsdt + at + 4;

		if (memcmp(dsdt + at, "_S5_", 4) != 0 || package[0] != 0x12)
			continue;
		/* PackageOp, PkgLength, NumElements, then the first: 0, 1 or a byte constant */
		const u8 *value = package + 2 + (package[1] >> 6) + 1;

		return value[0] == 0x0a ? value[1] : value[0];
	}
	return 0;
}

static void read_fadt(void)
{
	const u8 *fadt = find_table("FACP");

	if (!fadt)
		return;
	machine.pm1a_control = (u16)load32(fadt + 64);
	machine.pm_timer = (u16)load32(fadt + 76);
	machine.sleep_type_s5 = find_s5((const u8 *)(u64)load32(fadt + 40));
}

static void read_cpuid(void)
{
	struct cpuid_result features = x86_cpuid(1, 0);
	struct cpuid_result vendor = x86_cpuid(0, 0);

	machine.amd = memcmp(&vendor.ebx, "Auth", 4) == 0;
	machine.x2apic = features.ecx & BIT(21);
	machine.hypervisor = features.ecx & BIT(31);
	if (x86_cpuid(0x80000000, 0).eax >= 0x80000001)
		machine.svm = x86_cpuid(0x80000001, 0).ecx & BIT(2);
	if (machine.hypervisor) {
		struct cpuid_result leaf = x86_cpuid(0x40000000, 0);

		machine.ashlar = memcmp(&leaf.ebx, "AshlarAshlar", 12) == 0;
		machine.vmcall = machine.ashlar && x86_cpuid(0x40000001, 0).eax == HYPERCALL_VMCALL;
	}
}

void machine_init(void)
{
	machine.memory_end = boot.high_end;
	if (fwcfg_read(FWCFG_SIGNATURE, 4) == 0x554d4551) /* "QEMU" */
		machine.fwcfg_cpus = fwcfg_read(FWCFG_NB_CPUS, 2);
	read_madt();
	read_fadt();
	if (machine.cpus == 0)
		machine.cpus = 1;
	read_cpuid();
}

void machine_power_off(void)
{
	if (machine.pm1a_control)
		x86_out16(machine.pm1a_control, (u16)(SLEEP_ENABLE | machine.sleep_type_s5 << 10));
	while (true) {
		x86_cli();
		x86_hlt();
	}
}
