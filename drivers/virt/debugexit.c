/* SPDX-License-Identifier: BSD-2-Clause */
/* isa-debug-exit and the POST code latch. Pure. */
#include "drivers/virt/debugexit.h"

#include "core/base/bits.h"

void debugexit_reset(struct debugexit *debug)
{
	*debug = (struct debugexit){0};
}

void debugexit_write(struct debugexit *debug, unsigned size, u32 value)
{
	debug->code = value & BITS(8 * size - 1, 0);
	debug->done = true;
}
