/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plans the start of a multiboot 1 kernel, ELF or with the address fields in its
 * header, and writes its information structure. The image is hostile input. Pure.
 *
 * Source: Multiboot Specification 0.6.96.
 */
#include "core/load/image.h"

#include "core/base/bytes.h"

/* "Header layout". */
enum {
	HEADER_SEARCH = 8192,
	HEADER_MAGIC = 0x1badb002,
	HEADER_SIZE = 12,
	HEADER_SIZE_ADDRESSES = 32,
	FLAG_PAGE_ALIGN = BIT(0),
	FLAG_MEMORY = BIT(1),
	FLAG_ADDRESSES = BIT(16),
	FLAGS_REQUIRED = BITS(15, 0), /* a loader must refuse the kernel if it does not know one */
};

#define BOOT_MAGIC 0x2badb002ULL /* in EAX at entry */

/* "Boot information format": offsets of the members, and their flags. */
enum {
	INFO_MEM_LOWER = 4,
	INFO_MEM_UPPER = 8,
	INFO_CMDLINE = 16,
	INFO_MODS_COUNT = 20,
	INFO_MODS_ADDR = 24,
	INFO_MMAP_LENGTH = 44,
	INFO_MMAP_ADDR = 48,
	INFO_LOADER_NAME = 64,
	INFO_LOADER_STRING = 120, /* follows the structure */
	INFO_SIZE = 128,	  /* with the string */
	INFO_HAS_MEMORY = BIT(0),
	INFO_HAS_CMDLINE = BIT(2),
	INFO_HAS_MODULES = BIT(3),
	INFO_HAS_MMAP = BIT(6),
	INFO_HAS_LOADER_NAME = BIT(9),
	MMAP_SIZE_MEMBER = 4, /* first in an entry, not counted in its own value */
	MODULE_SIZE = 16,
};

static const char loader_name[] = "Ashlar";
static_assert(sizeof(loader_name) <= INFO_SIZE - INFO_LOADER_STRING, "loader name");

/* Offset of a valid header in the head, or -1. */
static s64 find_header(const struct load_request *request)
{
	u64 limit = min_u64(request->head_size, HEADER_SEARCH);

	for (u32 at = 0; range_fits(at, HEADER_SIZE, limit); at += 4) {
		const u8 *header = request->head + at;

		if (bytes_get32(header) == HEADER_MAGIC &&
		    HEADER_MAGIC + bytes_get32(header + 4) + bytes_get32(header + 8) == 0)
			return at;
	}
	return -1;
}

bool load_multiboot_matches(const struct load_request *request)
{
	return find_header(request) >= 0;
}

/* "The address fields of Multiboot header". */
static enum status add_addressed(struct load_image *image, u32 header, struct error *err)
{
	const struct load_request *request = image->request;
	const u8 *at = request->head + header;
	struct load_addresses addresses;

	if (!range_fits(header, HEADER_SIZE_ADDRESSES, request->head_size))
		return fail(err, ERR_INVALID, "multiboot: header cut short at %zu bytes",
			    request->head_size);
	addresses.header_addr = bytes_get32(at + 12);
	addresses.load_addr = bytes_get32(at + 16);
	addresses.load_end_addr = bytes_get32(at + 20);
	addresses.bss_end_addr = bytes_get32(at + 24);
	image->entry = bytes_get32(at + 28);
	return load_image_add_addressed(image, header, &addresses, err);
}

static enum status add_kernel(struct load_image *image, u32 header, struct error *err)
{
	u32 flags = bytes_get32(image->request->head + header + 4);
	u32 unknown = flags & FLAGS_REQUIRED & ~(u32)(FLAG_PAGE_ALIGN | FLAG_MEMORY);
	enum status status;

	if (unknown)
		return fail(err, ERR_UNSUPPORTED,
			    "multiboot: the kernel demands features 0x%x, which are not provided",
			    unknown);
	status = flags & FLAG_ADDRESSES ? add_addressed(image, header, err)
					: load_image_add_elf(image, err);
	return status == OK ? load_image_place(image, image->low, err) : status;
}

static void write_module(const struct load_request *request, const struct load_info *info)
{
	u8 *bytes = request->scratch;
	u8 *module = bytes + info->module;

	if (request->initrd_size == 0)
		return;
	bytes_put32(bytes + INFO_MODS_COUNT, 1);
	bytes_put32(bytes + INFO_MODS_ADDR, (u32)(info->gpa + info->module));
	bytes_put32(module, (u32)info->module_gpa);
	bytes_put32(module + 4, (u32)(info->module_gpa + request->initrd_size));
	bytes_put32(module + 8, (u32)(info->gpa + info->module_name));
}

static void write_info(const struct load_request *request, const struct load_info *info)
{
	u8 *bytes = request->scratch, *map = bytes + info->map;
	u32 gpa = (u32)info->gpa;

	bytes_put32(bytes, INFO_HAS_MEMORY | INFO_HAS_CMDLINE | INFO_HAS_MODULES | INFO_HAS_MMAP |
				   INFO_HAS_LOADER_NAME);
	bytes_put32(bytes + INFO_MEM_LOWER, load_place_ram_from(request, 0, GUEST_VGA_BASE));
	bytes_put32(bytes + INFO_MEM_UPPER,
		    load_place_ram_from(request, GUEST_HIGH_BASE, LOAD_TOP));
	bytes_put32(bytes + INFO_CMDLINE, gpa + (u32)info->cmdline);
	bytes_put32(bytes + INFO_MMAP_LENGTH, request->map_count * LOAD_MAP_ENTRY_SIZE);
	bytes_put32(bytes + INFO_MMAP_ADDR, gpa + (u32)info->map);
	bytes_put32(bytes + INFO_LOADER_NAME, gpa + INFO_LOADER_STRING);
	memcpy(bytes + INFO_LOADER_STRING, loader_name, sizeof(loader_name));
	write_module(request, info);
	for (u32 i = 0; i < request->map_count; i++)
		bytes_put32(map + i * LOAD_MAP_ENTRY_SIZE, LOAD_MAP_ENTRY_SIZE - MMAP_SIZE_MEMBER);
	load_place_write_map(request, map + MMAP_SIZE_MEMBER, LOAD_MAP_ENTRY_SIZE);
}

enum status load_multiboot_plan(const struct load_request *request, struct load_plan *plan,
				struct error *err)
{
	struct load_image image;
	struct load_info info = {.module = INFO_SIZE, .module_size = MODULE_SIZE};
	s64 header = find_header(request);
	enum status status;

	if (header < 0)
		return fail(err, ERR_INVALID, "multiboot: no header in the first 8 KiB");
	load_image_init(&image, request, plan, "multiboot");
	status = add_kernel(&image, (u32)header, err);
	if (status == OK)
		status = load_image_put_info(&image, &info, err);
	if (status != OK)
		return status;
	write_info(request, &info);
	plan->entry.regs.gpr[RAX] = BOOT_MAGIC;
	return OK;
}
