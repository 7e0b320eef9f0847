/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's driver for the local APIC in both modes, the IOAPIC and the two 8259s. */
#pragma once

#include "lib/cpu.h"

/* Register offsets in the xAPIC page (SDM 3A "Local APIC Register Address Map"). */
enum apic_register {
	APIC_ID = 0x20,
	APIC_VERSION = 0x30,
	APIC_TPR = 0x80,
	APIC_PPR = 0xa0,
	APIC_EOI = 0xb0,
	APIC_LDR = 0xd0,
	APIC_DFR = 0xe0,
	APIC_SVR = 0xf0,
	APIC_ISR = 0x100,
	APIC_TMR = 0x180,
	APIC_IRR = 0x200,
	APIC_ESR = 0x280,
	APIC_ICR = 0x300,
	APIC_ICR_HIGH = 0x310,
	APIC_LVT_TIMER = 0x320,
	APIC_LVT_LINT0 = 0x350,
	APIC_LVT_LINT1 = 0x360,
	APIC_LVT_ERROR = 0x370,
	APIC_TIMER_INITIAL = 0x380,
	APIC_TIMER_CURRENT = 0x390,
	APIC_TIMER_DIVIDE = 0x3e0,
	APIC_SELF_IPI = 0x3f0, /* x2APIC only */
};

/* SDM 3A "Interrupt Command Register (ICR)", "Local Vector Table" */
enum apic_bits {
	ICR_FIXED = 0 << 8,
	ICR_NMI = 4 << 8,
	ICR_INIT = 5 << 8,
	ICR_STARTUP = 6 << 8,
	ICR_LOGICAL = BIT(11),
	ICR_PENDING = BIT(12),
	ICR_ASSERT = BIT(14),
	ICR_LEVEL = BIT(15),
	ICR_SELF = 1 << 18,
	ICR_ALL = 2 << 18,
	ICR_OTHERS = 3 << 18,
	LVT_MASKED = BIT(16),
	LVT_EXTINT = 7 << 8,
	LVT_NMI = 4 << 8,
	LVT_PERIODIC = 1 << 17,
	LVT_TSC_DEADLINE = 2 << 17,
	SVR_ENABLE = BIT(8),
	TIMER_DIVIDE_BY_1 = 0xb,
	TIMER_DIVIDE_BY_16 = 0x3,
	TIMER_DIVIDE_BY_128 = 0xa,
};

enum {
	APIC_ADDRESS = 0xfee00000,
	MSR_APIC_BASE = 0x1b,
	MSR_TSC_DEADLINE = 0x6e0,
	MSR_X2APIC = 0x800,
	APIC_BASE_BSP = BIT(8),
	APIC_BASE_X2APIC = BIT(10),
	APIC_BASE_ENABLE = BIT(11),
	VECTOR_SPURIOUS = 0xff,
	PIC_VECTOR = 0x20, /* the first of the sixteen vectors of the 8259s */
};

/* Software-enables this CPU's APIC in its current mode, and masks both 8259s. */
void apic_init(void);

/*
 * Changes the mode of this CPU's APIC (through 'disabled' if the manual requires it) and
 * enables the APIC.
 */
void apic_set_x2apic(bool x2apic);

u32 apic_read(enum apic_register reg);
void apic_write(enum apic_register reg, u32 value);
void apic_eoi(void);

/* Sends and, in xAPIC mode, waits until the APIC has accepted. */
void apic_send(u32 destination, u32 command);

u32 ioapic_read(u32 index);
void ioapic_write(u32 index, u32 value);
/* Routes the pin to a vector of the CPU with this APIC ID. flags: as in the entry's low half. */
void ioapic_route(u32 pin, u32 vector_and_flags, u32 apic_id);

/* Programs both 8259s for vectors from PIC_VECTOR on, with these inputs (bit n: IRQ n) unmasked. */
void pic_open(u16 irqs);
void pic_eoi(u32 irq);
