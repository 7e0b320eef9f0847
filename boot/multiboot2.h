/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decodes the Multiboot2 boot information into struct boot_info. The caller maps
 * the bytes; pointers in the result point into them. Pure.
 *
 * Source: Multiboot2 Specification 2.0, "Boot information format".
 */
#pragma once

#include "boot/problems.h"
#include "core/base/status.h"
#include "core/base/types.h"

enum {
	MULTIBOOT2_LOADER_MAGIC = 0x36d76289, /* in EAX at entry */
	MULTIBOOT2_HEADER_SIZE = 8,	      /* bytes that multiboot2_size reads */
	BOOT_MODULES_MAX = 64,
	BOOT_MEMORY_MAX = 256,
};

enum { MULTIBOOT2_MEMORY_ENTRY_SIZE = 24 }; /* bytes of an entry of the memory map */

struct boot_module {
	u64 start, end;	    /* host physical bytes [start, end); start <= end */
	const char *string; /* the GRUB command line; its first word is the name */
};

/* Types in the memory map; memory of any other type is reserved. */
enum boot_memory_type {
	BOOT_MEMORY_AVAILABLE = 1,
	BOOT_MEMORY_ACPI = 3,
	BOOT_MEMORY_NVS = 4,
	BOOT_MEMORY_BAD = 5,
};

struct boot_memory {
	u64 base, size; /* bytes; base + size does not wrap */
	u32 type;	/* enum boot_memory_type, or unknown */
};

struct boot_bytes {
	const u8 *data; /* NULL: not given */
	u32 size;
};

/* The UEFI memory map in the firmware's layout; boot_efi_entry decodes its entries. */
struct boot_efi_map {
	const u8 *entries; /* NULL: not given */
	u32 count;
	u32 stride; /* bytes from one entry to the next */
};

/* UEFI Specification, "EFI_BOOT_SERVICES.GetMemoryMap()". */
struct boot_efi_range {
	u32 type;	/* EFI_MEMORY_TYPE */
	u64 base, size; /* bytes; size is 0 if the range would wrap around */
	u64 attribute;	/* EFI_MEMORY_* bits */
};

enum boot_framebuffer_type {
	BOOT_FRAMEBUFFER_INDEXED = 0,
	BOOT_FRAMEBUFFER_RGB = 1,
	BOOT_FRAMEBUFFER_TEXT = 2,
};

struct boot_framebuffer {
	bool present;
	u64 addr;	   /* host physical */
	u32 pitch;	   /* bytes a line */
	u32 width, height; /* pixels, or characters of a text mode */
	u8 bpp;		   /* bits a pixel, or a character */
	u8 type;	   /* enum boot_framebuffer_type */
	struct {
		u8 position, size; /* bits; only for BOOT_FRAMEBUFFER_RGB */
	} red, green, blue;
};

struct boot_info {
	const char *cmdline; /* "" when not given */
	const char *loader;  /* "" when not given */
	u32 module_count;
	struct boot_module modules[BOOT_MODULES_MAX];
	u32 memory_count;
	struct boot_memory memory[BOOT_MEMORY_MAX];
	struct boot_efi_map efi_map;
	struct boot_bytes rsdp_old, rsdp_new; /* unchecked copies for acpi_rsdp_parse */
	struct boot_framebuffer framebuffer;
	bool load_base_present;
	u32 load_base;	   /* start of the loaded image, host physical */
	bool efi32, efi64; /* a system table was given: booted through UEFI */
	u64 efi_system_table;
	bool efi_boot_services; /* the loader did not call ExitBootServices */
};

/* Returns the total size in bytes of the boot information that begins at info. */
u32 multiboot2_size(const void *info);

/*
 * Reads the information at info, of which size bytes are mapped. A malformed tag
 * is added to problems and skipped. ERR_RANGE: the total size is not within
 * [16, size].
 */
enum status multiboot2_parse(const void *info, size_t size, struct boot_info *out,
			     struct problems *problems, struct error *err) must_check;

/* Decodes entry index of the UEFI map. False: the map has no such entry. */
bool boot_efi_entry(const struct boot_efi_map *map, u32 index, struct boot_efi_range *out);
