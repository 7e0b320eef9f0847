/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plans the start of a multiboot 2 kernel: reads the tags of its header and refuses
 * those that cannot be met, places the kernel and writes its boot information. The
 * image is hostile input. Pure.
 *
 * Source: Multiboot2 Specification 2.0, "OS image format", "I386 machine state",
 * "Boot information".
 */
#include "core/load/image.h"

#include "boot/multiboot2.h"
#include "core/base/bytes.h"

/* "Boot information format": types of its tags. */
enum {
	INFO_END = 0,
	INFO_TAG_CMDLINE = 1,
	INFO_TAG_LOADER_NAME = 2,
	INFO_MODULE = 3,
	INFO_BASIC_MEMORY = 4,
	INFO_TAG_MEMORY_MAP = 6,
	INFO_ELF_SYMBOLS = 9,
	INFO_ACPI_OLD = 14,
	INFO_ACPI_NEW = 15,
	INFO_LOAD_BASE = 21,
	INFO_LAST = INFO_LOAD_BASE, /* the last type in the specification */
};

/* Preferences of a relocatable image. */
enum { PREFER_LOWEST = 1, PREFER_HIGHEST = 2 };

/* The contents of the header's tags. */
struct multiboot2_header {
	u32 at, length; /* offset in the file; bytes */
	bool has_addresses, has_entry, relocatable;
	struct load_addresses addresses;
	u32 entry;
	u32 lowest, highest, align, preference; /* of a relocatable image */
};

enum {
	INFO_HEADER_SIZE = 8,
	INFO_TAG_SIZE = 8,
	RSDP_OLD_SIZE = 20, /* of an RSDP of ACPI 1.0 */
};

#define BOOT_MAGIC 0x36d76289ULL /* in EAX at entry */

/* --- The header --- */

/* "The layout of Multiboot2 header". */
enum {
	HEADER_SEARCH = 32768,
	HEADER_ALIGN = 8,
	HEADER_SIZE = 16,
	HEADER_TAG_SIZE = 8,
	HEADER_TAG_END = 0,
	HEADER_TAG_OPTIONAL = BIT(0), /* flag: a loader may ignore an unknown tag */
	ARCHITECTURE_I386 = 0,
	CONSOLE_REQUIRED = BIT(0),
};

#define HEADER_MAGIC 0xe85250d6U

/* One tag; data follows its type, flags and size. */
struct header_tag {
	u16 type;
	bool optional;
	u32 size; /* of data */
	const u8 *data;
};

/* Offset of a valid header in the head, or -1. */
static s64 find_header(const struct load_request *request)
{
	u64 limit = min_u64(request->head_size, HEADER_SEARCH);

	for (u32 at = 0; range_fits(at, HEADER_SIZE, limit); at += HEADER_ALIGN) {
		const u8 *header = request->head + at;

		if (bytes_get32(header) == HEADER_MAGIC &&
		    HEADER_MAGIC + bytes_get32(header + 4) + bytes_get32(header + 8) +
				    bytes_get32(header + 12) ==
			    0)
			return at;
	}
	return -1;
}

/*
 * "Multiboot2 information request": a type that the loader knows but has no
 * information for (no screen, no EFI, no APM) is left out, without an error.
 */
static enum status read_request(struct multiboot2_header *header, const struct header_tag *tag,
				struct error *err)
{
	(void)header;
	for (u32 at = 0; range_fits(at, 4, tag->size) && !tag->optional; at += 4) {
		u32 type = bytes_get32(tag->data + at);

		if (type == INFO_ELF_SYMBOLS)
			return fail(err, ERR_UNSUPPORTED,
				    "multiboot2: the kernel demands ELF symbols (information tag "
				    "%u), which are not provided",
				    type);
		if (type == INFO_END || type > INFO_LAST)
			return fail(err, ERR_UNSUPPORTED,
				    "multiboot2: the kernel demands information tag %u, which is "
				    "not known",
				    type);
	}
	return OK;
}

