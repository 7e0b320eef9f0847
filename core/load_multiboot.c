/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the start of a multiboot 1 kernel, ELF32 or with the address fields in
 * its header, and the information structure it is given. The image is hostile
 * input. Pure.
 *
 * Source: Multiboot Specification 0.6.96; Tool Interface Standard, "Executable
 * and Linking Format".
 */
#include "core/load_place.h"

#include "core/bytes.h"

/* "Header layout". */
enum {
	HEADER_SEARCH = 8192,
	HEADER_MAGIC = 0x1badb002,
	HEADER_SIZE = 12,
	HEADER_SIZE_ADDRESSES = 32,
	FLAG_PAGE_ALIGN = BIT(0),
	FLAG_MEMORY = BIT(1),
	FLAG_ADDRESSES = BIT(16),
	FLAGS_REQUIRED = BITS(15, 0), /* a loader that does not know one must refuse */
};

#define BOOT_MAGIC 0x2badb002ULL /* in EAX at entry */

enum {
	ELF_HEADER_SIZE = 52,
	ELF_PROGRAM_SIZE = 32,
	ELF_PT_LOAD = 1,
};

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
	INFO_SIZE = 120,
	INFO_HAS_MEMORY = BIT(0),
	INFO_HAS_CMDLINE = BIT(2),
	INFO_HAS_MODULES = BIT(3),
	INFO_HAS_MMAP = BIT(6),
	INFO_HAS_LOADER_NAME = BIT(9),
	MMAP_ENTRY_SIZE = 24, /* its size member, which counts what follows it, says 20 */
	MODULE_SIZE = 16,
	LOW_BASE = 0x10000, /* above what real-mode code and firmware tables use */
};

#define LOAD_TOP BIT(32) /* 32-bit code reaches no further */

static const char loader_name[] = "Ashlar";

struct multiboot_image {
	const struct load_request *request;
	struct load_plan *plan;
	u32 header; /* offset of the header */
	u32 entry;  /* GPA */
	u64 end;    /* of the highest segment */
};

s64 load_multiboot_find(const struct load_request *request)
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

/* A piece of the kernel; mem_size > 0. */
static enum status add_piece(struct multiboot_image *image, struct load_segment piece,
			     struct error *err)
{
	const char *what = "multiboot: kernel";
	enum status status;

	if (piece.file_size > piece.mem_size ||
	    !range_fits(piece.offset, piece.file_size, image->request->kernel_size))
		return fail(err, ERR_INVALID,
			    "%s: 0x%llx bytes at offset 0x%llx of a file of 0x%llx, for 0x%llx of "
			    "memory",
			    what, (unsigned long long)piece.file_size,
			    (unsigned long long)piece.offset,
			    (unsigned long long)image->request->kernel_size,
			    (unsigned long long)piece.mem_size);
	status = load_take(image->request, image->plan,
			   (struct load_taken){piece.gpa, piece.mem_size}, what, err);
	if (status != OK)
		return status;
	image->end = max_u64(image->end, piece.gpa + piece.mem_size);
	return load_add(image->plan, piece, err);
}

/* "The address fields of Multiboot header": one piece, with bss behind it. */
static enum status add_addressed(struct multiboot_image *image, struct error *err)
{
	const struct load_request *request = image->request;
	const u8 *header = request->head + image->header;
	u32 header_addr, load, load_end, bss_end;
	struct load_segment piece = {.source = LOAD_KERNEL};

	if (!range_fits(image->header, HEADER_SIZE_ADDRESSES, request->head_size))
		return fail(err, ERR_INVALID, "multiboot: header cut short at %zu bytes",
			    request->head_size);
	header_addr = bytes_get32(header + 12);
	load = bytes_get32(header + 16);
	load_end = bytes_get32(header + 20);
	bss_end = bytes_get32(header + 24);
	image->entry = bytes_get32(header + 28);
	if (header_addr < load || header_addr - load > image->header)
		return fail(err, ERR_INVALID,
			    "multiboot: header_addr 0x%x, load_addr 0x%x, header at offset 0x%x",
			    header_addr, load, image->header);
	piece.gpa = load;
	piece.offset = image->header - (header_addr - load);
	piece.file_size = load_end ? (u64)load_end - load : request->kernel_size - piece.offset;
	piece.mem_size = bss_end ? (u64)bss_end - load : piece.file_size;
	if ((load_end && load_end <= load) || (bss_end && bss_end <= load))
		return fail(err, ERR_INVALID,
			    "multiboot: load_addr 0x%x, load_end_addr 0x%x, bss_end_addr 0x%x",
			    load, load_end, bss_end);
	return add_piece(image, piece, err);
}

/* e_entry is a virtual address: it is brought to the physical one of the segment it lies in. */
static void translate_entry(struct multiboot_image *image, const u8 *program, u32 e_entry)
{
	u32 vaddr = bytes_get32(program + 8);
	u32 paddr = bytes_get32(program + 12);

	if (e_entry >= vaddr && e_entry - vaddr < bytes_get32(program + 20))
		image->entry = e_entry - vaddr + paddr;
}

