/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the kind of image that a module holds, and has the error sentence for each
 * kind that cannot be started. Pure.
 */
#include "core/load/load.h"

#include "core/base/bytes.h"
#include "core/load/elf.h"
#include "core/load/place.h"

static bool starts_with(const struct load_request *request, const char *magic, size_t size)
{
	return request->head_size >= size && memcmp(request->head, magic, size) == 0;
}

/* Compressed files, known by their first bytes. An operator must unpack them before loading. */
static const struct packed_row {
	const char *magic;
	u8 size;
	const char *name, *unpack;
} packed_rows[] = {
	// clang-format off
	{"\x1f\x8b",           2, "gzip",  "gunzip"},
	{"\xfd" "7zXZ",        5, "xz",    "unxz"},
	{"\x28\xb5\x2f\xfd",   4, "zstd",  "unzstd"},
	{"\x02\x21\x4c\x18",   4, "lz4",   "unlz4"},
	{"BZh",                3, "bzip2", "bunzip2"},
	{"\x89LZO",            4, "lzop",  "lzop -d"},
	{"\x5d\x00\x00",       3, "lzma",  "unlzma"},
	// clang-format on
};

static bool is_pe(const struct load_request *request)
{
	return starts_with(request, "MZ", 2);
}

/*
 * The first row that matches decides, so that an image of two kinds is started as
 * the kind that gives the kernel more information. plan NULL: refused, with text.
 */
static const struct kind_row {
	bool (*matches)(const struct load_request *request);
	enum status (*plan)(const struct load_request *request, struct load_plan *plan,
			    struct error *err);
	enum load_kind kind;
	const char *text;
} kind_rows[] = {
	// clang-format off
	{load_linux_matches, load_linux_plan, LOAD_LINUX, NULL},
	{load_multiboot2_matches, load_multiboot2_plan, LOAD_MULTIBOOT2, NULL},
	{load_multiboot_matches, load_multiboot_plan, LOAD_MULTIBOOT, NULL},
	{load_pvh_matches, load_pvh_plan, LOAD_PVH, NULL},
	{load_elf_matches, NULL, 0,
		"kernel is ELF with neither a multiboot header nor a PVH entry note: "
		"for Linux use the bzImage"},
	{is_pe, NULL, 0,
		"kernel is an EFI or DOS program, not a Linux bzImage or a multiboot kernel"},
	// clang-format on
};

static enum status refuse_packed(const struct load_request *request, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(packed_rows); i++) {
		const struct packed_row *row = &packed_rows[i];

		if (starts_with(request, row->magic, row->size))
			return fail(err, ERR_UNSUPPORTED,
				    "kernel is %s-compressed: unpack it first (%s) and load that",
				    row->name, row->unpack);
	}
	return OK;
}

enum status load_make_plan(const struct load_request *request, struct load_plan *plan,
			   struct error *err)
{
	enum status status;

	memset(plan, 0, sizeof(*plan));
	if (request->head_size == 0)
		return fail(err, ERR_INVALID, "kernel is empty");
	status = refuse_packed(request, err);
	if (status != OK)
		return status;
	for (size_t i = 0; i < ARRAY_SIZE(kind_rows); i++) {
		const struct kind_row *row = &kind_rows[i];

		if (!row->matches(request))
			continue;
		if (!row->plan)
			return fail(err, ERR_UNSUPPORTED, "%s", row->text);
		plan->kind = row->kind;
		return row->plan(request, plan, err);
	}
	return fail(err, ERR_UNSUPPORTED, "kernel is neither a Linux bzImage, multiboot nor PVH");
}

const char *load_kind_name(enum load_kind kind)
{
	static const char *const names[] = {
		[LOAD_LINUX] = "Linux bzImage",
		[LOAD_MULTIBOOT] = "multiboot",
		[LOAD_MULTIBOOT2] = "multiboot 2",
		[LOAD_PVH] = "PVH",
	};

	return names[kind];
}
