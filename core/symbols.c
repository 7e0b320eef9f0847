/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The symbol table that tools/symbols.awk makes: sorted offsets of functions
 * from the image's start, their names, one after the other, and where in these
 * each begins.
 */
#include "core/symbols.h"

#include "core/image.h"

extern const u32 symbols_count;
extern const u32 symbols_offsets[]; /* [symbols_count] */
extern const u16 symbols_places[];  /* [symbols_count] */
extern const char symbols_names[];

const char *symbols_find(u64 address, u64 *offset)
{
	u32 low = 0, high = symbols_count;
	u64 wanted = address - (u64)image_start;

	if (address < (u64)image_text_start || address >= (u64)image_text_end)
		return NULL;
	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (symbols_offsets[middle] <= wanted)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	*offset = wanted - symbols_offsets[low - 1];
	return symbols_names + symbols_places[low - 1];
}
