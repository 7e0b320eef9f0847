/* SPDX-License-Identifier: BSD-2-Clause */
/* Any boot information: nothing outside it is read, and the results keep the header's promises. */
#include <stdlib.h>

#include "boot/multiboot2.h"
#include "core/base/bits.h"
#include "core/base/bytes.h"

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void check(const struct boot_info *info)
{
	struct boot_efi_range range;
	size_t seen = strlen(info->cmdline) + strlen(info->loader);

	for (u32 i = 0; i < info->module_count; i++) {
		expect(info->modules[i].start <= info->modules[i].end);
		seen += strlen(info->modules[i].string);
	}
	for (u32 i = 0; i < info->memory_count; i++)
		expect(info->memory[i].base + info->memory[i].size >= info->memory[i].base);
	for (u32 i = 0; boot_efi_entry(&info->efi_map, i, &range); i++)
		expect(range.base + range.size >= range.base);
	for (u32 i = 0; i < info->rsdp_new.size; i++)
		seen += info->rsdp_new.data[i];
	expect(seen < SIZE_MAX);
}

static void parse(const u8 *bytes, size_t size)
{
	static struct boot_info info;
	static struct problems problems;
	u8 *copy = malloc(size);

	memcpy(copy, bytes, size);
	bytes_put32(copy, (u32)size);
	memset(&problems, 0, sizeof(problems));
	if (multiboot2_parse(copy, size, &info, &problems, NULL) == OK)
		check(&info);
	free(copy);
}

/* Chunks of the input become tags, each {type, size, payload}, without padding after the last. */
static size_t build(u8 *out, const u8 *data, size_t size)
{
	size_t at = 8, end = 8;

	while (size >= 2) {
		u32 type = data[0] % 24, payload = (u32)min_u64(data[1], size - 2);

		bytes_put32(out + at, type);
		bytes_put32(out + at + 4, payload + 8);
		memcpy(out + at + 8, data + 2, payload);
		end = at + 8 + payload;
		at = align_up(end, 8);
		data += payload + 2;
		size -= payload + 2;
	}
	return end;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 built[65536];

	if (size < 16 || size > 4096)
		return 0;
	parse(data, size);
	memset(built, 0, 8);
	parse(built, build(built, data, size));
	return 0;
}
