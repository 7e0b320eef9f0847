/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The symbol table that tools/symbols.awk makes: sorted offsets of functions
 * from the image's start and their names, one after the other.
 */
#include "core/symbols.h"

#include "core/image.h"

struct symbol {
	u32 offset; /* of the code, from image_start */
	u32 name;   /* of the name, in symbols_names */
};

extern const u32 symbols_count;
extern const struct symbol symbols_table[];
extern const char symbols_names[];

const char *symbols_find(u64 address, u64 *offset)
{
	u32 low = 0, high = symbols_count;
	u64 wanted = address - (u64)image_start;

	if (address < (u64)image_text_start || address >= (u64)image_text_end)
		return NULL;
	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (symbols_table[middle].offset <= wanted)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	*offset = wanted - symbols_table[low - 1].offset;
	return symbols_names + symbols_table[low - 1].name;
}