static enum status read_addresses(struct multiboot2_header *header, const struct header_tag *tag,
				  struct error *err)
{
	(void)err;
	header->has_addresses = true;
	header->addresses = (struct load_addresses){
		.header_addr = bytes_get32(tag->data),
		.load_addr = bytes_get32(tag->data + 4),
		.load_end_addr = bytes_get32(tag->data + 8),
		.bss_end_addr = bytes_get32(tag->data + 12),
	};
	return OK;
}

static enum status read_entry(struct multiboot2_header *header, const struct header_tag *tag,
			      struct error *err)
{
	(void)err;
	header->has_entry = true;
	header->entry = bytes_get32(tag->data);
	return OK;
}

static enum status read_console(struct multiboot2_header *header, const struct header_tag *tag,
				struct error *err)
{
	(void)header;
	if (tag->optional || !(bytes_get32(tag->data) & CONSOLE_REQUIRED))
		return OK;
	return fail(err, ERR_UNSUPPORTED,
		    "multiboot2: the kernel demands a screen (console flags 0x%x): a guest has "
		    "only a serial line",
		    bytes_get32(tag->data));
}

static enum status read_relocatable(struct multiboot2_header *header, const struct header_tag *tag,
				    struct error *err)
{
	header->relocatable = true;
	header->lowest = bytes_get32(tag->data);
	header->highest = bytes_get32(tag->data + 4);
	header->align = bytes_get32(tag->data + 8);
	header->preference = bytes_get32(tag->data + 12);
	if (header->align == 0 || (header->align & (header->align - 1)) != 0)
		return fail(err, ERR_INVALID, "multiboot2: alignment 0x%x is no power of two",
			    header->align);
	return OK;
}

/* read NULL: the tag is known and needs no action. size: least size of data in bytes. */
static const struct tag_row {
	u16 type;
	u8 size;
	enum status (*read)(struct multiboot2_header *header, const struct header_tag *tag,
			    struct error *err);
} tag_rows[] = {
	// clang-format off
	{1, 0, read_request},
	{2, 16, read_addresses},
	{3, 4, read_entry},
	{4, 4, read_console},
	{5, 12, NULL}, /* framebuffer: a recommended mode */
	{6, 0, NULL},  /* page-aligned modules: they always are */
	/* Abilities of the kernel on EFI firmware, ignored because a guest has none. */
	{7, 0, NULL}, /* it can leave boot services on */
	{8, 4, NULL}, /* where EFI i386 enters it */
	{9, 4, NULL}, /* where EFI amd64 enters it */
	{10, 16, read_relocatable},
	// clang-format on
};

static enum status read_tag(struct multiboot2_header *header, const struct header_tag *tag,
			    struct error *err)
{
	const struct tag_row *row = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(tag_rows); i++)
		if (tag_rows[i].type == tag->type)
			row = &tag_rows[i];
	if (row && tag->size < row->size)
		return fail(err, ERR_INVALID, "multiboot2: header tag %u of only %u bytes",
			    tag->type, tag->size + HEADER_TAG_SIZE);
	if (row)
		return row->read ? row->read(header, tag, err) : OK;
	if (tag->optional)
		return OK;
	return fail(err, ERR_UNSUPPORTED,
		    "multiboot2: the kernel demands header tag %u, which is not known", tag->type);
}

