/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the start of an ELF kernel through its PVH entry point, which a note
 * names, and the start info it is given. The image is hostile input. Pure.
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
	NOTES_MAX = 64 * KIB, /* of notes: what is looked at */
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
	MAP_ENTRY_SIZE = 24,
};

#define INFO_MAGIC 0x336ec578U

struct note_search {
	const struct load_request *request;
	u64 offset, end, align; /* of the notes in the file */
	bool found;
	u32 entry;
};

/* Is this the note? The entry has 4 bytes, or 8 in some 64-bit code. */
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

/* One segment of notes. */
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
	u64 left = NOTES_MAX; /* of all segments */

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

/* What is generated, in one piece: offsets of its parts. */
struct pvh_blob {
	u64 gdt, module, mmap, cmdline, module_name, size;
	u64 gpa;
};

static void lay_out_blob(const struct load_request *request, struct pvh_blob *blob)
{
	blob->gdt = INFO_SIZE;
	blob->module = blob->gdt + LOAD_GDT_SIZE;
	blob->mmap = blob->module + MODULE_SIZE;
	blob->cmdline = blob->mmap + (u64)request->map_count * MAP_ENTRY_SIZE;
	blob->module_name = blob->cmdline + strlen(request->cmdline) + 1;
	blob->size = blob->module_name + strlen(request->initrd_name) + 1;
}

static void write_module(const struct load_request *request, const struct pvh_blob *blob, u64 gpa)
{
	u8 *info = request->scratch;
	u8 *module = info + blob->module;

	if (request->initrd_size == 0)
		return;
	bytes_put32(info + INFO_MODULE_COUNT, 1);
	bytes_put64(info + INFO_MODULES, blob->gpa + blob->module);
	bytes_put64(module, gpa);
	bytes_put64(module + 8, request->initrd_size);
	bytes_put64(module + MODULE_CMDLINE, blob->gpa + blob->module_name);
}

static void write_blob(const struct load_request *request, const struct pvh_blob *blob,
		       u64 module_gpa)
{
	u8 *info = request->scratch;

	memset(info, 0, blob->size);
	bytes_put32(info, INFO_MAGIC);
	bytes_put32(info + INFO_VERSION, 1);
	bytes_put64(info + INFO_CMDLINE, blob->gpa + blob->cmdline);
	bytes_put64(info + INFO_RSDP, request->rsdp);
	bytes_put64(info + INFO_MEMORY_MAP, blob->gpa + blob->mmap);
	bytes_put32(info + INFO_MEMORY_MAP_COUNT, request->map_count);
	load_entry_write_gdt(info + blob->gdt, LOAD_PROTECTED32);
	write_module(request, blob, module_gpa);
	load_place_write_map(request, info + blob->mmap, MAP_ENTRY_SIZE);
	memcpy(info + blob->cmdline, request->cmdline, strlen(request->cmdline));
	memcpy(info + blob->module_name, request->initrd_name, strlen(request->initrd_name));
}

enum status load_pvh_plan(const struct load_request *request, struct load_plan *plan,
			  struct error *err)
{
	struct load_image image;
	struct pvh_blob blob;
	u64 module_gpa = 0;
	enum status status;

	load_image_init(&image, request, plan, "PVH");
	lay_out_blob(request, &blob);
	status = add_kernel(&image, err);
	if (status == OK)
		status = load_image_put_blob(&image, blob.size, &blob.gpa, err);
	if (status == OK)
		status = load_image_put_module(&image, &module_gpa, err);
	if (status != OK)
		return status;
	write_blob(request, &blob, module_gpa);
	load_entry_init(&plan->entry, LOAD_PROTECTED32, image.entry, blob.gpa + blob.gdt);
	plan->entry.regs.gpr[RBX] = blob.gpa;
	return OK;
}
