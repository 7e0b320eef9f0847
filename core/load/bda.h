/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The BIOS data area, which a PC's firmware leaves in low memory for software that starts
 * after it. Describes only devices that the guest has. Pure.
 */
#pragma once

#include "core/base/types.h"

enum {
	LOAD_BDA_BASE = 0x400, /* guest physical */
	LOAD_BDA_SIZE = 0x100,
	LOAD_EBDA_KIB = 1, /* size; the first byte of the extended BIOS data area holds it */
};

/* Fills the LOAD_BDA_SIZE bytes. */
void load_bda_build(u8 *bda);
