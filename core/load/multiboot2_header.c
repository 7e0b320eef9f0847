/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the header of a multiboot 2 kernel: which of its tags are known, and
 * what is refused. The image is hostile input. Pure.
 *
 * Source: Multiboot2 Specification 2.0, "OS image format".
 */
#include "core/load/multiboot2.h"

#include "core/base/bytes.h"

/* "The layout of Multiboot2 header". */
enum {
	HEADER_SEARCH = 32768,
	HEADER_ALIGN = 8,
	HEADER_SIZE = 16,
	HEADER_TAG_SIZE = 8,
	HEADER_TAG_END = 0,
	HEADER_TAG_OPTIONAL = BIT(0), /* in the flags: may be ignored by who cannot do it */
	ARCHITECTURE_I386 = 0,
	CONSOLE_REQUIRED = BIT(0),
};

#define HEADER_MAGIC 0xe85250d6U

/* One tag; data is what follows its type, flags and size. */
struct header_tag {
	u16 type;
	bool optional;
	u32 size; /* of data */
	const u8 *data;
};

s64 load_multiboot2_find(const struct load_request *request)
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
 * "Multiboot2 information request": a type that the loader understands and has
 * nothing to say about (no screen, no EFI, no APM) is left out, and that is no error.
 */
static enum status take_request(struct multiboot2_header *header, const struct header_tag *tag,
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

static enum status take_addresses(struct multiboot2_header *header, const struct header_tag *tag,
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

static enum status take_entry(struct multiboot2_header *header, const struct header_tag *tag,
			      struct error *err)
{
	(void)err;
	header->has_entry = true;
	header->entry = bytes_get32(tag->data);
	return OK;
}

static enum status take_console(struct multiboot2_header *header, const struct header_tag *tag,
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

static enum status take_relocatable(struct multiboot2_header *header, const struct header_tag *tag,
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

/* take NULL: known, and there is nothing to do. size: what it needs of data. */
static const struct tag_row {
	u16 type;
	u8 size;
	enum status (*take)(struct multiboot2_header *header, const struct header_tag *tag,
			    struct error *err);
} tag_rows[] = {
	// clang-format off
	{1, 0, take_request},
	{2, 16, take_addresses},
	{3, 4, take_entry},
	{4, 4, take_console},
	{5, 12, NULL}, /* framebuffer: a recommended mode */
	{6, 0, NULL},  /* page-aligned modules: they always are */
	/* What the kernel can do on EFI firmware, and to be passed over where there is none. */
	{7, 0, NULL}, /* it can leave boot services on */
	{8, 4, NULL}, /* where EFI i386 enters it */
	{9, 4, NULL}, /* where EFI amd64 enters it */
	{10, 16, take_relocatable},
	// clang-format on
};

static enum status take_tag(struct multiboot2_header *header, const struct header_tag *tag,
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
		return row->take ? row->take(header, tag, err) : OK;
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
		status = take_tag(header, &tag, err);
		if (status != OK)
			return status;
		at = align_up(at + size, HEADER_ALIGN);
	}
	return fail(err, ERR_INVALID, "multiboot2: a header of %u bytes has no end tag",
		    header->length);
}

enum status load_multiboot2_read(const struct load_request *request,
				 struct multiboot2_header *header, struct error *err)
{
	s64 at = load_multiboot2_find(request);
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
