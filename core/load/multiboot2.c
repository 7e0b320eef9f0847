/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the start of a multiboot 2 kernel: where it goes, and the boot
 * information it is given. The image is hostile input. Pure.
 *
 * Source: Multiboot2 Specification 2.0, "I386 machine state", "Boot
 * information".
 */
#include "core/load/multiboot2.h"

#include "boot/multiboot2.h"
#include "core/base/bytes.h"

enum {
	INFO_HEADER_SIZE = 8,
	INFO_TAG_SIZE = 8,
	RSDP_OLD_SIZE = 20, /* what ACPI 1.0 had of it */
};

#define BOOT_MAGIC 0x36d76289ULL /* in EAX at entry */

static enum status gather(struct load_image *image, const struct multiboot2_header *header,
			  struct error *err)
{
	enum status status =
		header->has_addresses
			? load_image_add_addressed(image, header->at, &header->addresses, err)
			: load_image_add_elf(image, err);

	if (status != OK)
		return status;
	if (header->has_entry)
		image->entry = header->entry;
	else if (!image->has_entry)
		return fail(err, ERR_INVALID, "multiboot2: an address tag without an entry tag");
	if (image->piece_count == 0)
		return fail(err, ERR_INVALID, "multiboot2: nothing to load");
	return OK;
}

/* "Relocatable header tag". Without a preference the link address is as good as any. */
static enum status choose_base(const struct load_image *image,
			       const struct multiboot2_header *header, u64 *base, struct error *err)
{
	struct load_need need = {
		.what = "multiboot2: kernel",
		.size = image->end - image->low,
		.align = header->align,
		.low = max_u64(header->lowest, GUEST_HIGH_BASE),
		.high = header->highest,
		.topmost = header->preference == PREFER_HIGHEST,
	};
	bool moves = header->preference == PREFER_LOWEST || header->preference == PREFER_HIGHEST;

	*base = image->low;
	if (!header->relocatable)
		return OK;
	if (!moves && image->low >= header->lowest && image->end <= header->highest &&
	    is_aligned(image->low, header->align) && load_image_is_free(image))
		return OK;
	return load_find(image->request, image->plan, &need, base, err);
}

/* The boot information as it grows in the scratch buffer. */
struct info {
	u8 *bytes;
	u64 size, room; /* size goes on past room, where nothing is written */
};

/* Appends a tag with size bytes after its head; where they are, or NULL without room. */
static u8 *add_tag(struct info *info, u32 type, u64 size)
{
	u64 at = info->size;

	info->size = align_up(at + INFO_TAG_SIZE + size, 8);
	if (info->size > info->room)
		return NULL;
	memset(info->bytes + at, 0, info->size - at);
	bytes_put32(info->bytes + at, type);
	bytes_put32(info->bytes + at + 4, (u32)(INFO_TAG_SIZE + size));
	return info->bytes + at + INFO_TAG_SIZE;
}

static void add_bytes(struct info *info, u32 type, const void *bytes, size_t size)
{
	u8 *to = add_tag(info, type, size);

	if (to)
		memcpy(to, bytes, size);
}

static void add_module(const struct load_request *request, struct info *info, u64 gpa)
{
	size_t length = strlen(request->initrd_name) + 1;
	u8 *to;

	if (request->initrd_size == 0)
		return;
	to = add_tag(info, INFO_MODULE, 8 + length);
	if (!to)
		return;
	bytes_put32(to, (u32)gpa);
	bytes_put32(to + 4, (u32)(gpa + request->initrd_size));
	memcpy(to + 8, request->initrd_name, length);
}

static void add_memory(const struct load_request *request, struct info *info)
{
	u8 *to = add_tag(info, INFO_BASIC_MEMORY, 8);

	if (to) {
		bytes_put32(to, load_ram_from(request, 0, GUEST_VGA_BASE));
		bytes_put32(to + 4, load_ram_from(request, GUEST_HIGH_BASE, LOAD_TOP));
	}
	to = add_tag(info, INFO_TAG_MEMORY_MAP,
		     8 + (u64)request->map_count * MULTIBOOT2_MEMORY_ENTRY_SIZE);
	if (!to)
		return;
	bytes_put32(to, MULTIBOOT2_MEMORY_ENTRY_SIZE);
	to += 8; /* entry_version is 0 */
	for (u32 i = 0; i < request->map_count; i++, to += MULTIBOOT2_MEMORY_ENTRY_SIZE) {
		bytes_put64(to, request->map[i].base);
		bytes_put64(to + 8, request->map[i].size);
		bytes_put32(to + 16, request->map[i].type);
	}
}

/* All tags that this loader has; a kernel passes over those it did not ask for. */
static void write_info(const struct load_image *image, const struct multiboot2_header *header,
		       struct info *info, u64 module_gpa)
{
	static const char loader_name[] = "Ashlar";
	const struct load_request *request = image->request;
	u8 *to;

	info->size = INFO_HEADER_SIZE;
	add_bytes(info, INFO_TAG_CMDLINE, request->cmdline, strlen(request->cmdline) + 1);
	add_bytes(info, INFO_TAG_LOADER_NAME, loader_name, sizeof(loader_name));
	add_module(request, info, module_gpa);
	add_memory(request, info);
	if (request->rsdp) {
		add_bytes(info, INFO_ACPI_OLD, request->rsdp_bytes, RSDP_OLD_SIZE);
		add_bytes(info, INFO_ACPI_NEW, request->rsdp_bytes, LOAD_RSDP_SIZE);
	}
	to = header->relocatable ? add_tag(info, INFO_LOAD_BASE, 4) : NULL;
	if (to)
		bytes_put32(to, (u32)image->low);
	add_tag(info, INFO_END, 0);
}

/* Behind the information, outside its total_size, comes the GDT. */
static enum status put_info(struct load_image *image, const struct multiboot2_header *header,
			    u64 module_gpa, struct error *err)
{
	struct info info = {.bytes = image->request->scratch, .room = image->request->scratch_size};
	u64 gpa;
	enum status status;

	write_info(image, header, &info, module_gpa);
	status = load_image_put_blob(image, info.size + LOAD_GDT_SIZE, &gpa, err);
	if (status != OK)
		return status;
	bytes_put32(info.bytes, (u32)info.size);
	bytes_put32(info.bytes + 4, 0);
	load_write_gdt(info.bytes + info.size, LOAD_PROTECTED32);
	load_set_entry(&image->plan->entry, LOAD_PROTECTED32, image->entry, gpa + info.size);
	image->plan->entry.regs.gpr[RAX] = BOOT_MAGIC;
	image->plan->entry.regs.gpr[RBX] = gpa;
	return OK;
}

enum status load_multiboot2_plan(const struct load_request *request, struct load_plan *plan,
				 struct error *err)
{
	struct load_image image;
	struct multiboot2_header header;
	u64 base = 0, module_gpa = 0;
	enum status status = load_multiboot2_read(request, &header, err);

	load_image_init(&image, request, plan, "multiboot2");
	if (status == OK)
		status = gather(&image, &header, err);
	if (status == OK)
		status = choose_base(&image, &header, &base, err);
	if (status == OK)
		status = load_image_place(&image, base, err);
	if (status == OK)
		status = load_image_put_module(&image, &module_gpa, err);
	return status == OK ? put_info(&image, &header, module_gpa, err) : status;
}
