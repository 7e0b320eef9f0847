/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timer: counting, dividing, its three modes. SDM 3A "APIC Timer", "TSC-Deadline Mode".
 * Bounds in time are wide: a vCPU may be stopped for a long time.
 */
#include "apic/suite.h"

enum { VECTOR = 0x91, TRIES = 5, PERIODS = 4 };

static u32 ticks_per_ms; /* with divisor 1 */

static void stop(void)
{
	apic_write(APIC_TIMER_INITIAL, 0);
	apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR);
	apic_write(APIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
	timer_delay_us(300);
	x86_sti_nop_cli();
	seen_clear();
}

/*
 * Ticks in a millisecond of the TSC, with a divide code. Takes the maximum of several
 * measurements, because delays only lower the number.
 */
static u64 measure(u32 code)
{
	u64 best = 0;

	for (u32 i = 0; i < TRIES; i++) {
		u64 begin = x86_rdtsc(), ticks;

		apic_write(APIC_TIMER_DIVIDE, code);
		apic_write(APIC_TIMER_INITIAL, ~0u);
		timer_delay_us(2000);
		ticks = ~0u - apic_read(APIC_TIMER_CURRENT);
		best = max_u64(best, ticks * timer_tsc_per_ms() / (x86_rdtsc() - begin));
	}
	return best;
}

/* SDM 3A "Divide Configuration Register": bits 3, 1 and 0 */
static void check_divisors(void)
{
	static const struct {
		u8 code, divisor;
	} rows[] = {{0x0, 2}, {0x1, 4}, {0x2, 8}, {0x3, 16}, {0x8, 32}, {0x9, 64}, {0xa, 128}};
	u64 one = measure(TIMER_DIVIDE_BY_1);

	ticks_per_ms = (u32)one;
	check(one > 100, "%s timer: counts", suite_mode());
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 want = one / rows[i].divisor, got = measure(rows[i].code);

		check(got > want / 2 && got < want * 2 + 2, "%s timer: divides by %u", suite_mode(),
		      rows[i].divisor);
	}
	stop();
}

static void check_one_shot(void)
{
	stop();
	apic_write(APIC_LVT_TIMER, VECTOR);
	apic_write(APIC_TIMER_INITIAL, ticks_per_ms);
	check_equal(apic_read(APIC_TIMER_INITIAL), ticks_per_ms, "%s one-shot: initial count",
		    suite_mode());
	check(apic_read(APIC_TIMER_CURRENT) <= ticks_per_ms, "%s one-shot: counts down from there",
	      suite_mode());
	timer_delay_us(3000);
	seen_check(VECTOR, 1, suite_mode(), "one-shot");
	check_equal(apic_read(APIC_TIMER_CURRENT), 0, "%s one-shot: stays at 0", suite_mode());
	check_equal(apic_read(APIC_TIMER_INITIAL), ticks_per_ms,
		    "%s one-shot: the initial count stays", suite_mode());
	stop();
	apic_write(APIC_TIMER_INITIAL, ticks_per_ms);
	apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR);
	timer_delay_us(3000);
	seen_check(VECTOR, 0, suite_mode(), "one-shot, masked");
	check_equal(apic_read(APIC_TIMER_CURRENT), 0, "%s one-shot, masked: counts all the same",
		    suite_mode());
	apic_write(APIC_LVT_TIMER, VECTOR);
	seen_check(VECTOR, 0, suite_mode(), "one-shot, unmasked when it was over");
	stop();
	apic_write(APIC_LVT_TIMER, VECTOR);
	apic_write(APIC_TIMER_INITIAL, ticks_per_ms * 2000);
	apic_write(APIC_TIMER_INITIAL, 0);
	check_equal(apic_read(APIC_TIMER_CURRENT), 0, "%s one-shot: writing 0 stops it",
		    suite_mode());
	seen_check(VECTOR, 0, suite_mode(), "one-shot, stopped");
}

static bool has_periods(void)
{
	return seen_count(cpu_this()->index, VECTOR) >= PERIODS;
}

static void check_periodic(void)
{
	u32 before, over = 0;

	stop();
	apic_write(APIC_LVT_TIMER, LVT_PERIODIC | VECTOR);
	apic_write(APIC_TIMER_INITIAL, ticks_per_ms);
	x86_sti();
	check(suite_until(has_periods, 2000), "%s periodic: comes again", suite_mode());
	x86_cli();
	for (u32 i = 0; i < 1000; i++)
		over += apic_read(APIC_TIMER_CURRENT) > ticks_per_ms;
	check_equal(over, 0, "%s periodic: count above the initial one", suite_mode());
	apic_write(APIC_LVT_TIMER, LVT_MASKED | LVT_PERIODIC | VECTOR);
	timer_delay_us(300);
	x86_sti_nop_cli();
	before = seen_count(0, VECTOR);
	timer_delay_us(3000);
	x86_sti_nop_cli();
	check_equal(seen_count(0, VECTOR), before, "%s periodic: masked, it does not come",
		    suite_mode());
	apic_write(APIC_LVT_TIMER, LVT_PERIODIC | VECTOR);
	seen_clear();
	seen_wait(VECTOR, 1);
	check(seen_count(0, VECTOR) > 0, "%s periodic: unmasked, it goes on", suite_mode());
	stop();
	seen_check(VECTOR, 0, suite_mode(), "periodic, stopped");
}

