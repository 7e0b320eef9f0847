/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks that every timer's interrupt arrives, and that it ends a HLT. */
#include "lib/guest.h"

enum {
	VECTOR = 0x50,
	WAIT_MS = 500,
	PERIODS = 5,
	TICKS_2MS = PIT_HZ / 500,
	PIC_TIMER_VECTOR = PIC_VECTOR,
	PIC_RTC_VECTOR = PIC_VECTOR + RTC_IRQ,
	RTC_A = 0x0a,
	RTC_B = 0x0b,
	RTC_C = 0x0c,
	RTC_RATE_1024HZ = 0x26,
	RTC_PERIODIC = BIT(6),
};

static volatile u32 arrived;

static void on_apic(struct trap_frame *frame)
{
	(void)frame;
	arrived = arrived + 1;
	apic_eoi();
}

static void on_pic_timer(struct trap_frame *frame)
{
	(void)frame;
	arrived = arrived + 1;
	pic_eoi(0);
}

static void on_pic_rtc(struct trap_frame *frame)
{
	(void)frame;
	arrived = arrived + 1;
	rtc_read(RTC_C);
	pic_eoi(RTC_IRQ);
}

static u32 wait_spinning(u32 wanted)
{
	u64 end = x86_rdtsc() + WAIT_MS * timer_tsc_per_ms();

	x86_sti();
	while (arrived < wanted && x86_rdtsc() < end)
		x86_pause();
	x86_cli();
	return arrived;
}

/*
 * Accepts interrupts that were on their way when their source stopped. The next test then
 * sees only its own.
 */
static void drain(void)
{
	timer_delay_us(2000);
	x86_sti_nop_cli();
}

/* Waits for the first shot by spinning: HLT is safe only with a timer that works. */
static void check_one_shot(const char *name, void (*arm)(void))
{
	arrived = 0;
	arm();
	check_equal(wait_spinning(1), 1, "%s arrives", name);
	if (!arrived)
		return;
	drain();
	check_equal(arrived, 1, "%s arrives once", name);
	arrived = 0;
	arm();
	while (!arrived)
		x86_sti_hlt_cli();
	check(true, "%s ends HLT", name);
}

static void check_periodic(const char *name, void (*arm)(void), void (*stop)(void))
{
	arrived = 0;
	arm();
	check(wait_spinning(PERIODS) >= PERIODS, "%s repeats", name);
	if (arrived >= PERIODS) {
		arrived = 0;
		while (arrived < PERIODS)
			x86_sti_hlt_cli();
		check(true, "%s ends HLT again and again", name);
	}
	stop();
	drain();
}

static void arm_pit(void)
{
	pit_one_shot(TICKS_2MS);
}

static void arm_pit_periodic(void)
{
	pit_periodic(TICKS_2MS);
}

/* A PIT cannot be stopped. Mode 0 with the longest count comes nearest to it. */
static void stop_pit(void)
{
	pit_one_shot(0);
}

static void check_pit_by_pic(void)
{
	apic_write(APIC_LVT_LINT0, LVT_EXTINT);
	trap_set_handler(PIC_TIMER_VECTOR, on_pic_timer);
	arm_pit();
	timer_delay_us(5000);
	pic_open(BIT(0));
	x86_sti_nop_cli(); /* removes an interrupt that was pending before */
	check_one_shot("PIT by 8259", arm_pit);
	check_periodic("PIT by 8259, periodic", arm_pit_periodic, stop_pit);
	pic_open(0);
	apic_write(APIC_LVT_LINT0, LVT_MASKED);
}

static void check_pit_by_ioapic(void)
{
	if (!machine.ioapic)
		return skip("no IOAPIC in the MADT", "PIT by IOAPIC");
	ioapic_route(machine.gsi_of_irq0, VECTOR, cpu_this()->apic_id);
	check_one_shot("PIT by IOAPIC", arm_pit);
	check_periodic("PIT by IOAPIC, periodic", arm_pit_periodic, stop_pit);
	ioapic_route(machine.gsi_of_irq0, LVT_MASKED, 0);
}

static void arm_apic(void)
{
	apic_write(APIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_16);
	apic_write(APIC_LVT_TIMER, VECTOR);
	apic_write(APIC_TIMER_INITIAL, 20000);
}

static void arm_apic_periodic(void)
{
	apic_write(APIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_16);
	apic_write(APIC_LVT_TIMER, VECTOR | LVT_PERIODIC);
	apic_write(APIC_TIMER_INITIAL, 20000);
}

static void stop_apic(void)
{
	apic_write(APIC_TIMER_INITIAL, 0);
	apic_write(APIC_LVT_TIMER, LVT_MASKED);
}

static void arm_deadline(void)
{
	apic_write(APIC_LVT_TIMER, VECTOR | LVT_TSC_DEADLINE);
	x86_wrmsr(MSR_TSC_DEADLINE, x86_rdtsc() + timer_tsc_per_ms());
}

static void check_apic_timer(const char *one_shot, const char *periodic, const char *deadline)
{
	check_one_shot(one_shot, arm_apic);
	check_equal(apic_read(APIC_TIMER_CURRENT), 0, "%s ends at zero", one_shot);
	check_periodic(periodic, arm_apic_periodic, stop_apic);
	if (!(x86_cpuid(1, 0).ecx & BIT(24)))
		return skip("no TSC-deadline", "%s", deadline);
	check_one_shot(deadline, arm_deadline);
	check_equal(x86_rdmsr(MSR_TSC_DEADLINE), 0, "%s reads zero once fired", deadline);
	apic_write(APIC_LVT_TIMER, LVT_MASKED);
}

static void arm_rtc(void)
{
	rtc_write(RTC_A, RTC_RATE_1024HZ);
	rtc_read(RTC_C);
	rtc_write(RTC_B, rtc_read(RTC_B) | RTC_PERIODIC);
}

static void stop_rtc(void)
{
	rtc_write(RTC_B, rtc_read(RTC_B) & ~RTC_PERIODIC);
	rtc_read(RTC_C);
}

static void check_rtc(void)
{
	apic_write(APIC_LVT_LINT0, LVT_EXTINT);
	trap_set_handler(PIC_RTC_VECTOR, on_pic_rtc);
	pic_open(BIT(RTC_IRQ));
	check_periodic("RTC by 8259", arm_rtc, stop_rtc);
	pic_open(0);
	apic_write(APIC_LVT_LINT0, LVT_MASKED);
}

void guest_main(void)
{
	trap_set_handler(VECTOR, on_apic);
	check_pit_by_pic();
	check_pit_by_ioapic();
	check_apic_timer("xAPIC one-shot", "xAPIC periodic", "xAPIC TSC-deadline");
	check_rtc();
	if (machine.x2apic) {
		apic_set_x2apic(true);
		check_apic_timer("x2APIC one-shot", "x2APIC periodic", "x2APIC TSC-deadline");
	} else {
		skip("no x2APIC", "x2APIC timer");
	}
}
