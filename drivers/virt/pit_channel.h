/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One counter of the 8254, in ticks of its clock. Knows no ports and no other
 * counter. Pure. Ticks never go back.
 */
#pragma once

#include "core/base/types.h"

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

/* No mode and no count yet; the gate as given. */
void pit_channel_reset(struct pit_channel *ch, bool gate);
/* A control word: its bits 5:0. Access 0 (the latch command) is not for here. */
void pit_channel_program(struct pit_channel *ch, u8 control);

/* The counter's port. */
void pit_channel_write(struct pit_channel *ch, u8 value, u64 tick);
u8 pit_channel_read(struct pit_channel *ch, u64 tick);
void pit_channel_latch_count(struct pit_channel *ch, u64 tick);
void pit_channel_latch_status(struct pit_channel *ch, u64 tick);

/* The pins. */
void pit_channel_set_gate(struct pit_channel *ch, bool gate, u64 tick);
bool pit_channel_output(const struct pit_channel *ch, u64 tick);

/*
 * Brings the counter from tick from, to where it was last brought, to tick to;
 * to be done before anything else at to. Returns how often OUT rose meanwhile,
 * for a counter whose gate stays high. The work does not depend on the distance.
 */
u64 pit_channel_advance(struct pit_channel *ch, u64 from, u64 to);
/* The tick after tick at which OUT rises next; CLOCK_NONE if it does not. */
u64 pit_channel_next_rise(const struct pit_channel *ch, u64 tick);
