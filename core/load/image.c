/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks the pieces of a kernel against its file and moves them to their place.
 * Never reads outside the file, which is hostile input. Pure.
 */
#include "core/load/image.h"

#include "core/base/format.h"
#include "core/base/string.h"
#include "core/load/elf.h"

enum { LOAD_WHOLE_FILE = 0xffffffff }; /* load_addr, Multiboot2 "The address tag" */

void load_image_init(struct load_image *image, const struct load_request *request,
		     struct load_plan *plan, const char *name)
{
	memset(image, 0, sizeof(*image));
	image->request = request;
	image->plan = plan;
	image->name = name;
	image->low = UINT64_MAX;
}

/* Checks a piece, whose mem_size is not 0, and adds it to the image. */
static enum status add_piece(struct load_image *image, struct load_segment piece, struct error *err)
{
	if (piece.file_size > piece.mem_size ||
	    !range_fits(piece.offset, piece.file_size, image->request->kernel_size))
		return fail(err, ERR_INVALID,
			    "%s: kernel: 0x%llx bytes at offset 0x%llx of a file of 0x%llx, for "
			    "0x%llx of memory",
			    image->name, piece.file_size, piece.offset, image->request->kernel_size,
			    piece.mem_size);
	if (!range_fits(piece.gpa, piece.mem_size, LOAD_TOP))
		return fail(err, ERR_RANGE, "%s: kernel: 0x%llx bytes at 0x%llx end above 4 GiB",
			    image->name, piece.mem_size, piece.gpa);
	if (image->piece_count == LOAD_SEGMENTS_MAX)
		return fail(err, ERR_NO_MEMORY, "%s: kernel: more than %d segments", image->name,
			    LOAD_SEGMENTS_MAX);
	image->low = min_u64(image->low, piece.gpa);
	image->end = max_u64(image->end, piece.gpa + piece.mem_size);
	image->pieces[image->piece_count++] = piece;
	return OK;
}

enum status load_image_add_addressed(struct load_image *image, u32 header,
				     const struct load_addresses *addresses, struct error *err)
{
	u32 load_addr = addresses->load_addr;
	u32 load_end = addresses->load_end_addr, bss_end = addresses->bss_end_addr;
	struct load_segment piece = {.source = LOAD_KERNEL};

	if (load_addr == LOAD_WHOLE_FILE)
		load_addr = addresses->header_addr - header;
	if (addresses->header_addr < load_addr || addresses->header_addr - load_addr > header)
		return fail(err, ERR_INVALID,
			    "%s: header_addr 0x%x, load_addr 0x%x, header at offset 0x%x",
			    image->name, addresses->header_addr, addresses->load_addr, header);
	if ((load_end && load_end <= load_addr) || (bss_end && bss_end <= load_addr))
		return fail(err, ERR_INVALID,
			    "%s: load_addr 0x%x, load_end_addr 0x%x, bss_end_addr 0x%x",
			    image->name, addresses->load_addr, load_end, bss_end);
	piece.gpa = load_addr;
	piece.offset = header - (addresses->header_addr - load_addr);
	piece.file_size =
		load_end ? load_end - load_addr : image->request->kernel_size - piece.offset;
	piece.mem_size = bss_end ? bss_end - load_addr : piece.file_size;
	return add_piece(image, piece, err);
}

/* An ELF entry point is a virtual address: translates it if it lies in this program segment. */
static void translate_entry(struct load_image *image, const struct load_elf *elf,
			    const struct load_program *program)
{
	if (elf->entry >= program->vaddr && elf->entry - program->vaddr < program->mem_size)
		image->entry = elf->entry - program->vaddr + program->paddr;
}

enum status load_image_add_elf(struct load_image *image, struct error *err)
{
	struct load_elf elf;
	enum status status = load_elf_open(image->request, image->name, &elf, err);