/*
 * A new count begins when it is written. On a busy machine the first count may be over
 * before the second is written, and the guest can see that.
 */
static void check_restart(void)
{
	u64 first_ms = 200, begin;

	stop();
	apic_write(APIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_128);
	apic_write(APIC_TIMER_INITIAL, ~0u / 8);
	apic_write(APIC_TIMER_INITIAL, ~0u);
	check(apic_read(APIC_TIMER_CURRENT) > ~0u / 8, "%s one-shot: a new count counts",
	      suite_mode());
	do {
		stop();
		begin = x86_rdtsc();
		apic_write(APIC_LVT_TIMER, VECTOR);
		apic_write(APIC_TIMER_INITIAL, ticks_per_ms * (u32)first_ms);
		apic_write(APIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_128);
		apic_write(APIC_TIMER_INITIAL, ~0u);
	} while (x86_rdtsc() - begin > first_ms * timer_tsc_per_ms() / 2);
	timer_delay_us(first_ms * 1250);
	seen_check(VECTOR, 0, suite_mode(), "one-shot, put off");
	stop();
}

static bool has_one(void)
{
	return seen_count(cpu_this()->index, VECTOR) != 0;
}

static void check_deadline(void)
{
	u64 deadline, ms = timer_tsc_per_ms();

	stop();
	check_equal(x86_rdmsr(MSR_TSC_DEADLINE), 0, "%s TSC_DEADLINE in one-shot mode",
		    suite_mode());
	x86_wrmsr(MSR_TSC_DEADLINE, x86_rdtsc() + ms);
	check_equal(x86_rdmsr(MSR_TSC_DEADLINE), 0, "%s TSC_DEADLINE written in one-shot mode",
		    suite_mode());
	apic_write(APIC_LVT_TIMER, LVT_TSC_DEADLINE | VECTOR);
	check_equal(apic_read(APIC_LVT_TIMER), LVT_TSC_DEADLINE | VECTOR, "%s: TSC-deadline mode",
		    suite_mode());
	seen_check(VECTOR, 0, suite_mode(), "TSC deadline that was not set");
	apic_write(APIC_TIMER_INITIAL, ticks_per_ms);
	check_equal(apic_read(APIC_TIMER_CURRENT), 0, "%s TSC deadline: nothing to count",
		    suite_mode());
	deadline = x86_rdtsc() + 500 * ms;
	x86_wrmsr(MSR_TSC_DEADLINE, deadline);
	check_equal(x86_rdmsr(MSR_TSC_DEADLINE), deadline, "%s TSC_DEADLINE reads what was set",
		    suite_mode());
	deadline = x86_rdtsc() + 2 * ms;
	x86_wrmsr(MSR_TSC_DEADLINE, deadline);
	x86_sti();
	suite_until(has_one, 2000);
	check(x86_rdtsc() >= deadline, "%s TSC deadline: not early", suite_mode());
	seen_check(VECTOR, 1, suite_mode(), "TSC deadline");
	check_equal(x86_rdmsr(MSR_TSC_DEADLINE), 0, "%s TSC_DEADLINE when it was reached",
		    suite_mode());
	seen_clear();
	x86_wrmsr(MSR_TSC_DEADLINE, 1);
	seen_check(VECTOR, 1, suite_mode(), "TSC deadline in the past");
	seen_clear();
	x86_wrmsr(MSR_TSC_DEADLINE, x86_rdtsc() + 200 * ms);
	x86_wrmsr(MSR_TSC_DEADLINE, 0);
	timer_delay_us(250000);
	seen_check(VECTOR, 0, suite_mode(), "TSC deadline, disarmed");
	x86_wrmsr(MSR_TSC_DEADLINE, x86_rdtsc() + 200 * ms);
	apic_write(APIC_LVT_TIMER, VECTOR);
	apic_write(APIC_LVT_TIMER, LVT_TSC_DEADLINE | VECTOR);
	check_equal(x86_rdmsr(MSR_TSC_DEADLINE), 0, "%s TSC_DEADLINE after a change of mode",
		    suite_mode());
	timer_delay_us(250000);
	seen_check(VECTOR, 0, suite_mode(), "TSC deadline, mode changed");
	stop();
}

static void check_here(void)
{
	stop();
	check_divisors();
	check_one_shot();
	check_restart();
	check_periodic();
	if (x86_cpuid(1, 0).ecx & BIT(24))
		check_deadline();
	else
		skip("no TSC-deadline mode", "%s TSC deadline", suite_mode());
}

void apic_test_timer(void)
{
	check_here();
	if (!machine.x2apic)
		return skip("no x2APIC", "timer in x2APIC mode");
	apic_set_x2apic(true);
	check_here();
	suite_reset_apic(NULL);
}
