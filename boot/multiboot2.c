/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads Multiboot2 tags. No tag is trusted: its read function is called only if
 * the whole tag is within the boot information and has at least the size in its
 * row, and reads no byte beyond the tag. Never logs. Pure.
 */
#include "boot/multiboot2.h"

#include "core/base/bits.h"
#include "core/base/bytes.h"

enum {
	INFO_HEADER = 8, /* u32 total size, u32 reserved */
	TAG_HEADER = 8,	 /* u32 type, u32 size */
	TAG_ALIGN = 8,
	TAG_END = 0,
	EFI_ENTRY_SIZE = 40,
};

struct tag {
	const u8 *bytes;
	u32 size;
	const char *name;
};

struct reader {
	struct boot_info *info;
	struct problems *problems;
};

/*
 * Stores the text from offset to the end of the tag in *out and returns true. If no NUL ends the
 * text within the tag, adds a problem and returns false.
 */
static bool read_string(struct reader *reader, const struct tag *tag, u32 offset, const char **out)
{
	const char *text = (const char *)tag->bytes + offset;
	size_t room = tag->size - offset;

	if (strnlen(text, room) < room) {
		*out = text;
		return true;
	}
	problems_add(reader->problems, "multiboot2: %s: text of %zu bytes has no end", tag->name,
		     room);
	return false;
}

static void read_cmdline(struct reader *reader, const struct tag *tag)
{
	(void)read_string(reader, tag, TAG_HEADER, &reader->info->cmdline);
}

static void read_loader(struct reader *reader, const struct tag *tag)
{
	(void)read_string(reader, tag, TAG_HEADER, &reader->info->loader);
}

static void read_module(struct reader *reader, const struct tag *tag)
{
	struct boot_info *info = reader->info;
	u32 start = bytes_get32(tag->bytes + 8);
	u32 end = bytes_get32(tag->bytes + 12);
	const char *string;

	if (!read_string(reader, tag, 16, &string))
		return;
	if (end < start) {
		problems_add(reader->problems,
			     "multiboot2: module '%s': end 0x%x before start 0x%x", string, end,
			     start);
		return;
	}
	if (info->module_count == BOOT_MODULES_MAX) {
		problems_add(reader->problems, "multiboot2: module '%s': more than %d modules",
			     string, BOOT_MODULES_MAX);
		return;
	}
	info->modules[info->module_count++] = (struct boot_module){start, end, string};
}

static void add_memory(struct reader *reader, const u8 *entry)
{
	struct boot_info *info = reader->info;
	struct boot_memory range = {
		.base = bytes_get64(entry),
		.size = bytes_get64(entry + 8),
		.type = bytes_get32(entry + 16),
	};

	if (range.size > UINT64_MAX - range.base) {
		problems_add(reader->problems, "multiboot2: memory map: 0x%llx + 0x%llx wraps",
			     range.base, range.size);
		return;
	}
	if (info->memory_count == BOOT_MEMORY_MAX) {
		problems_add(reader->problems,
			     "multiboot2: memory map: more than %d entries, 0x%llx dropped",
			     BOOT_MEMORY_MAX, range.base);
		return;
	}
	info->memory[info->memory_count++] = range;
}

static void read_memory(struct reader *reader, const struct tag *tag)
{
	u32 stride = bytes_get32(tag->bytes + 8);

	if (stride < MULTIBOOT2_MEMORY_ENTRY_SIZE || !is_aligned(stride, TAG_ALIGN)) {
		problems_add(reader->problems, "multiboot2: memory map: entry size %u", stride);
		return;
	}
	for (u32 at = 16; range_fits(at, stride, tag->size); at += stride)
		add_memory(reader, tag->bytes + at);
}

/* "Framebuffer info": in RGB mode, the colour fields follow the 32 common bytes. */
static void read_framebuffer(struct reader *reader, const struct tag *tag)
{
	struct boot_framebuffer *fb = &reader->info->framebuffer;
	const u8 *bytes = tag->bytes;
	bool rgb = bytes[29] == BOOT_FRAMEBUFFER_RGB;

	if (rgb && tag->size < 38) {
		problems_add(reader->problems, "multiboot2: framebuffer: %u bytes hold no colours",
			     tag->size);
		return;
	}
	*fb = (struct boot_framebuffer){
		.present = true,
		.addr = bytes_get64(bytes + 8),
		.pitch = bytes_get32(bytes + 16),
		.width = bytes_get32(bytes + 20),
		.height = bytes_get32(bytes + 24),
		.bpp = bytes[28],
		.type = bytes[29],
	};
	if (!rgb)
		return;
	fb->red.position = bytes[32];
	fb->red.size = bytes[33];
	fb->green.position = bytes[34];
	fb->green.size = bytes[35];
	fb->blue.position = bytes[36];
	fb->blue.size = bytes[37];
}

static void read_efi32(struct reader *reader, const struct tag *tag)
{
	reader->info->efi32 = true;
	reader->info->efi_system_table = bytes_get32(tag->bytes + 8);
}

static void read_efi64(struct reader *reader, const struct tag *tag)
{
	reader->info->efi64 = true;
	reader->info->efi_system_table = bytes_get64(tag->bytes + 8);
}