static enum status read_tags(const u8 *bytes, struct multiboot2_header *header, struct error *err)
{
	for (u64 at = HEADER_SIZE; range_fits(at, HEADER_TAG_SIZE, header->length);) {
		u32 size = bytes_get32(bytes + at + 4);
		struct header_tag tag = {
			.type = bytes_get16(bytes + at),
			.optional = bytes_get16(bytes + at + 2) & HEADER_TAG_OPTIONAL,
			.size = size - HEADER_TAG_SIZE,
			.data = bytes + at + HEADER_TAG_SIZE,
		};
		enum status status;

		if (size < HEADER_TAG_SIZE || !range_fits(at, size, header->length))
			return fail(err, ERR_INVALID,
				    "multiboot2: header tag %u of %u bytes at %llu of a header of "
				    "%u",
				    tag.type, size, at, header->length);
		if (tag.type == HEADER_TAG_END)
			return OK;
		status = read_tag(header, &tag, err);
		if (status != OK)
			return status;
		at = align_up(at + size, HEADER_ALIGN);
	}
	return fail(err, ERR_INVALID, "multiboot2: a header of %u bytes has no end tag",
		    header->length);
}

bool load_multiboot2_matches(const struct load_request *request)
{
	return find_header(request) >= 0;
}

/*
 * ERR_INVALID: malformed. ERR_UNSUPPORTED: the kernel demands a feature that a guest cannot have.
 */
static enum status read_header(const struct load_request *request, struct multiboot2_header *header,
			       struct error *err)
{
	s64 at = find_header(request);
	const u8 *bytes;
	u32 architecture;

	if (at < 0)
		return fail(err, ERR_INVALID, "multiboot2: no header in the first 32 KiB");
	bytes = request->head + at;
	*header = (struct multiboot2_header){.at = (u32)at};
	architecture = bytes_get32(bytes + 4);
	header->length = bytes_get32(bytes + 8);
	if (architecture != ARCHITECTURE_I386)
		return fail(err, ERR_UNSUPPORTED,
			    "multiboot2: architecture %u, only i386 (0) can "
			    "be started",
			    architecture);
	if (header->length < HEADER_SIZE ||
	    !range_fits(header->at, header->length, min_u64(request->head_size, HEADER_SEARCH)))
		return fail(err, ERR_INVALID,
			    "multiboot2: a header of %u bytes at 0x%x is not within the first 32 "
			    "KiB",
			    header->length, header->at);
	return read_tags(bytes, header, err);
}

/* --- The plan --- */

static enum status add_kernel(struct load_image *image, const struct multiboot2_header *header,
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

/* "Relocatable header tag". Without a preference the link address is used if it is allowed. */
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
	return load_place_find(image->request, image->plan, &need, base, err);
}

/* The boot information as it grows in the scratch buffer. */
struct info {
	u8 *bytes;
	u64 size, room; /* size may exceed room, past which nothing is written */
};

/* Appends a tag with size bytes of data; returns their address, or NULL if room is exceeded. */
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
		bytes_put32(to, load_place_ram_from(request, 0, GUEST_VGA_BASE));
		bytes_put32(to + 4, load_place_ram_from(request, GUEST_HIGH_BASE, LOAD_TOP));
	}
	to = add_tag(info, INFO_TAG_MEMORY_MAP,
		     8 + (u64)request->map_count * MULTIBOOT2_MEMORY_ENTRY_SIZE);
	if (!to)
		return;
	bytes_put32(to, MULTIBOOT2_MEMORY_ENTRY_SIZE);
	load_place_write_map(request, to + 8,
			     MULTIBOOT2_MEMORY_ENTRY_SIZE); /* entry_version is 0 */
}

/* Writes all tags that this loader has; a kernel ignores those that it did not request. */
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

/* The GDT follows the information, outside its total_size. */
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
	load_entry_write_gdt(info.bytes + info.size, LOAD_PROTECTED32);
	load_entry_init(&image->plan->entry, LOAD_PROTECTED32, image->entry, gpa + info.size);
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
	enum status status = read_header(request, &header, err);

	load_image_init(&image, request, plan, "multiboot2");
	if (status == OK)
		status = add_kernel(&image, &header, err);
	if (status == OK)
		status = choose_base(&image, &header, &base, err);
	if (status == OK)
		status = load_image_place(&image, base, err);
	if (status == OK)
		status = load_image_put_module(&image, &module_gpa, err);
	return status == OK ? put_info(&image, &header, module_gpa, err) : status;
}
