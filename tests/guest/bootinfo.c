/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks the loader's information in each protocol that the guest is linked for: memory,
 * command line, module, ACPI. Also checks the BIOS data area. Requires that the command
 * line ends in EXPECTED_WORD, and that there is one module with MODULE_SIZE bytes of a
 * pattern. tests/boot/test_loaders.py makes both.
 */
#include "core/base/bytes.h"
#include "lib/boot.h"
#include "lib/guest.h"

#define EXPECTED_WORD "bootinfo=yes"

enum {
	MODULE_SIZE = 5000,
	FWCFG_SELECT = 0x510,
	FWCFG_DATA = 0x511,
	FWCFG_RAM_SIZE = 3,
	RSDP_SIZE = 36,
	BDA_EBDA_SEGMENT = 0x40e,
	BDA_MEMORY_KIB = 0x413,
};

static u64 ram_size(void)
{
	u64 size = 0;

	x86_out16(FWCFG_SELECT, FWCFG_RAM_SIZE);
	for (u32 i = 0; i < 8; i++)
		size |= (u64)x86_in8(FWCFG_DATA) << (8 * i);
	return size;
}

static void check_memory(void)
{
	u64 ram = ram_size();

	check(boot.ranges >= 3, "the memory map has ranges (%u)", boot.ranges);
	check(boot.ordered, "they ascend and do not overlap");
	check(boot.ram <= ram && ram - boot.ram <= MIB, "they add up to the RAM (%llu of %llu KiB)",
	      boot.ram / KIB, ram / KIB);
	check(boot.high_end > (u64)guest_main, "this code is in RAM");
	if (boot.kind != BOOT_PVH) {
		check_equal(boot.lower, boot.low_end / KIB, "lower memory is as the map says");
		check_equal(boot.upper, (boot.high_end - MIB) / KIB, "upper memory likewise");
	}
	check_equal(bytes_get16((const u8 *)BDA_MEMORY_KIB), boot.low_end / KIB,
		    "BIOS data area: base memory");
	check_equal((u64)bytes_get16((const u8 *)BDA_EBDA_SEGMENT) << 4, boot.low_end,
		    "BIOS data area: extended area behind it");
}

static void check_strings(void)
{
	size_t want = strlen(EXPECTED_WORD), length = boot.cmdline ? strlen(boot.cmdline) : 0;

	check(length >= want && strcmp(boot.cmdline + length - want, EXPECTED_WORD) == 0,
	      "command line");
	if (boot.kind != BOOT_PVH)
		check(boot.loader && boot.loader[0], "boot loader's name");
	if (machine.ashlar && boot.kind != BOOT_PVH)
		check(boot.loader && strcmp(boot.loader, "Ashlar") == 0, "it is ours");
	if (machine.ashlar)
		check(boot.module_string && strcmp(boot.module_string, "pattern.bin") == 0,
		      "module's string");
}

static void check_module(void)
{
	const u8 *module = (const u8 *)boot.module_start;
	u32 wrong = 0;

	check_equal(boot.modules, 1, "one module");
	check_equal(boot.module_end - boot.module_start, MODULE_SIZE, "its size");
	check(is_aligned(boot.module_start, PAGE_SIZE), "it begins on a page");
	if (boot.modules != 1 || boot.module_end - boot.module_start != MODULE_SIZE)
		return;
	for (u32 i = 0; i < MODULE_SIZE; i++)
		wrong += module[i] != (u8)(i * 7 + i / 256);
	check_equal(wrong, 0, "its content");
}

static void check_rsdp(void)
{
	u8 sum = 0;

	if (boot.kind == BOOT_MULTIBOOT)
		return; /* multiboot 1 gives no RSDP */
	check(boot.rsdp_size >= 20 && memcmp(boot.rsdp, "RSD PTR ", 8) == 0, "RSDP");
	if (!machine.ashlar)
		return; /* QEMU's RSDP has revision 0 */
	check_equal(boot.rsdp_size, RSDP_SIZE, "RSDP of ACPI 2.0");
	for (u32 i = 0; i < RSDP_SIZE && i < boot.rsdp_size; i++)
		sum = (u8)(sum + boot.rsdp[i]);
	check_equal(sum, 0, "its extended checksum");
}

void guest_main(void)
{
	static const char *const names[] = {"unknown", "multiboot", "multiboot2", "pvh"};

	print("BOOTINFO %s\n", names[boot.kind]);
	check(boot.kind != BOOT_UNKNOWN, "a known protocol");
	check_memory();
	check_strings();
	check_module();
	check_rsdp();
}
