/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model of a PC's two cascaded 8259As with their edge/level registers. Owns the
 * chips' state; never interrupts a CPU: the caller reads pic_output() and calls
 * pic_acknowledge() for the INTA cycle. Pure.
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
	bool ready;  /* the initialisation words are complete */
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

/* reg: enum pic_register. In poll mode a read acknowledges the request. */
u8 pic_read(struct pic *pic, unsigned reg);
void pic_write(struct pic *pic, unsigned reg, u8 value);

/*
 * Sets the level of an input, 0 to PIC_LINES - 1. No effect on any other line and the cascade line.
 */
void pic_set_irq(struct pic *pic, unsigned line, bool level);
/* True if a request of this input is latched and not yet acknowledged. */
bool pic_is_requested(const struct pic *pic, unsigned line);

/* Level of the master's INT output. */
bool pic_output(const struct pic *pic);
/* The INTA cycle: acknowledges the request and returns its vector; IR7's if the request is gone. */
u8 pic_acknowledge(struct pic *pic);