static struct boot_bytes payload(const struct tag *tag)
{
	return (struct boot_bytes){tag->bytes + TAG_HEADER, tag->size - TAG_HEADER};
}

static void read_rsdp_old(struct reader *reader, const struct tag *tag)
{
	reader->info->rsdp_old = payload(tag);
}

static void read_rsdp_new(struct reader *reader, const struct tag *tag)
{
	reader->info->rsdp_new = payload(tag);
}

static void read_efi_map(struct reader *reader, const struct tag *tag)
{
	u32 stride = bytes_get32(tag->bytes + 8);

	if (stride < EFI_ENTRY_SIZE || !is_aligned(stride, TAG_ALIGN)) {
		problems_add(reader->problems, "multiboot2: EFI memory map: entry size %u", stride);
		return;
	}
	reader->info->efi_map = (struct boot_efi_map){
		.entries = tag->bytes + 16,
		.count = (tag->size - 16) / stride,
		.stride = stride,
	};
}

static void read_efi_boot_services(struct reader *reader, const struct tag *tag)
{
	(void)tag;
	reader->info->efi_boot_services = true;
}

static void read_load_base(struct reader *reader, const struct tag *tag)
{
	reader->info->load_base_present = true;
	reader->info->load_base = bytes_get32(tag->bytes + 8);
}

/* The tags that are read; others are skipped. least: size in bytes, with the header. */
static const struct tag_row {
	u32 type, least;
	const char *name;
	void (*read)(struct reader *reader, const struct tag *tag);
} tag_rows[] = {
	// clang-format off
	{1,   9, "command line",      read_cmdline},
	{2,   9, "loader name",       read_loader},
	{3,  17, "module",            read_module},
	{6,  16, "memory map",        read_memory},
	{8,  32, "framebuffer",       read_framebuffer},
	{11, 12, "EFI32 table",       read_efi32},
	{12, 16, "EFI64 table",       read_efi64},
	{14, 28, "ACPI 1.0 RSDP",     read_rsdp_old},
	{15, 44, "ACPI 2.0 RSDP",     read_rsdp_new},
	{17, 16, "EFI memory map",    read_efi_map},
	{18,  8, "EFI boot services", read_efi_boot_services},
	{21, 12, "load base",         read_load_base},
	// clang-format on
};

static void read_tag(struct reader *reader, u32 type, struct tag *tag)
{
	for (size_t i = 0; i < ARRAY_SIZE(tag_rows); i++) {
		const struct tag_row *row = &tag_rows[i];

		if (row->type != type)
			continue;
		tag->name = row->name;
		if (tag->size < row->least)
			problems_add(reader->problems,
				     "multiboot2: %s: tag of %u bytes, at least %u needed",
				     row->name, tag->size, row->least);
		else
			row->read(reader, tag);
		return;
	}
}

/* Ends at a tag with an impossible size, because the next tag cannot be found without the size. */
static void read_tags(struct reader *reader, const u8 *bytes, u32 total)
{
	u64 at = INFO_HEADER;

	while (range_fits(at, TAG_HEADER, total)) {
		u32 type = bytes_get32(bytes + at);
		struct tag tag = {.bytes = bytes + at, .size = bytes_get32(bytes + at + 4)};

		if (tag.size < TAG_HEADER || !range_fits(at, tag.size, total)) {
			problems_add(reader->problems,
				     "multiboot2: tag %u at %llu: size %u of %u bytes in all", type,
				     at, tag.size, total);
			return;
		}
		if (type == TAG_END)
			return;
		read_tag(reader, type, &tag);
		at = align_up(at + tag.size, TAG_ALIGN);
	}
	problems_add(reader->problems, "multiboot2: no end tag in %u bytes", total);
}

u32 multiboot2_size(const void *info)
{
	return bytes_get32(info);
}

enum status multiboot2_parse(const void *info, size_t size, struct boot_info *out,
			     struct problems *problems, struct error *err)
{
	struct reader reader = {out, problems};
	u32 total;

	memset(out, 0, sizeof(*out));
	out->cmdline = "";
	out->loader = "";
	if (size < INFO_HEADER)
		return fail(err, ERR_RANGE, "multiboot2: only %zu bytes of boot information", size);
	total = multiboot2_size(info);
	if (total < INFO_HEADER + TAG_HEADER || total > size)
		return fail(
			err, ERR_RANGE,
			"multiboot2: total size %u is not within 16 and the %zu bytes there are",
			total, size);
	read_tags(&reader, info, total);
	return OK;
}

bool boot_efi_entry(const struct boot_efi_map *map, u32 index, struct boot_efi_range *out)
{
	const u8 *entry;
	u64 base, pages;

	if (index >= map->count)
		return false;
	entry = map->entries + (size_t)index * map->stride;
	base = bytes_get64(entry + 8);
	pages = bytes_get64(entry + 24);
	*out = (struct boot_efi_range){
		.type = bytes_get32(entry),
		.base = base,
		.size = pages <= (UINT64_MAX - base) >> PAGE_SHIFT ? pages << PAGE_SHIFT : 0,
		.attribute = bytes_get64(entry + 32),
	};
	return true;
}
