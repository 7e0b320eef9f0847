/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names for the image's code addresses, from the table that the build appends
 * to the read-only data. Used by the panic trace only.
 */
#pragma once

#include "core/base/types.h"

enum { SYMBOL_NAME_MAX = 64 }; /* with the NUL; also in tools/symbols.awk */

struct symbol {
	u64 offset; /* of the address into the function */
	char name[SYMBOL_NAME_MAX];
};

/* The function that contains address. False: address is not in the image's code. */
bool symbols_find(u64 address, struct symbol *symbol);
