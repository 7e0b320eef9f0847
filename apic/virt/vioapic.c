/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual I/O APIC: 82093AA datasheet, "Register Description" and "I/O
 * APIC Functional Description"; the EOI register as in Intel's later IOxAPICs.
 * Decides which messages are to be sent; never delivers one.
 */
#include "apic/virt/vioapic.h"

#include "apic/virt/ioapic_regs.h"

#define ENTRY_READ_ONLY (IOAPIC_ENTRY_DELIVERY_STATUS | IOAPIC_ENTRY_REMOTE_IRR)
#define ENTRY_WRITABLE                                                                             \
	(IOAPIC_ENTRY_ID | IOAPIC_ENTRY_MASKED | IOAPIC_ENTRY_LEVEL | IOAPIC_ENTRY_ACTIVE_LOW |    \
	 IOAPIC_ENTRY_LOGICAL | IOAPIC_ENTRY_DELIVERY | IOAPIC_ENTRY_VECTOR)

enum { VERSION = (VIOAPIC_PINS - 1) << 16 | 0x20 };

void vioapic_reset(struct vioapic *io)
{
	*io = (struct vioapic){0};
	for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++)
		io->entries[pin] = IOAPIC_ENTRY_MASKED;
}

/* The trigger mode has a meaning for fixed and lowest priority; other delivery modes are edges. */
static bool entry_is_level(u64 entry)
{
	return (entry & IOAPIC_ENTRY_LEVEL) && bits_get(entry, 10, 8) <= APIC_LOWEST_PRIORITY;
}

static bool is_asserted(const struct vioapic *io, unsigned pin)
{
	bool high = io->pins & BIT(pin), active_low = io->entries[pin] & IOAPIC_ENTRY_ACTIVE_LOW;
	return high != active_low;
}

/* Level-triggered: a message waits while the pin is asserted, unmasked and not in service. */
static void sync_level(struct vioapic *io, unsigned pin)
{
	u64 entry = io->entries[pin];
	if (!entry_is_level(entry))
		return;
	if (is_asserted(io, pin) && !(entry & (IOAPIC_ENTRY_MASKED | IOAPIC_ENTRY_REMOTE_IRR))) {
		io->pending |= (u32)BIT(pin);
	} else {
		io->pending &= ~(u32)BIT(pin);
		io->entries[pin] &= ~IOAPIC_ENTRY_DELIVERY_STATUS;
	}
}

bool vioapic_set_pin(struct vioapic *io, unsigned pin, bool high)
{
	if (pin >= VIOAPIC_PINS)
		return false;
	bool was_asserted = is_asserted(io, pin);
	io->pins &= ~(u32)BIT(pin);
	if (high)
		io->pins |= (u32)BIT(pin);
	bool rises = is_asserted(io, pin) && !was_asserted;
	/* An edge on a masked entry is not remembered. */
	if (entry_is_level(io->entries[pin]))
		sync_level(io, pin);
	else if (rises && !(io->entries[pin] & IOAPIC_ENTRY_MASKED))
		io->pending |= (u32)BIT(pin);
	return io->pending;
}

bool vioapic_eoi(struct vioapic *io, u8 vector)
{
	for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++) {
		u64 *entry = &io->entries[pin];
		if (!(*entry & IOAPIC_ENTRY_REMOTE_IRR) || (*entry & IOAPIC_ENTRY_VECTOR) != vector)
			continue;
		*entry &= ~IOAPIC_ENTRY_REMOTE_IRR;
		sync_level(io, pin);
	}
	return io->pending;
}

bool vioapic_retry(struct vioapic *io)
{
	for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++)
		sync_level(io, pin);
	return io->pending;
}

int vioapic_take_message(struct vioapic *io, struct apic_message *message)
{
	if (!io->pending)
		return -1;
	unsigned pin = (unsigned)__builtin_ctz(io->pending);
	u64 *entry = &io->entries[pin];
	bool level = entry_is_level(*entry);
	io->pending &= ~(u32)BIT(pin);
	*entry &= ~IOAPIC_ENTRY_DELIVERY_STATUS;
	if (level)
		*entry |= IOAPIC_ENTRY_REMOTE_IRR;
	*message = (struct apic_message){
		.destination = (u32)bits_get(*entry, 63, 56),
		.vector = *entry & IOAPIC_ENTRY_VECTOR,
		.delivery = (u8)bits_get(*entry, 10, 8),
		.shorthand = APIC_TO_DESTINATION,
		.logical = *entry & IOAPIC_ENTRY_LOGICAL,
		.level = level,
	};
	return (int)pin;
}

void vioapic_refuse(struct vioapic *io, unsigned pin)
{
	if (pin >= VIOAPIC_PINS || !entry_is_level(io->entries[pin]))
		return;
	io->entries[pin] &= ~IOAPIC_ENTRY_REMOTE_IRR;
	io->entries[pin] |= IOAPIC_ENTRY_DELIVERY_STATUS;
}

/* --- Registers --- */

static u32 read_indexed(const struct vioapic *io)
{
	switch (io->select) {
	case IOAPIC_REG_ID:
	case IOAPIC_REG_ARBITRATION: /* a write of the ID changes it, too */
		return (u32)io->id << 24;
	case IOAPIC_REG_VERSION:
		return VERSION;
	}
	unsigned index = io->select - (unsigned)IOAPIC_REG_ENTRIES;
	if (index >= 2 * VIOAPIC_PINS)
		return 0;
	return (u32)(io->entries[index / 2] >> (index % 2 * 32));
}

static void write_entry(struct vioapic *io, unsigned index, u32 value)
{
	unsigned pin = index / 2, shift = index % 2 * 32;
	u64 writable = ENTRY_WRITABLE & BITS(shift + 31, shift);
	u64 entry = io->entries[pin];
	entry = (entry & ~writable) | ((u64)value << shift & writable);
	/* Edge entries have no Remote IRR: guests set an entry to edge and back to end an
	 * interrupt. */
	if (!entry_is_level(entry))
		entry &= ~ENTRY_READ_ONLY;
	if (entry & IOAPIC_ENTRY_MASKED)
		io->pending &= ~(u32)BIT(pin);
	io->entries[pin] = entry;
	sync_level(io, pin);
}

static void write_indexed(struct vioapic *io, u32 value)
{
	unsigned index = io->select - (unsigned)IOAPIC_REG_ENTRIES;
	if (io->select == IOAPIC_REG_ID)
		io->id = value >> 24 & 0xf;
	else if (index < 2 * VIOAPIC_PINS)
		write_entry(io, index, value);
}

u64 vioapic_read(const struct vioapic *io, u32 offset, unsigned size)
{
	if (offset == IOAPIC_INDEX && (size == 4 || size == 1))
		return io->select;
	if (offset == IOAPIC_DATA && size == 4)
		return read_indexed(io);
	return 0;
}

bool vioapic_write(struct vioapic *io, u32 offset, unsigned size, u64 value)
{
	if (offset == IOAPIC_INDEX && (size == 4 || size == 1))
		io->select = (u8)value;
	else if (offset == IOAPIC_DATA && size == 4)
		write_indexed(io, (u32)value);
	else if (offset == IOAPIC_EOI && size == 4)
		return vioapic_eoi(io, (u8)value);
	return io->pending;
}
