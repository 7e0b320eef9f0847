/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 8254 of a PC and the system control port 0x61 that gates its channel 2.
 * Counts and outputs are computed from the time, never ticked, so that a jump
 * in time costs the same whatever its length. Pure.
 */
#pragma once

#include "core/base/types.h"
#include "drivers/chips/timers.h"

enum { PIT_CHANNELS = 3 };

/* One counter. Times are in ticks of its clock, which never go back. */
struct pit_channel {
	u8 control; /* bits 5:0 of the control word: access, mode, BCD */
	bool gate;
	bool programmed; /* a whole count has been written since the control word */
	bool triggered;	 /* modes 1 and 5: the gate has risen since the control word */
	bool frozen;	 /* not counting */
	bool null_count; /* next_count has not reached the counting element */
	bool reload;	 /* next_count becomes count at reload_tick */
	bool write_high; /* the next byte written is the high one */
	bool read_high;	 /* the next byte read is the high one */
	bool status_latched;
	u8 write_low;	 /* a low byte that waits for its high byte */
	u8 latched_left; /* bytes of latched that are still to be read */
	u8 status;
	u16 latched;
	u32 count, next_count; /* 1 to 65536; BCD nibbles above 9 count as what they are */
	u64 start;	       /* tick at which the counting element holds count */
	u64 elapsed;	       /* ticks counted since, while frozen */
	u64 reload_tick;
};

struct pit {
	struct pit_channel channel[PIT_CHANNELS];
	u64 tick;  /* up to which all channels have been advanced */
	u64 rises; /* of channel 0's output, not yet reported */
	u8 port61; /* bits 3:0 as written */
};

void pit_reset(struct pit *pit, u64 now);

/* reg: enum pit_register; now in ns, never going back. */
u8 pit_read(struct pit *pit, unsigned reg, u64 now);
void pit_write(struct pit *pit, unsigned reg, u8 value, u64 now);
u8 pit_port61_read(struct pit *pit, u64 now);
void pit_port61_write(struct pit *pit, u8 value, u64 now);

/* Advances to now; returns how often channel 0's OUT has risen since the last call. */
u64 pit_advance(struct pit *pit, u64 now);
/* Level of channel 0's OUT, as of the last call that was given the time. */
bool pit_output(const struct pit *pit);
/* When channel 0's OUT rises next, in ns; CLOCK_NONE if it does not. */
u64 pit_deadline(const struct pit *pit);
