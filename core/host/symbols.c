/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The symbol table that tools/symbols.awk makes. Functions by ascending
 * address, each with its distance from the one before (the first: from the
 * image's start), how many letters its name shares with that one's, and the
 * rest of the name.
 */
#include "core/host/symbols.h"

#include "core/base/image.h"

extern const u32 symbols_count;
extern const u8 symbols_table[];

enum { DISTANCE_SIZE = 2 };

/* Changes name, that of the previous entry, into this entry's. Returns the next entry. */
static const u8 *take_name(const u8 *entry, char *name)
{
	const u8 *from = entry + DISTANCE_SIZE;
	size_t length = *from++;

	while (*from && length < SYMBOL_NAME_MAX - 1)
		name[length++] = (char)*from++;
	name[length] = '\0';
	return from + 1;
}

bool symbols_find(u64 address, struct symbol *symbol)
{
	const u8 *entry = symbols_table;
	u64 wanted = address - (u64)image_start, begin = 0;

	symbol->name[0] = '\0';
	if (address < (u64)image_text_start || address >= (u64)image_text_end)
		return false;
	for (u32 i = 0; i < symbols_count; i++) {
		u64 next = begin + entry[0] + ((u64)entry[1] << 8);

		if (next > wanted)
			break;
		begin = next;
		entry = take_name(entry, symbol->name);
	}
	symbol->offset = wanted - begin;
	return symbol->name[0];
}
