/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 8254 of a PC and the system control port 0x61 that gates its channel 2.
 * Counts and outputs are computed from the time, never ticked, so that any
 * jump in time costs the same. Pure.
 */
#pragma once

#include "drivers/chips/timers.h"
#include "drivers/virt/pit_channel.h"

enum { PIT_CHANNELS = 3 };

struct pit {
	struct pit_channel channel[PIT_CHANNELS];
	u64 tick;  /* up to where channel 0's output has been followed */
	u64 rises; /* of channel 0's output, not yet reported */
	u8 port61; /* bits 3:0 as written */
};

void pit_reset(struct pit *pit, u64 now);

/* reg: enum pit_register; now in ns, never going back. */
u8 pit_read(struct pit *pit, unsigned reg, u64 now);
void pit_write(struct pit *pit, unsigned reg, u8 value, u64 now);
u8 pit_port61_read(struct pit *pit, u64 now);
void pit_port61_write(struct pit *pit, u8 value, u64 now);

/* How often channel 0's OUT has risen since the last call, up to now. */
u64 pit_advance(struct pit *pit, u64 now);
/* Level of channel 0's OUT, as of the last call that was given the time. */
bool pit_output(const struct pit *pit);
/* When channel 0's OUT rises next, in ns; CLOCK_NONE if it does not. */
u64 pit_deadline(const struct pit *pit);