static enum status add_program(struct multiboot_image *image, const u8 *program, u32 e_entry,
			       struct error *err)
{
	struct load_segment piece = {
		.gpa = bytes_get32(program + 12),
		.source = LOAD_KERNEL,
		.offset = bytes_get32(program + 4),
		.file_size = bytes_get32(program + 16),
		.mem_size = bytes_get32(program + 20),
	};

	if (bytes_get32(program) != ELF_PT_LOAD || piece.mem_size == 0)
		return OK;
	translate_entry(image, program, e_entry);
	return add_piece(image, piece, err);
}

static enum status check_elf(const struct load_request *request, struct error *err)
{
	static const u8 ident[] = {0x7f, 'E', 'L', 'F', 1, 1}; /* 32-bit, little-endian */
	static const u8 type_machine[] = {2, 0, 3, 0};	       /* ET_EXEC, EM_386 */
	const u8 *elf = request->head;

	if (request->head_size < ELF_HEADER_SIZE || memcmp(elf, ident, 4) != 0)
		return fail(err, ERR_UNSUPPORTED,
			    "multiboot: neither ELF nor address fields in the header");
	if (memcmp(elf, ident, sizeof(ident)) != 0 ||
	    memcmp(elf + 16, type_machine, sizeof(type_machine)) != 0)
		return fail(err, ERR_UNSUPPORTED,
			    "multiboot: ELF class %u, data %u, type %u, machine %u: only a 32-bit "
			    "i386 executable can be started",
			    elf[4], elf[5], bytes_get16(elf + 16), bytes_get16(elf + 18));
	return OK;
}

static enum status add_elf(struct multiboot_image *image, struct error *err)
{
	const struct load_request *request = image->request;
	const u8 *elf = request->head;
	enum status status = check_elf(request, err);
	u32 offset, stride, count;

	if (status != OK)
		return status;
	image->entry = bytes_get32(elf + 24);
	offset = bytes_get32(elf + 28);
	stride = bytes_get16(elf + 42);
	count = bytes_get16(elf + 44);
	if (stride < ELF_PROGRAM_SIZE ||
	    !range_fits(offset, (u64)stride * count, request->head_size))
		return fail(err, ERR_INVALID,
			    "multiboot: %u program headers of %u bytes at 0x%x are not within the "
			    "first 0x%zx bytes",
			    count, stride, offset, request->head_size);
	for (u32 i = 0; i < count && status == OK; i++)
		status = add_program(image, elf + offset + (size_t)i * stride,
				     bytes_get32(elf + 24), err);
	return status;
}

static enum status check_entry(const struct multiboot_image *image, struct error *err)
{
	for (u32 i = 0; i < image->plan->segment_count; i++) {
		const struct load_segment *segment = &image->plan->segments[i];

		if (image->entry >= segment->gpa && image->entry - segment->gpa < segment->mem_size)
			return OK;
	}
	return fail(err, ERR_INVALID, "multiboot: entry point 0x%x is in no segment", image->entry);
}

static enum status add_kernel(struct multiboot_image *image, struct error *err)
{
	u32 flags = bytes_get32(image->request->head + image->header + 4);
	u32 unknown = flags & FLAGS_REQUIRED & ~(u32)(FLAG_PAGE_ALIGN | FLAG_MEMORY);
	enum status status;

	if (unknown)
		return fail(err, ERR_UNSUPPORTED,
			    "multiboot: the kernel demands features 0x%x, which are not provided",
			    unknown);
	status = flags & FLAG_ADDRESSES ? add_addressed(image, err) : add_elf(image, err);
	return status == OK ? check_entry(image, err) : status;
}

/* Behind the kernel, on a page boundary, as FLAG_PAGE_ALIGN would have it. */
static enum status add_module(struct multiboot_image *image, u64 *gpa, struct error *err)
{
	struct load_need need = {
		.what = "multiboot: module",
		.size = image->request->initrd_size,
		.align = PAGE_SIZE,
		.low = max_u64(image->end, GUEST_HIGH_BASE),
		.high = LOAD_TOP,
	};

	*gpa = 0;
	if (need.size == 0)
		return OK;
	return load_put(image->request, image->plan, &need, LOAD_INITRD, gpa, err);
}

/* What is generated, in one piece: offsets of its parts. */
struct multiboot_blob {
	u64 gdt, module, mmap, cmdline, loader, module_name, size;
	u64 gpa;
};

static enum status add_blob(struct multiboot_image *image, struct multiboot_blob *blob,
			    struct error *err)
{
	const struct load_request *request = image->request;
	struct load_need need = {
		.what = "multiboot: information",
		.align = PAGE_SIZE,
		.low = LOW_BASE,
		.high = LOAD_TOP,
	};

