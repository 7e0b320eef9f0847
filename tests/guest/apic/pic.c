/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 8259s and their ways to a CPU: LINT0 of each CPU, an ExtINT message of the I/O APIC's
 * pin 0, and the INTR pin while the APIC is off. 8259A data sheet; SDM 3A "Local Vector
 * Table"; MultiProcessor Specification 1.4 "Virtual Wire Mode".
 */
#include "apic/suite.h"

enum {
	MASTER = 0x20,
	SLAVE = 0xa0,
	ELCR = 0x4d0,
	READ_IRR = 0x0a,
	READ_ISR = 0x0b,
	PIT_COMMAND = 0x43,
	PIT_CHANNEL0_MODE0 = 0x30,
	TIMER_VECTOR = PIC_VECTOR, /* IRQ 0 */
	SPURIOUS = PIC_VECTOR + 7,
	LINT_VECTOR = 0xd1,
	EXTINT = LVT_EXTINT,
	WAIT_US = 3000,
	WAIT_MS = 2000,
};

static volatile u32 taken[CPU_MAX], spurious;

static void on_timer(struct trap_frame *frame)
{
	u32 me = cpu_this()->index;

	(void)frame;
	taken[me] = taken[me] + 1;
	pic_eoi(0);
}

static void on_spurious(struct trap_frame *frame)
{
	(void)frame;
	spurious = spurious + 1;
}

static void line_low(void)
{
	x86_out8(PIT_COMMAND, PIT_CHANNEL0_MODE0);
}

static void line_high(void)
{
	pit_one_shot(100);
	suite_until(pit_output, WAIT_MS);
}

static void set_lint0(void *value)
{
	apic_write(APIC_LVT_LINT0, (u32)(u64)value);
}

static void clear(void)
{
	pic_open(0);
	line_low();
	for (u32 i = 0; i < CPU_MAX; i++)
		taken[i] = 0;
	spurious = 0;
	seen_clear();
	pic_open(1);
}

static u64 takers(u64 want)
{
	u64 end = x86_rdtsc() + 2000 * timer_tsc_per_ms(), got;

	x86_sti();
	do {
		got = 0;
		for (u32 i = 0; i < suite_cpus; i++)
			got |= taken[i] ? BIT(i) : 0;
	} while (got != want && x86_rdtsc() < end);
	timer_delay_us(WAIT_US);
	x86_cli();
	got = 0;
	for (u32 i = 0; i < suite_cpus; i++)
		got |= taken[i] == 1 ? BIT(i) : 0;
	return got;
}

/* Each CPU's LINT0 in turn. */
static void check_virtual_wire(void)
{
	for (u32 cpu = 0; cpu < suite_cpus; cpu++) {
		clear();
		suite_on(cpu, set_lint0, (void *)(u64)EXTINT);
		line_high();
		check_equal(takers(BIT(cpu)), BIT(cpu), "8259s through LINT0 of cpu %u", cpu);
		check_equal(spurious, 0, "no spurious interrupt on the way to cpu %u", cpu);
		suite_on(cpu, set_lint0, (void *)(u64)LVT_MASKED);
	}
	clear();
	line_high();
	check_equal(takers(0), 0, "8259s with every LINT0 masked");
	set_lint0((void *)(u64)EXTINT);
	check_equal(takers(1), 1, "8259s: what waits comes when LINT0 is unmasked");
	set_lint0((void *)(u64)LVT_MASKED);
}

/* If LINT0 has another delivery mode, the output of the 8259s causes an interrupt of that mode. */
static void check_lint0_modes(void)
{
	clear();
	set_lint0((void *)(u64)LINT_VECTOR);
	line_high();
	seen_check(LINT_VECTOR, 1, "LINT0", "fixed, edge");
	check_equal(taken[0], 0, "LINT0 fixed: no acknowledge of the 8259s");
	set_lint0((void *)(u64)LVT_MASKED);
	clear();
	set_lint0((void *)(u64)LVT_NMI);
	line_high();
	check_equal(seen_nmis(1), 1, "LINT0 as NMI");
	set_lint0((void *)(u64)LVT_MASKED);
	clear();
}

/*
 * The output of the 8259s is pin 0 of the I/O APIC. The CPU that gets the ExtINT message
 * asks the 8259s for a vector.
 */
static void check_through_ioapic(void)
{
	for (u32 cpu = 0; cpu < suite_cpus && cpu < 2; cpu++) {
		clear();
		ioapic_route(0, EXTINT, cpus[cpu].apic_id);
		line_high();
		check_equal(takers(BIT(cpu)), BIT(cpu), "8259s through the I/O APIC to cpu %u",
			    cpu);
		ioapic_write(0x10, LVT_MASKED);
	}
	clear();
}

/* SDM 3A "Enabling or Disabling the Local APIC": while the APIC is off, LINT0 is the INTR pin. */
static void check_apic_off(void)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	clear();
	x86_wrmsr(MSR_APIC_BASE, base & ~(u64)APIC_BASE_ENABLE);
	line_high();
	check_equal(takers(1), 1, "8259s while the APIC is off");
	x86_wrmsr(MSR_APIC_BASE, base);
	suite_reset_apic(NULL);
	clear();
}

/* --- The chips themselves --- */

static u8 read_register(u16 chip, u8 which)
{
	x86_out8(chip, which);
	return x86_in8(chip);
}

static void check_registers(void)
{
	clear();
	check_equal(x86_in8(MASTER + 1), 0xfe, "8259: mask reads back");
	x86_out8(SLAVE + 1, 0x5a);
	check_equal(x86_in8(SLAVE + 1), 0x5a, "8259 slave: mask reads back");
	pic_open(0);
	line_high();
	check_equal(read_register(MASTER, READ_IRR) & 1, 1, "8259: IRR shows a masked request");
	check_equal(read_register(MASTER, READ_ISR), 0, "8259: ISR while nothing is served");
	line_low();
	check_equal(read_register(MASTER, READ_IRR) & 1, 0, "8259: IRR when the line has fallen");
}

static void check_elcr(void)
{
	u8 old0 = x86_in8(ELCR), old1 = x86_in8(ELCR + 1);

	x86_out8(ELCR, 0xff);
	x86_out8(ELCR + 1, 0xff);
	check_equal(x86_in8(ELCR), 0xf8, "ELCR: IRQ 0, 1 and 2 are edges");
	check_equal(x86_in8(ELCR + 1), 0xde, "ELCR: IRQ 8 and 13 are edges");
	x86_out8(ELCR, old0);
	x86_out8(ELCR + 1, old1);
}

void apic_test_pic(void)
{
	trap_set_handler(TIMER_VECTOR, on_timer);
	trap_set_handler(SPURIOUS, on_spurious);
	check_registers();
	check_elcr();
	check_virtual_wire();
	check_lint0_modes();
	if (machine.ioapic)
		check_through_ioapic();
	check_apic_off();
	pic_open(0);
	line_low();
}
