/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two cascaded 8259As of a PC with their edge/level registers. Owns the
 * chips' state; never interrupts a CPU: the caller watches pic_output() and
 * calls pic_acknowledge() for the INTA cycle. Pure.
 */
#pragma once

#include "core/base/types.h"

/* The registers behind 0x20-0x21, 0xA0-0xA1 and 0x4D0-0x4D1, in this order. */
enum pic_register {
	PIC_MASTER_COMMAND,
	PIC_MASTER_DATA,
	PIC_SLAVE_COMMAND,
	PIC_SLAVE_DATA,
	PIC_MASTER_ELCR,
	PIC_SLAVE_ELCR,
	PIC_REGISTERS,
};

enum { PIC_LINES = 16, PIC_CASCADE_LINE = 2 };

struct pic_chip {
	u8 lines; /* levels of the inputs */
	u8 irr, imr, isr;
	u8 elcr;     /* inputs that are level-triggered */
	u8 base;     /* vector of IR0 */
	u8 lowest;   /* the input with the lowest priority, 0 to 7 */
	u8 next_icw; /* initialisation word expected at the data port, 0: none */
	bool ready;  /* has been through its initialisation words */
	bool needs_icw4, single, level_triggered;
	bool auto_eoi, rotate_on_auto_eoi;
	bool special_mask, special_fully_nested;
	bool poll, read_isr;
};

struct pic {
	struct pic_chip chip[2]; /* master, slave */
};

/* Power-on: not initialised, everything masked, no output. */
void pic_reset(struct pic *pic);

/* reg: enum pic_register. Reads in poll mode acknowledge. */
u8 pic_read(struct pic *pic, unsigned reg);
void pic_write(struct pic *pic, unsigned reg, u8 value);

/* Sets an input, 0 to PIC_LINES - 1. The cascade line is not an input: no effect. */
void pic_set_irq(struct pic *pic, unsigned line, bool level);
/* Is a request of this input latched and not yet acknowledged? */
bool pic_is_requested(const struct pic *pic, unsigned line);

/* Level of the master's INT output. */
bool pic_output(const struct pic *pic);
/* The INTA cycle: the vector, which is that of IR7 if the request has gone away. */
u8 pic_acknowledge(struct pic *pic);
