/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns struct boot. Trusts the loader's offsets: a wrong one causes a fault. */
#include "lib/boot.h"
#include "core/base/bits.h"
#include "core/base/bytes.h"

enum {
	MULTIBOOT_MAGIC = 0x2badb002,
	MULTIBOOT2_MAGIC = 0x36d76289,
	PVH_MAGIC = 0x336ec578,
	TYPE_RAM = 1,
};

/* The values of EAX and EBX at the entry (start.asm). */
extern u32 boot_magic, boot_address;
struct boot boot;

static const void *pointer(u64 address)
{
	return (const void *)address;
}

/* Adds one entry of the memory map, in any protocol, and checks that entries ascend. */
static void add_range(u64 base, u64 size, u32 type)
{
	static u64 last_end;

	boot.ordered = (boot.ranges == 0 || boot.ordered) && base >= last_end;
	boot.ranges++;
	last_end = base + size;
	if (type != TYPE_RAM)
		return;
	boot.ram += size;
	if (base == 0)
		boot.low_end = size;
	if (base == MIB)
		boot.high_end = base + size;
}

/* Multiboot Specification "Boot information format". */
static void read_multiboot(const u8 *info)
{
	u32 flags = bytes_get32(info);
	const u8 *entry = pointer(bytes_get32(info + 48)), *end = entry + bytes_get32(info + 44);

	boot.lower = bytes_get32(info + 4);
	boot.upper = bytes_get32(info + 8);
	if (flags & BIT(2))
		boot.cmdline = pointer(bytes_get32(info + 16));
	if (flags & BIT(9))
		boot.loader = pointer(bytes_get32(info + 64));
	if (flags & BIT(3))
		boot.modules = bytes_get32(info + 20);
	if (boot.modules) {
		const u8 *module = pointer(bytes_get32(info + 24));

		boot.module_start = bytes_get32(module);
		boot.module_end = bytes_get32(module + 4);
		boot.module_string = pointer(bytes_get32(module + 8));
	}
	for (; flags & BIT(6) && entry < end; entry += bytes_get32(entry) + 4)
		add_range(bytes_get64(entry + 4), bytes_get64(entry + 12), bytes_get32(entry + 20));
}

static void read_memory_map(const u8 *tag)
{
	u32 size = bytes_get32(tag + 8);

	for (u32 at = 16; at < bytes_get32(tag + 4); at += size)
		add_range(bytes_get64(tag + at), bytes_get64(tag + at + 8),
			  bytes_get32(tag + at + 16));
}

/* Multiboot2 Specification "Boot information". */
static void read_tag(const u8 *tag)
{
	switch (bytes_get32(tag)) {
	case 1:
		boot.cmdline = (const char *)tag + 8;
		break;
	case 2:
		boot.loader = (const char *)tag + 8;
		break;
	case 3:
		boot.modules++;
		boot.module_start = bytes_get32(tag + 8);
		boot.module_end = bytes_get32(tag + 12);
		boot.module_string = (const char *)tag + 16;
		break;
	case 4:
		boot.lower = bytes_get32(tag + 8);
		boot.upper = bytes_get32(tag + 12);
		break;
	case 6:
		read_memory_map(tag);
		break;
	case 15:
		boot.rsdp = tag + 8;
		boot.rsdp_size = bytes_get32(tag + 4) - 8;
		break;
	case 21:
		boot.load_base = bytes_get32(tag + 8);
		break;
	}
}

static void read_multiboot2(const u8 *info)
{
	for (u32 at = 8; bytes_get32(info + at) != 0;
	     at = (u32)align_up(at + bytes_get32(info + at + 4), 8))
		read_tag(info + at);
}

/* Xen's public headers, arch-x86/hvm/start_info.h. */
static void read_pvh(const u8 *info)
{
	const u8 *entry = pointer(bytes_get64(info + 40));

	boot.modules = bytes_get32(info + 12);
	if (boot.modules) {
		const u8 *module = pointer(bytes_get64(info + 16));

		boot.module_start = bytes_get64(module);
		boot.module_end = boot.module_start + bytes_get64(module + 8);
		if (bytes_get64(module + 16))
			boot.module_string = pointer(bytes_get64(module + 16));
	}
	if (bytes_get64(info + 24))
		boot.cmdline = pointer(bytes_get64(info + 24));
	boot.rsdp = pointer(bytes_get64(info + 32));
	boot.rsdp_size = boot.rsdp ? 36 : 0;
	for (u32 i = 0; bytes_get32(info + 4) >= 1 && i < bytes_get32(info + 48); i++, entry += 24)
		add_range(bytes_get64(entry), bytes_get64(entry + 8), bytes_get32(entry + 16));
}

void boot_init(void)
{
	const u8 *info = pointer(boot_address);

	if (boot_magic == MULTIBOOT_MAGIC) {
		boot.kind = BOOT_MULTIBOOT;
		read_multiboot(info);
	} else if (boot_magic == MULTIBOOT2_MAGIC) {
		boot.kind = BOOT_MULTIBOOT2;
		read_multiboot2(info);
	} else if (bytes_get32(info) == PVH_MAGIC) {
		boot.kind = BOOT_PVH;
		read_pvh(info);
	}
}
