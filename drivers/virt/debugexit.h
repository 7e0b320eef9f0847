/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports for people who debug a guest: isa-debug-exit at 0xF4 and the POST code
 * latch at 0x80. Never ends anything itself. Pure.
 */
#pragma once

#include "core/base/types.h"

struct debugexit {
	u32 code;  /* the last value written to 0xF4; QEMU would exit with code << 1 | 1 */
	bool done; /* a value has been written */
	u8 post;   /* the latch at 0x80 */
};

void debugexit_reset(struct debugexit *debug);
/* size 1, 2 or 4: that many bytes of value count. */
void debugexit_write(struct debugexit *debug, unsigned size, u32 value);
