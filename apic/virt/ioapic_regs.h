/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of an I/O APIC (82093AA "Register Description"; the EOI register as in
 * Intel's later IOxAPICs). For the driver of the host's IOAPICs and the model of
 * guests'. Header only.
 */
#pragma once

#include "core/base/bits.h"

/* Offsets of the memory-mapped registers, and indexes of the indirect registers. */
enum { IOAPIC_INDEX = 0x00, IOAPIC_DATA = 0x10, IOAPIC_EOI = 0x40 };
enum {
	IOAPIC_REG_ID = 0x00,
	IOAPIC_REG_VERSION = 0x01,
	IOAPIC_REG_ARBITRATION = 0x02,
	IOAPIC_REG_ENTRIES = 0x10, /* two for each pin: low half, high half of its entry */
};

#define IOAPIC_VERSION_LAST_PIN 23, 16 /* first and last bit, for bits_get */

/* A redirection entry ("I/O Redirection Table Registers"). */
#define IOAPIC_ENTRY_VECTOR	     BITS(7, 0)
#define IOAPIC_ENTRY_DELIVERY	     BITS(10, 8)
#define IOAPIC_ENTRY_LOGICAL	     BIT(11)
#define IOAPIC_ENTRY_DELIVERY_STATUS BIT(12)
#define IOAPIC_ENTRY_ACTIVE_LOW	     BIT(13)
#define IOAPIC_ENTRY_REMOTE_IRR	     BIT(14)
#define IOAPIC_ENTRY_LEVEL	     BIT(15)
#define IOAPIC_ENTRY_MASKED	     BIT(16)
#define IOAPIC_ENTRY_ID		     BITS(63, 56)
