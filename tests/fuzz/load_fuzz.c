/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any kernel image: no segment of a plan lies outside guest RAM or its source, and no two
 * overlap. The first bytes of the input select the kind of image and the guest's memory, so
 * that the fuzzer gets past the signatures.
 */
#include <stdlib.h>

#include "core/base/bytes.h"
#include "tests/unit/load_model.h"

enum { KNOBS = 4 };

static void dress_linux(u8 *image, size_t size)
{
	if (size < 0x400)
		return;
	bytes_put16(image + 0x1fe, 0xaa55);
	memcpy(image + 0x202, "HdrS", 4);
	bytes_put16(image + 0x206, 0x0206 + image[0x206] % 10);
	image[0x211] |= 1;
}

/* An executable with few program headers, so that they lie within the input. */
static void dress_elf(u8 *image, bool wide)
{
	memcpy(image,
	       "\x7f"
	       "ELF\1\1\1",
	       7);
	image[4] = wide ? 2 : 1;
	memcpy(image + 16, "\2\0\3\0", 4);
	bytes_put16(image + (wide ? 54 : 42), wide ? 56 : 32);
	image[wide ? 57 : 45] = 0;
}

static void dress_multiboot(u8 *image, bool elf)
{
	u32 flags = elf ? 0 : BIT(16);

	bytes_put32(image + 0x100, 0x1badb002);
	bytes_put32(image + 0x104, flags);
	bytes_put32(image + 0x108, -(0x1badb002 + flags));
	if (elf)
		dress_elf(image, false);
}

static u8 *dress_tag(u8 *tag, u8 type, u32 size)
{
	tag[0] = type;
	tag[1] = 0;
	bytes_put32(tag + 4, size);
	return tag + (size + 7) / 8 * 8;
}

/* Three tags and the end tag. The input selects type and size of one, and all contents. */
static void dress_multiboot2(u8 *image, bool elf, bool wide)
{
	u8 *header = image + 0x100, *tag = header + 16;
	u32 size;

	if (!elf) {
		tag = dress_tag(tag, 2, 24);
		tag = dress_tag(tag, 3, 12);
	}
	tag = dress_tag(tag, tag[0] % 12, 8 + tag[4] % 32);
	size = (u32)(dress_tag(tag, 0, 8) - header);
	bytes_put32(header, 0xe85250d6);
	bytes_put32(header + 4, 0);
	bytes_put32(header + 8, size);
	bytes_put32(header + 12, -(0xe85250d6 + size));
	if (elf)
		dress_elf(image, wide);
}

/* The first program header is for notes, and the first note is the entry point. */
static void dress_pvh(u8 *image, bool wide)
{
	static const u8 note[] = {4, 0, 0, 0, 4, 0, 0, 0, 18, 0, 0, 0, 'X', 'e', 'n', 0};

	dress_elf(image, wide);
	memset(image + (wide ? 32 : 28), 0, wide ? 8 : 4);
	image[wide ? 32 : 28] = 64;
	memset(image + 64, 0, wide ? 56 : 32);
	image[64] = 4;
	image[64 + (wide ? 8 : 4) + 1] = 1; /* at 0x100 */
	image[64 + (wide ? 32 : 16)] = 20 + image[0x120] % 64;
	memcpy(image + 0x100, note, sizeof(note));
}

static void dress(u8 *image, size_t size, u8 knob)
{
	bool wide = knob & 0x80;

	if (size < 0x200)
		return;
	switch (knob % 8) {
	case 0:
		return dress_linux(image, size);
	case 1:
		return dress_multiboot(image, true);
	case 2:
		return dress_multiboot(image, false);
	case 3:
		return dress_multiboot2(image, true, wide);
	case 4:
		return dress_multiboot2(image, false, false);
	case 5:
		return dress_pvh(image, wide);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 scratch[LOAD_SCRATCH_SIZE];
	struct load_plan plan;
	u8 *image;

	if (size < KNOBS)
		return 0;
	const struct guest_range map[] = {
		{0, 0x9fc00, GUEST_RAM},
		{0xe0000, 0x20000, GUEST_RESERVED},
		{0x100000, (u64)data[1] << 20 | 0x1000, GUEST_RAM},
		{0x20000000, 0x1000000, data[2] & 1 ? GUEST_RAM : GUEST_ACPI},
		{0x100000000, 0x40000000, GUEST_RAM},
	};
	struct load_request request = {
		.head_size = size - KNOBS,
		.kernel_size = size - KNOBS,
		.read = load_model_read,
		.initrd_size = (u64)data[3] << 16,
		.initrd_name = "initrd",
		.cmdline = "console=ttyS0",
		.map = map,
		.map_count = ARRAY_SIZE(map),
		.rsdp = 0xe0000,
		.scratch = scratch,
		.scratch_size = sizeof(scratch),
	};

	/* The file may be larger than the fuzzer's input, which is its head. */
	if (data[2] & 2)
		request.kernel_size += (u64)data[2] << 14;
	image = malloc(request.head_size ? request.head_size : 1);
	memcpy(image, data + KNOBS, request.head_size);
	dress(image, request.head_size, data[0]);
	request.head = image;
	if (load_make_plan(&request, &plan, NULL) == OK && load_model_fault(&request, &plan))
		abort();
	free(image);
	return 0;
}
