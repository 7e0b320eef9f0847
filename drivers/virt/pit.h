/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model of a PC's 8254 and of the system control port 0x61, which gates the
 * 8254's channel 2. Computes counts and outputs from the time and never steps
 * through single ticks, so that the work does not depend on how far the time has
 * advanced. Never reads a clock. Pure.
 */
#pragma once

#include "core/base/types.h"
#include "drivers/chips/timers.h"

enum { PIT_CHANNELS = 3 };

/* One counter. Times are in ticks of its clock (PIT_HZ) and never go back. */
struct pit_channel {
	u8 control; /* bits 5:0 of the control word: access, mode, BCD */
	bool gate;
	bool programmed; /* a whole count has been written since the control word */
	bool triggered;	 /* modes 1 and 5: the gate has risen since the control word */
	bool frozen;	 /* not counting */
	bool null_count; /* next_count is not yet loaded into the counting element */
	bool reload;	 /* next_count is loaded at reload_tick */
	bool write_high; /* the next write is of the high byte */
	bool read_high;	 /* the next read is of the high byte */
	bool status_latched;
	u8 write_low;	 /* the low byte of a count whose high byte is not yet written */
	u8 latched_left; /* bytes of latched not yet read */
	u8 status;
	u16 latched;
	u32 count, next_count; /* 1 to 65536; a BCD digit above 9 counts with its binary value */
	u64 start;	       /* tick at which the counting element holds count */
	u64 elapsed;	       /* while frozen: ticks counted since start */
	u64 reload_tick;
};

struct pit {
	struct pit_channel channel[PIT_CHANNELS];
	u64 tick;  /* all channels are advanced to this tick */
	u64 rises; /* rising edges of channel 0's OUT that pit_advance has not yet returned */
	u8 port61; /* bits 3:0 as written */
};

/* Programs the channels as a PC's firmware does, at time now (ns). */
void pit_reset(struct pit *pit, u64 now);

/* Guest accesses. reg: enum pit_register; now in ns, must not go back between calls. */
u8 pit_read(struct pit *pit, unsigned reg, u64 now);
void pit_write(struct pit *pit, unsigned reg, u8 value, u64 now);
u8 pit_port61_read(struct pit *pit, u64 now);
void pit_port61_write(struct pit *pit, u8 value, u64 now);

/* Advances to now; returns how many times channel 0's OUT rose since the last call. */
u64 pit_advance(struct pit *pit, u64 now);
/* Level of channel 0's OUT at the time of the last call with a now. */
bool pit_output(const struct pit *pit);
/* Returns when channel 0's OUT rises next, in ns; CLOCK_NONE if it will not. */
u64 pit_deadline(const struct pit *pit);
