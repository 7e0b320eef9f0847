/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One virtual I/O APIC of 24 pins: 82093AA's registers, plus the EOI register
 * of its successors (version 0x20), without which a guest that suppresses EOI
 * broadcasts could not end an interrupt. Pure: messages are handed out, the
 * caller delivers them and holds the lock that guards the structure.
 *
 * After any call that returns true:
 *	while ((pin = vioapic_take_message(io, &message)) >= 0)
 *		if (nobody accepted message)
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
	u32 pending;		   /* bit per pin: a message waits to be taken */
	u8 select;		   /* IOREGSEL */
	u8 id;			   /* 4 bits */
};

/* Power-on state: every entry masked. */
void vioapic_reset(struct vioapic *io);

/*
 * Line `pin` (0..VIOAPIC_PINS - 1) is high or low; which of them asserts it, the
 * entry's polarity says. True: messages wait.
 */
bool vioapic_set_pin(struct vioapic *io, unsigned pin, bool high);

/* An EOI for `vector` was broadcast. True: messages wait. */
bool vioapic_eoi(struct vioapic *io, u8 vector);

/* Offers refused level interrupts again: an APIC came on. True: messages wait. */
bool vioapic_retry(struct vioapic *io);

/* The next waiting message and its pin, or -1. Sets Remote IRR of a level one. */
int vioapic_take_message(struct vioapic *io, struct apic_message *message);

/* Nobody accepted the message just taken from `pin`: an edge is lost, a level waits for retry. */
void vioapic_refuse(struct vioapic *io, unsigned pin);

/*
 * Register access, offset < VIOAPIC_SIZE, size 1, 2, 4 or 8. Registers answer
 * to aligned 4-byte accesses, the index also to 1-byte ones; anything else reads
 * as 0 and is ignored when written. True: messages wait.
 */
u64 vioapic_read(const struct vioapic *io, u32 offset, unsigned size);
bool vioapic_write(struct vioapic *io, u32 offset, unsigned size, u64 value);
