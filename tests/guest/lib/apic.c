/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses interrupt controllers only. Owns no state but the member x2apic of struct cpu. */
#include "lib/apic.h"
#include "lib/machine.h"

enum {
	PIC_MASTER = 0x20,
	PIC_SLAVE = 0xa0,
	PIC_ICW1 = 0x11, /* edge, cascade, ICW4 follows */
	PIC_ICW4_8086 = 1,
	PIC_EOI = 0x20,
	CASCADE_IRQ = 2,
	IOAPIC_REDIRECTION = 0x10,
	SETTLE_ROUNDS = 100000,
};

static volatile u32 *xapic(enum apic_register reg)
{
	return (volatile u32 *)(u64)(APIC_ADDRESS + reg);
}

u32 apic_read(enum apic_register reg)
{
	if (cpu_this()->x2apic)
		return (u32)x86_rdmsr(MSR_X2APIC + reg / 16);
	return *xapic(reg);
}

void apic_write(enum apic_register reg, u32 value)
{
	if (cpu_this()->x2apic)
		x86_wrmsr(MSR_X2APIC + reg / 16, value);
	else
		*xapic(reg) = value;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

void apic_send(u32 destination, u32 command)
{
	if (cpu_this()->x2apic) {
		x86_wrmsr(MSR_X2APIC + APIC_ICR / 16, (u64)destination << 32 | command);
		return;
	}
	*xapic(APIC_ICR_HIGH) = destination << 24;
	*xapic(APIC_ICR) = command;
	for (unsigned i = 0; i < SETTLE_ROUNDS && *xapic(APIC_ICR) & ICR_PENDING; i++)
		x86_pause();
}

static void apic_enable(void)
{
	struct cpu *cpu = cpu_this();

	cpu->x2apic = x86_rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC;
	apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	apic_write(APIC_TPR, 0);
	cpu->apic_id = cpu->x2apic ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

void apic_init(void)
{
	apic_enable();
	if (cpu_this()->index == 0)
		pic_open(0);
}

void apic_set_x2apic(bool x2apic)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	if (x2apic) {
		x86_wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
		x86_wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
	} else {
		/* SDM 3A "x2APIC State Transitions": back to xAPIC only through disabled. */
		x86_wrmsr(MSR_APIC_BASE, base & ~(u64)(APIC_BASE_ENABLE | APIC_BASE_X2APIC));
		x86_wrmsr(MSR_APIC_BASE, (base | APIC_BASE_ENABLE) & ~(u64)APIC_BASE_X2APIC);
	}
	apic_enable();
}

static volatile u32 *ioapic(u32 offset)
{
	return (volatile u32 *)(u64)(machine.ioapic + offset);
}

u32 ioapic_read(u32 index)
{
	*ioapic(0x00) = index;
	return *ioapic(0x10);
}

void ioapic_write(u32 index, u32 value)
{
	*ioapic(0x00) = index;
	*ioapic(0x10) = value;
}

void ioapic_route(u32 pin, u32 vector_and_flags, u32 apic_id)
{
	u32 index = IOAPIC_REDIRECTION + 2 * pin;

	ioapic_write(index, LVT_MASKED);
	ioapic_write(index + 1, apic_id << 24);
	ioapic_write(index, vector_and_flags);
}

static void pic_program(u16 base, u8 vector, u8 icw3, u8 mask)
{
	x86_out8(base, PIC_ICW1);
	x86_out8(base + 1, vector);
	x86_out8(base + 1, icw3);
	x86_out8(base + 1, PIC_ICW4_8086);
	x86_out8(base + 1, mask);
}

void pic_open(u16 irqs)
{
	if (irqs >> 8)
		irqs |= BIT(CASCADE_IRQ);
	pic_program(PIC_MASTER, PIC_VECTOR, BIT(CASCADE_IRQ), (u8)~irqs);
	pic_program(PIC_SLAVE, PIC_VECTOR + 8, CASCADE_IRQ, (u8)(~irqs >> 8));
}

void pic_eoi(u32 irq)
{
	if (irq >= 8)
		x86_out8(PIC_SLAVE, PIC_EOI);
	x86_out8(PIC_MASTER, PIC_EOI);
}
