/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fw_cfg model. Computes the items byte by byte, so that it stores no copy of
 * them. Citation: QEMU documentation "QEMU Firmware Configuration (fw_cfg) Device". Pure.
 */
#include "drivers/virt/fwcfg.h"

#include "core/base/bits.h"
#include "core/base/string.h"

enum fwcfg_key {
	KEY_SIGNATURE = 0x0000,
	KEY_ID = 0x0001,
	KEY_UUID = 0x0002,
	KEY_RAM_SIZE = 0x0003,
	KEY_NOGRAPHIC = 0x0004,
	KEY_CPUS = 0x0005,
	KEY_MAX_CPUS = 0x000f,
	KEY_DIRECTORY = 0x0019,
	KEY_FILES = 0x0020, /* key of the first file; the next files have the next keys */
};

enum {
	SIGNATURE = 0x554d4551, /* "QEMU", first byte lowest */
	ID_TRADITIONAL = 1,
	DIRECTORY_HEADER = 4, /* bytes: the number of files, big-endian */
	DIRECTORY_ENTRY = 64,
	ENTRY_SIZE = 0,	  /* big-endian, 4 bytes */
	ENTRY_SELECT = 4, /* big-endian, 2 bytes; then 2 reserved bytes */
	ENTRY_NAME = 8,
};

/* Finds the selected item if it is a number: size bytes, little-endian. */
static bool number_find(const struct fwcfg *fwcfg, u64 *value, u32 *size)
{
	const struct {
		u16 key;
		u16 size;
		u64 value;
	} numbers[] = {
		{KEY_SIGNATURE, 4, SIGNATURE},
		{KEY_ID, 4, ID_TRADITIONAL},
		{KEY_UUID, 16, 0}, /* none */
		{KEY_RAM_SIZE, 8, fwcfg->setup.ram_size},
		{KEY_NOGRAPHIC, 2, 1},
		{KEY_CPUS, 2, fwcfg->setup.cpus},
		{KEY_MAX_CPUS, 2, fwcfg->setup.cpus},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (numbers[i].key != fwcfg->key)
			continue;
		*value = numbers[i].value;
		*size = numbers[i].size;
		return true;
	}
	return false;
}

/* Returns one byte of a big-endian number of size bytes; 0 past its end. */
static u8 big_endian_byte(u64 value, u32 size, u32 offset)
{
	return offset < size ? value >> (size - 1 - offset) * 8 : 0;
}

/* Returns one byte of the directory: the number of files, then one entry for each. */
static u8 directory_byte(const struct fwcfg *fwcfg, u32 offset)
{
	u32 index = (offset - DIRECTORY_HEADER) / DIRECTORY_ENTRY;
	u32 at = (offset - DIRECTORY_HEADER) % DIRECTORY_ENTRY;
	const struct fwcfg_file *file;

	if (offset < DIRECTORY_HEADER)
		return big_endian_byte(fwcfg->setup.file_count, DIRECTORY_HEADER, offset);
	file = &fwcfg->setup.files[index];
	if (at >= ENTRY_NAME + strnlen(file->name, FWCFG_NAME_SIZE - 1))
		return 0;
	if (at >= ENTRY_NAME)
		return file->name[at - ENTRY_NAME];
	if (at >= ENTRY_SELECT)
		return big_endian_byte(KEY_FILES + index, 2, at - ENTRY_SELECT);
	return big_endian_byte(file->size, 4, at - ENTRY_SIZE);
}

static const struct fwcfg_file *file_find(const struct fwcfg *fwcfg)
{
	if (fwcfg->key < KEY_FILES || fwcfg->key - KEY_FILES >= (s64)fwcfg->setup.file_count)
		return NULL;
	return &fwcfg->setup.files[fwcfg->key - KEY_FILES];
}

void fwcfg_init(struct fwcfg *fwcfg, const struct fwcfg_setup *setup)
{
	*fwcfg = (struct fwcfg){.setup = *setup, .key = KEY_SIGNATURE};
	if (fwcfg->setup.file_count > FWCFG_FILES_MAX)
		fwcfg->setup.file_count = FWCFG_FILES_MAX;
}

void fwcfg_select(struct fwcfg *fwcfg, u16 key)
{
	fwcfg->key = key;
	fwcfg->offset = 0;
}

u8 fwcfg_read(struct fwcfg *fwcfg)
{
	const struct fwcfg_file *file = file_find(fwcfg);
	u32 offset = fwcfg->offset;
	u64 number = 0;
	u32 size = 0;

	if (file)
		size = file->size;
	else if (fwcfg->key == KEY_DIRECTORY)
		size = DIRECTORY_HEADER + fwcfg->setup.file_count * DIRECTORY_ENTRY;
	else if (!number_find(fwcfg, &number, &size))
		return 0;
	if (offset >= size)
		return 0;
	fwcfg->offset++;
	if (file)
		return ((const u8 *)file->data)[offset];
	if (fwcfg->key == KEY_DIRECTORY)
		return directory_byte(fwcfg, offset);
	return offset < sizeof(number) ? number >> (offset * 8) : 0;
}