	blob->gdt = INFO_SIZE;
	blob->module = blob->gdt + LOAD_GDT_SIZE;
	blob->mmap = blob->module + MODULE_SIZE;
	blob->cmdline = blob->mmap + (u64)request->map_count * MMAP_ENTRY_SIZE;
	blob->loader = blob->cmdline + strlen(request->cmdline) + 1;
	blob->module_name = blob->loader + sizeof(loader_name);
	blob->size = blob->module_name + strlen(request->initrd_name) + 1;
	if (blob->size > request->scratch_size)
		return fail(err, ERR_RANGE, "multiboot: information of %llu bytes, %zu of room",
			    (unsigned long long)blob->size, request->scratch_size);
	need.size = blob->size;
	return load_put(request, image->plan, &need, LOAD_BLOB, &blob->gpa, err);
}

/* KiB of RAM without a hole from base on, but not past limit. */
static u32 memory_from(const struct load_request *request, u64 base, u64 limit)
{
	for (u32 i = 0; i < request->map_count; i++) {
		const struct guest_range *range = &request->map[i];

		if (range->type == GUEST_RAM && base >= range->base &&
		    base - range->base < range->size)
			return (u32)((min_u64(range->base + range->size, limit) - base) / KIB);
	}
	return 0;
}

static void write_mmap(const struct load_request *request, u8 *entry)
{
	for (u32 i = 0; i < request->map_count; i++, entry += MMAP_ENTRY_SIZE) {
		bytes_put32(entry, MMAP_ENTRY_SIZE - 4);
		bytes_put64(entry + 4, request->map[i].base);
		bytes_put64(entry + 12, request->map[i].size);
		bytes_put32(entry + 20, request->map[i].type);
	}
}

static void write_module(const struct load_request *request, const struct multiboot_blob *blob,
			 u64 gpa)
{
	u8 *info = request->scratch;
	u8 *module = info + blob->module;

	if (request->initrd_size == 0)
		return;
	bytes_put32(info + INFO_MODS_COUNT, 1);
	bytes_put32(info + INFO_MODS_ADDR, (u32)(blob->gpa + blob->module));
	bytes_put32(module, (u32)gpa);
	bytes_put32(module + 4, (u32)(gpa + request->initrd_size));
	bytes_put32(module + 8, (u32)(blob->gpa + blob->module_name));
}

static void write_blob(const struct load_request *request, const struct multiboot_blob *blob,
		       u64 module_gpa)
{
	u8 *info = request->scratch;
	u32 gpa = (u32)blob->gpa;

	memset(info, 0, blob->size);
	bytes_put32(info, INFO_HAS_MEMORY | INFO_HAS_CMDLINE | INFO_HAS_MODULES | INFO_HAS_MMAP |
				  INFO_HAS_LOADER_NAME);
	bytes_put32(info + INFO_MEM_LOWER, memory_from(request, 0, GUEST_VGA_BASE));
	bytes_put32(info + INFO_MEM_UPPER, memory_from(request, GUEST_HIGH_BASE, LOAD_TOP));
	bytes_put32(info + INFO_CMDLINE, gpa + (u32)blob->cmdline);
	bytes_put32(info + INFO_MMAP_LENGTH, request->map_count * MMAP_ENTRY_SIZE);
	bytes_put32(info + INFO_MMAP_ADDR, gpa + (u32)blob->mmap);
	bytes_put32(info + INFO_LOADER_NAME, gpa + (u32)blob->loader);
	load_write_gdt(info + blob->gdt, LOAD_PROTECTED32);
	write_module(request, blob, module_gpa);
	write_mmap(request, info + blob->mmap);
	memcpy(info + blob->cmdline, request->cmdline, blob->loader - blob->cmdline);
	memcpy(info + blob->loader, loader_name, sizeof(loader_name));
	memcpy(info + blob->module_name, request->initrd_name, blob->size - blob->module_name);
}

enum status load_multiboot_plan(const struct load_request *request, struct load_plan *plan,
				struct error *err)
{
	struct multiboot_image image = {.request = request, .plan = plan};
	struct multiboot_blob blob = {0};
	s64 header = load_multiboot_find(request);
	u64 module_gpa = 0;
	enum status status;

	if (header < 0)
		return fail(err, ERR_INVALID, "multiboot: no header in the first 8 KiB");
	image.header = (u32)header;
	status = add_kernel(&image, err);
	if (status == OK)
		status = add_blob(&image, &blob, err);
	if (status == OK)
		status = add_module(&image, &module_gpa, err);
	if (status != OK)
		return status;
	write_blob(request, &blob, module_gpa);
	load_set_entry(&plan->entry, LOAD_PROTECTED32, image.entry, blob.gpa + blob.gdt);
	plan->entry.regs.gpr[RAX] = BOOT_MAGIC;
	plan->entry.regs.gpr[RBX] = blob.gpa;
	return OK;
}
