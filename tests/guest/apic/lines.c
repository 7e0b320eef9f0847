/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The I/O APIC. 82093AA data sheet "Register Description", "Interrupt Delivery"; its EOI
 * register as in version 0x20. The line is the output of the 8254's channel 0: it goes low
 * when a one-shot count is programmed, and high when the count has run out.
 */
#include "apic/suite.h"

enum {
	REG_ID = 0,
	REG_VERSION = 1,
	REG_ARBITRATION = 2,
	REG_ENTRIES = 0x10,
	ENTRY_LOWEST = 1 << 8,
	ENTRY_NMI = 4 << 8,
	ENTRY_LOGICAL = BIT(11),
	ENTRY_ACTIVE_LOW = BIT(13),
	ENTRY_REMOTE_IRR = BIT(14),
	ENTRY_LEVEL = BIT(15),
	ENTRY_MASKED = BIT(16),
	IOEOI = 0x40,
	VECTOR = 0xc1,
	PIT_COMMAND = 0x43,
	PIT_CHANNEL0_MODE0 = 0x30,
	WAIT_MS = 2000,
};

static u32 entry_low(u32 pin)
{
	return ioapic_read(REG_ENTRIES + 2 * pin);
}

static bool remote_irr(u32 pin)
{
	return entry_low(pin) & ENTRY_REMOTE_IRR;
}

/* Programming mode 0 makes the output low. Without a count it stays low. */
static void line_low(void)
{
	x86_out8(PIT_COMMAND, PIT_CHANNEL0_MODE0);
}

static void line_high(void)
{
	pit_one_shot(100);
	suite_until(pit_output, WAIT_MS);
}

static void mask(u32 pin)
{
	ioapic_write(REG_ENTRIES + 2 * pin, ENTRY_MASKED);
	line_low();
	for (u32 i = 0; i < 16; i++)
		apic_eoi();
	seen_clear();
}

static void check_registers(void)
{
	u32 pins = (ioapic_read(REG_VERSION) >> 16 & 0xff) + 1, wrong_low = 0, wrong_high = 0;

	check_equal(pins, 24, "IOAPIC: pins");
	for (u32 pin = 0; pin < pins; pin++) {
		u32 index = REG_ENTRIES + 2 * pin;

		ioapic_write(index, 0xffffffff);
		ioapic_write(index + 1, 0xffffffff);
		wrong_low |=
			(ioapic_read(index) & ~(u32)ENTRY_REMOTE_IRR) != 0x1afff ? 1u << pin : 0;
		wrong_high |= ioapic_read(index + 1) != 0xff000000 ? 1u << pin : 0;
		ioapic_write(index + 1, 0);
		ioapic_write(index, ENTRY_MASKED);
	}
	check_equal(wrong_low, 0, "IOAPIC: entries whose low half has other bits");
	check_equal(wrong_high, 0, "IOAPIC: entries whose high half has other bits");
	ioapic_write(REG_ID, 0xffffffff);
	check_equal(ioapic_read(REG_ID), 0x0f000000, "IOAPIC: ID has 4 bits");
	check_equal(ioapic_read(REG_ARBITRATION), 0x0f000000, "IOAPIC: arbitration ID follows it");
	ioapic_write(REG_ID, 0);
	check_equal(ioapic_read(REG_ENTRIES + 2 * pins), 0, "IOAPIC: an index beyond the last");
}

static void check_edge(u32 pin)
{
	for (u32 cpu = 0; cpu < suite_cpus; cpu++) {
		mask(pin);
		ioapic_route(pin, VECTOR, cpus[cpu].apic_id);
		line_high();
		seen_check(VECTOR, BIT(cpu), "IOAPIC", "edge");
		check(!remote_irr(pin), "IOAPIC edge to cpu %u: no remote IRR", cpu);
	}
	mask(pin);
	ioapic_route(pin, VECTOR, 0xff);
	line_high();
	seen_check(VECTOR, suite_all(), "IOAPIC", "edge, broadcast");
	mask(pin);
	ioapic_route(pin, VECTOR | ENTRY_MASKED, cpus[0].apic_id);
	line_high();
	ioapic_write(REG_ENTRIES + 2 * pin, VECTOR);
	seen_check(VECTOR, 0, "IOAPIC", "edge, masked when it came");
	mask(pin);
}

