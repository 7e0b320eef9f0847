/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plans the start of an ELF kernel through its PVH entry point, which a note
 * names, and writes its start info. The image is hostile input. Pure.
 *
 * Source: Xen documentation, "x86/HVM direct boot ABI", with the layouts of
 * Xen's public headers arch-x86/hvm/start_info.h (version 1) and elfnote.h.
 */
#include "core/load/elf.h"
#include "core/load/image.h"

#include "core/base/bytes.h"

/* A note: sizes of name and descriptor, type; then both, each padded. */
enum {
	NOTE_HEADER_SIZE = 12,
	NOTES_MAX = 64 * KIB, /* bytes of notes that are searched; the rest is ignored */
	NOTE_PHYS32_ENTRY = 18,
};

/* struct hvm_start_info, and what it points to. */
enum {
	INFO_VERSION = 4,
	INFO_MODULE_COUNT = 12,
	INFO_MODULES = 16,
	INFO_CMDLINE = 24,
	INFO_RSDP = 32,
	INFO_MEMORY_MAP = 40,
	INFO_MEMORY_MAP_COUNT = 48,
	INFO_SIZE = 56,
	MODULE_CMDLINE = 16,
	MODULE_SIZE = 32,
};

#define INFO_MAGIC 0x336ec578U

struct note_search {
	const struct load_request *request;
	u64 offset, end, align; /* of the notes in the file */
	bool found;
	u32 entry;
};

/*
 * Reads the entry point if this is the PVH note; returns whether it is. The entry point has 4
 * bytes, or 8 in some 64-bit kernels.
 */
static bool read_entry(struct note_search *search, const u8 *header, u64 name, u64 desc)
{
	u32 size = bytes_get32(header + 4);
	u8 text[4], entry[8] = {0};

	if (bytes_get32(header) != sizeof(text) || bytes_get32(header + 8) != NOTE_PHYS32_ENTRY ||
	    (size != 4 && size != 8))
		return false;
	search->request->read(search->request, name, text, sizeof(text));
	search->request->read(search->request, desc, entry, size);
	if (memcmp(text, "Xen", sizeof(text)) != 0 || bytes_get64(entry) > UINT32_MAX)
		return false;
	search->entry = bytes_get32(entry);
	return true;
}

/* Searches one segment of notes. */
static void search_notes(struct note_search *search)
{
	u8 header[NOTE_HEADER_SIZE];

	while (!search->found && range_fits(search->offset, NOTE_HEADER_SIZE, search->end)) {
		u64 name = search->offset + NOTE_HEADER_SIZE, desc, next;

		search->request->read(search->request, search->offset, header, sizeof(header));
		desc = align_up(name + bytes_get32(header), search->align);
		next = align_up(desc + bytes_get32(header + 4), search->align);
		if (desc + bytes_get32(header + 4) > search->end)
			return;
		search->found = read_entry(search, header, name, desc);
		search->offset = next;
	}
}

static bool find_entry(const struct load_request *request, const struct load_elf *elf, u32 *entry)
{
	struct note_search search = {.request = request};
	u64 left = NOTES_MAX; /* for all segments together */

	for (u32 i = 0; i < elf->count && !search.found; i++) {
		struct load_program program;

		load_elf_read_program(elf, i, &program);
		if (program.type != LOAD_PT_NOTE ||
		    !range_fits(program.offset, program.file_size, request->kernel_size))
			continue;
		search.offset = program.offset;
		search.end = program.offset + min_u64(program.file_size, left);
		left -= search.end - program.offset;
		search.align = program.align == 8 ? 8 : 4;
		search_notes(&search);
	}
	*entry = search.entry;
	return search.found;
}

bool load_pvh_matches(const struct load_request *request)
{
	struct load_elf elf;
	u32 entry;

	return load_elf_open(request, "PVH", &elf, NULL) == OK && find_entry(request, &elf, &entry);
}

static enum status add_kernel(struct load_image *image, struct error *err)
{
	struct load_elf elf;
	enum status status = load_elf_open(image->request, image->name, &elf, err);
	u32 entry;

	if (status != OK)
		return status;
	if (!find_entry(image->request, &elf, &entry))
		return fail(err, ERR_INVALID, "PVH: no note names an entry point");
	status = load_image_add_elf(image, err);
	if (status != OK)
		return status;
	image->entry = entry; /* physical, unlike the ELF header's */
	return load_image_place(image, image->low, err);
}

static void write_module(const struct load_request *request, const struct load_info *info)
{
	u8 *bytes = request->scratch;
	u8 *module = bytes + info->module;

	if (request->initrd_size == 0)
		return;
	bytes_put32(bytes + INFO_MODULE_COUNT, 1);
	bytes_put64(bytes + INFO_MODULES, info->gpa + info->module);
	bytes_put64(module, info->module_gpa);
	bytes_put64(module + 8, request->initrd_size);
	bytes_put64(module + MODULE_CMDLINE, info->gpa + info->module_name);
}

static void write_info(const struct load_request *request, const struct load_info *info)
{
	u8 *bytes = request->scratch;

	bytes_put32(bytes, INFO_MAGIC);
	bytes_put32(bytes + INFO_VERSION, 1);
	bytes_put64(bytes + INFO_CMDLINE, info->gpa + info->cmdline);
	bytes_put64(bytes + INFO_RSDP, request->rsdp);
	bytes_put64(bytes + INFO_MEMORY_MAP, info->gpa + info->map);
	bytes_put32(bytes + INFO_MEMORY_MAP_COUNT, request->map_count);
	write_module(request, info);
	load_place_write_map(request, bytes + info->map, LOAD_MAP_ENTRY_SIZE);
}

enum status load_pvh_plan(const struct load_request *request, struct load_plan *plan,
			  struct error *err)
{
	struct load_image image;
	struct load_info info = {.module = INFO_SIZE, .module_size = MODULE_SIZE};
	enum status status;

	load_image_init(&image, request, plan, "PVH");
	status = add_kernel(&image, err);
	if (status == OK)
		status = load_image_put_info(&image, &info, err);
	if (status == OK)
		write_info(request, &info);
	return status;
}
