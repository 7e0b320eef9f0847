/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the state of one virtual I/O APIC of 24 pins. It has 82093AA's registers and,
 * of its successors (version 0x20), the EOI register, without which a guest that
 * suppresses EOI broadcasts could not end an interrupt. Never delivers a message: the
 * caller does. Pure; the caller locks.
 *
 * After any call that returns true the caller delivers the waiting messages:
 *	while ((pin = vioapic_take_message(io, &message)) >= 0)
 *		if (no APIC accepted message)
 *			vioapic_refuse(io, pin);
 */
#pragma once

#include "apic/virt/apic_regs.h"
#include "core/base/types.h"

enum {
	VIOAPIC_PINS = 24,
	VIOAPIC_SIZE = 0x1000, /* bytes of address space */
};
#define VIOAPIC_BASE 0xfec00000ULL

struct vioapic {
	u64 entries[VIOAPIC_PINS]; /* redirection table */
	u32 pins;		   /* bit per pin: the line is high */
	u32 pending;		   /* bit per pin: a message waits */
	u8 select;		   /* IOREGSEL */
	u8 id;			   /* 4 bits */
};

/* Power-on state: every entry masked. */
void vioapic_reset(struct vioapic *io);

/*
 * Sets the level of the line at `pin`; a pin >= VIOAPIC_PINS is ignored. The entry's
 * polarity decides which level asserts the line. True: messages wait.
 */
bool vioapic_set_pin(struct vioapic *io, unsigned pin, bool high);

/* Ends the interrupts with this vector, for which an EOI was broadcast. True: messages wait. */
bool vioapic_eoi(struct vioapic *io, u8 vector);

/* Makes refused level interrupts wait again. Call when an APIC was enabled. True: messages wait. */
bool vioapic_retry(struct vioapic *io);

/*
 * Removes the next waiting message and returns its pin; -1: none waits. Sets Remote IRR of a level.
 */
int vioapic_take_message(struct vioapic *io, struct apic_message *message);

/* Call if no APIC accepted the message from `pin`: an edge is lost, a level waits for
 * vioapic_retry. */
void vioapic_refuse(struct vioapic *io, unsigned pin);

/*
 * The guest reads or writes a register; offset < VIOAPIC_SIZE, size 1, 2, 4 or 8.
 * Registers have aligned accesses of 4 bytes, and the index register also of 1 byte; all
 * other reads give 0, and other writes are ignored. True: messages wait.
 */
u64 vioapic_read(const struct vioapic *io, u32 offset, unsigned size);
bool vioapic_write(struct vioapic *io, u32 offset, unsigned size, u64 value);
