/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names for the image's code addresses, from the table that the build appends
 * to the read-only data. Used by the panic trace only.
 */
#pragma once

#include "core/types.h"

/*
 * The function that contains address and how far into it address is; NULL
 * when address is not in the image's code.
 */
const char *symbols_find(u64 address, u64 *offset);
