/* SPDX-License-Identifier: BSD-2-Clause */
/* test-sources: core/load.c core/load_linux.c core/load_multiboot.c core/load_place.c */
/* test-sources: core/format.c core/status.c */
/*
 * Any kernel image: a plan has no segment outside guest RAM or its source and
 * no two that overlap. The first bytes of the input choose what it is dressed
 * up as and the guest's memory, so that the fuzzer gets past the signatures.
 */
#include <stdlib.h>

#include "core/bytes.h"
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

static void dress_multiboot(u8 *image, size_t size, bool elf)
{
	u32 flags;

	if (size < 0x200)
		return;
	flags = elf ? 0 : BIT(16);
	bytes_put32(image + 0x100, 0x1badb002);
	bytes_put32(image + 0x104, flags);
	bytes_put32(image + 0x108, -(0x1badb002 + flags));
	if (!elf)
		return;
	memcpy(image,
	       "\x7f"
	       "ELF\1\1\1",
	       7);
	memcpy(image + 16, "\2\0\3\0", 4);
	bytes_put16(image + 42, 32);
	image[45] = 0;
}

static void dress(u8 *image, size_t size, u8 knob)
{
	switch (knob % 4) {
	case 0:
		dress_linux(image, size);
		break;
	case 1:
		dress_multiboot(image, size, true);
		break;
	case 2:
		dress_multiboot(image, size, false);
		break;
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
		.initrd_size = (u64)data[3] << 16,
		.initrd_name = "initrd",
		.cmdline = "console=ttyS0",
		.map = map,
		.map_count = ARRAY_SIZE(map),
		.rsdp = 0xe0000,
		.scratch = scratch,
		.scratch_size = sizeof(scratch),
	};

	/* Larger files than a fuzzer's input: the head is what it is given. */
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
