/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a PC's firmware leaves in low memory for those who start after it: the
 * BIOS data area, as far as the machine has what it tells of. Pure.
 */
#pragma once

#include "core/base/types.h"

enum {
	LOAD_BDA_BASE = 0x400, /* guest physical */
	LOAD_BDA_SIZE = 0x100,
	LOAD_EBDA_KIB = 1, /* the first byte of the extended area says so */
};

/* Fills the LOAD_BDA_SIZE bytes. */
void load_bda_build(u8 *bda);