static void check_level(u32 pin)
{
	seen_hold(true);
	mask(pin);
	ioapic_route(pin, VECTOR | ENTRY_LEVEL, cpus[0].apic_id);
	check(!remote_irr(pin), "IOAPIC level: idle, no remote IRR");
	line_high();
	seen_check(VECTOR, 1, "IOAPIC", "level");
	check(remote_irr(pin), "IOAPIC level: remote IRR while it is served");
	check_equal(apic_read((enum apic_register)(APIC_TMR + VECTOR / 32 * 0x10)),
		    1u << VECTOR % 32, "IOAPIC level: TMR says so");
	seen_clear();
	apic_eoi();
	seen_check(VECTOR, 1, "IOAPIC", "level, still high at the EOI");
	check(remote_irr(pin), "IOAPIC level: remote IRR again");
	line_low();
	seen_clear();
	apic_eoi();
	seen_check(VECTOR, 0, "IOAPIC", "level, low at the EOI");
	check(!remote_irr(pin), "IOAPIC level: remote IRR is gone");
	line_high();
	seen_check(VECTOR, 1, "IOAPIC", "level, high again");
	seen_clear();
	ioapic_write(REG_ENTRIES + 2 * pin, VECTOR | ENTRY_LEVEL | ENTRY_MASKED);
	apic_eoi();
	seen_check(VECTOR, 0, "IOAPIC", "level, masked at the EOI");
	check(!remote_irr(pin), "IOAPIC level: EOI ends remote IRR of a masked entry");
	ioapic_write(REG_ENTRIES + 2 * pin, VECTOR | ENTRY_LEVEL);
	seen_check(VECTOR, 1, "IOAPIC", "level, unmasked while high");
	line_low();
	apic_eoi();
	seen_hold(false);
	mask(pin);
}

/*
 * An EOI for another vector does not change the entry. A write of the I/O APIC's EOI
 * register ends it without an EOI of an APIC.
 */
static void check_directed_eoi(u32 pin)
{
	volatile u32 *eoi = (volatile u32 *)(u64)(machine.ioapic + IOEOI);

	if ((ioapic_read(REG_VERSION) & 0xff) < 0x20)
		return skip("the I/O APIC has no EOI register", "IOAPIC directed EOI");
	seen_hold(true);
	mask(pin);
	ioapic_route(pin, VECTOR | ENTRY_LEVEL, cpus[0].apic_id);
	line_high();
	seen_wait(VECTOR, 1);
	line_low();
	*eoi = VECTOR + 1;
	check(remote_irr(pin), "IOAPIC: directed EOI of another vector");
	*eoi = VECTOR;
	check(!remote_irr(pin), "IOAPIC: directed EOI ends remote IRR");
	apic_eoi();
	if (apic_read(APIC_VERSION) & VERSION_SUPPRESS_EOI) {
		apic_write(APIC_SVR, SVR_ENABLE | SVR_SUPPRESS_EOI | VECTOR_SPURIOUS);
		seen_clear();
		line_high();
		seen_wait(VECTOR, 1);
		line_low();
		apic_eoi();
		check(remote_irr(pin), "EOI broadcast suppressed: remote IRR stays");
		*eoi = VECTOR;
		check(!remote_irr(pin), "EOI broadcast suppressed: directed EOI ends it");
		apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	} else {
		skip("no EOI-broadcast suppression", "EOI broadcast suppressed");
	}
	seen_hold(false);
	mask(pin);
}

/* With inverted polarity the line requests an interrupt when it is low. */
static void check_polarity(u32 pin)
{
	seen_hold(true);
	mask(pin);
	line_high();
	ioapic_route(pin, VECTOR | ENTRY_LEVEL | ENTRY_ACTIVE_LOW, cpus[0].apic_id);
	seen_check(VECTOR, 0, "IOAPIC", "active low, line high");
	line_low();
	seen_check(VECTOR, 1, "IOAPIC", "active low, line low");
	line_high();
	apic_eoi();
	check(!remote_irr(pin), "IOAPIC active low: ended when high");
	seen_hold(false);
	mask(pin);
}

static bool is_taken(void)
{
	for (u32 i = 0; i < suite_cpus; i++)
		if (seen_count(i, VECTOR))
			return true;
	return false;
}

static void check_modes(u32 pin)
{
	u64 last = BIT(suite_cpus - 1);
	u32 total = 0;

	mask(pin);
	ioapic_route(pin, ENTRY_NMI | ENTRY_LEVEL | 3, cpus[suite_cpus - 1].apic_id);
	line_high();
	check_equal(seen_nmis(last), last, "IOAPIC: NMI to the last CPU, once");
	mask(pin);
	apic_write(APIC_LDR, 0x80000000);
	ioapic_route(pin, VECTOR | ENTRY_LOGICAL, 0x80);
	line_high();
	seen_check(VECTOR, 1, "IOAPIC", "logical");
	mask(pin);
	ioapic_route(pin, VECTOR | ENTRY_LOGICAL | ENTRY_LOWEST, 0xff);
	line_high();
	x86_sti();
	suite_until(is_taken, 2000);
	seen_wait(VECTOR, 0);
	for (u32 i = 0; i < suite_cpus; i++)
		total += seen_count(i, VECTOR);
	check_equal(total, 1, "IOAPIC: lowest priority to all, taken once");
	mask(pin);
	apic_write(APIC_LDR, 0);
}

void apic_test_lines(void)
{
	u32 pin = machine.gsi_of_irq0;

	if (!machine.ioapic)
		return skip("no I/O APIC", "I/O APIC");
	pic_open(0);
	line_low();
	check_registers();
	check_edge(pin);
	check_level(pin);
	check_directed_eoi(pin);
	check_polarity(pin);
	check_modes(pin);
	suite_reset_apic(NULL);
}