	if (status != OK)
		return status;
	image->entry = elf.entry;
	image->has_entry = true;
	for (u32 i = 0; i < elf.count && status == OK; i++) {
		struct load_program program;

		load_elf_read_program(&elf, i, &program);
		if (program.type != LOAD_PT_LOAD || program.mem_size == 0)
			continue;
		translate_entry(image, &elf, &program);
		status = add_piece(image,
				   (struct load_segment){
					   .gpa = program.paddr,
					   .source = LOAD_KERNEL,
					   .offset = program.offset,
					   .file_size = program.file_size,
					   .mem_size = program.mem_size,
				   },
				   err);
	}
	return status;
}

bool load_image_is_free(const struct load_image *image)
{
	for (u32 i = 0; i < image->piece_count; i++)
		if (!load_place_is_free(image->request, image->plan, image->pieces[i].gpa,
					image->pieces[i].mem_size))
			return false;
	return true;
}

enum status load_image_place(struct load_image *image, u64 base, struct error *err)
{
	u64 distance = base - image->low; /* modulo 2^64, because pieces may move down */
	bool entered = false;
	char what[32];

	format_text(what, sizeof(what), "%s: kernel", image->name);
	for (u32 i = 0; i < image->piece_count; i++) {
		struct load_segment piece = image->pieces[i];
		enum status status;

		entered |= image->entry >= piece.gpa && image->entry - piece.gpa < piece.mem_size;
		piece.gpa += distance;
		status = load_place_add(image->request, image->plan, &piece, piece.mem_size, what,
					err);
		if (status != OK)
			return status;
	}
	if (!entered)
		return fail(err, ERR_INVALID, "%s: entry point 0x%llx is in no segment",
			    image->name, image->entry);
	image->entry += distance;
	image->low += distance;
	image->end += distance;
	return OK;
}

enum status load_image_put_module(struct load_image *image, u64 *gpa, struct error *err)
{
	char what[32];
	struct load_need need = {
		.what = what,
		.size = image->request->initrd_size,
		.align = PAGE_SIZE,
		.low = max_u64(image->end, GUEST_HIGH_BASE),
		.high = LOAD_TOP,
	};

	*gpa = 0;
	if (need.size == 0)
		return OK;
	format_text(what, sizeof(what), "%s: module", image->name);
	if (load_place_find(image->request, image->plan, &need, gpa, NULL) != OK)
		need.low = GUEST_HIGH_BASE;
	return load_place_put(image->request, image->plan, &need, LOAD_INITRD, gpa, err);
}

enum status load_image_put_blob(struct load_image *image, u64 size, u64 *gpa, struct error *err)
{
	char what[32];
	struct load_need need = {
		.what = what,
		.size = size,
		.align = PAGE_SIZE,
		.low = LOAD_LOW_BASE,
		.high = LOAD_TOP,
	};

	if (size > image->request->scratch_size)
		return fail(err, ERR_RANGE, "%s: information of %llu bytes, %zu of room",
			    image->name, size, image->request->scratch_size);
	format_text(what, sizeof(what), "%s: information", image->name);
	return load_place_put(image->request, image->plan, &need, LOAD_BLOB, gpa, err);
}

enum status load_image_put_info(struct load_image *image, struct load_info *info, struct error *err)
{
	const struct load_request *request = image->request;
	u8 *bytes = request->scratch;
	enum status status;

	info->gdt = info->module + info->module_size;
	info->map = info->gdt + LOAD_GDT_SIZE;
	info->cmdline = info->map + (u64)request->map_count * LOAD_MAP_ENTRY_SIZE;
	info->module_name = info->cmdline + strlen(request->cmdline) + 1;
	info->size = info->module_name + strlen(request->initrd_name) + 1;
	status = load_image_put_blob(image, info->size, &info->gpa, err);
	if (status == OK)
		status = load_image_put_module(image, &info->module_gpa, err);
	if (status != OK)
		return status;
	memset(bytes, 0, info->size);
	load_entry_write_gdt(bytes + info->gdt, LOAD_PROTECTED32);
	memcpy(bytes + info->cmdline, request->cmdline, info->module_name - info->cmdline);
	memcpy(bytes + info->module_name, request->initrd_name, info->size - info->module_name);
	load_entry_init(&image->plan->entry, LOAD_PROTECTED32, image->entry, info->gpa + info->gdt);
	image->plan->entry.regs.gpr[RBX] = info->gpa;
	return OK;
}
