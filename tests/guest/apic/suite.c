/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns each CPU's record of its interrupts, and the number of CPUs. */
#include "apic/suite.h"

enum { SETTLE_US = 1500, WAIT_MS = 2000, ORDER_SIZE = 64 };

struct seen {
	u32 count[256], order[ORDER_SIZE], total, nmis;
};

/*
 * Vectors that tests send although they are illegal. If an emulator delivers one, the test
 * must fail and the guest must go on.
 */
static const u8 illegal_vectors[] = {0, 3, 4, 5, 9, 15};

static volatile struct seen seen[CPU_MAX]; /* owner writes */
static volatile bool hold;

u32 suite_cpus = 1;

static void on_vector(struct trap_frame *frame)
{
	volatile struct seen *mine = &seen[cpu_this()->index];

	mine->count[frame->vector] = mine->count[frame->vector] + 1;
	if (mine->total < ORDER_SIZE)
		mine->order[mine->total] = (u32)frame->vector;
	mine->total = mine->total + 1;
	if (!hold)
		apic_eoi();
}

static void on_nmi(struct trap_frame *frame)
{
	volatile struct seen *mine = &seen[cpu_this()->index];

	(void)frame;
	mine->nmis = mine->nmis + 1;
}

static void open_interrupts(void *unused)
{
	(void)unused;
	x86_sti();
}

void suite_start(void)
{
	for (u32 vector = VECTOR_FIRST; vector <= VECTOR_LAST; vector++)
		trap_set_handler(vector, on_vector);
	for (u32 i = 0; i < ARRAY_SIZE(illegal_vectors); i++)
		trap_set_handler(illegal_vectors[i], on_vector);
	trap_set_handler(EXC_NMI, on_nmi);
	suite_cpus = smp_start();
	check_equal(suite_cpus, machine.cpus, "CPUs that came up");
	for (u32 i = 1; i < suite_cpus; i++)
		suite_on(i, open_interrupts, NULL);
}

void suite_on(u32 cpu, void (*code)(void *), void *argument)
{
	if (cpu == cpu_this()->index) {
		code(argument);
		return;
	}
	smp_run(cpu, code, argument);
	if (!smp_wait(cpu))
		check(false, "cpu %u comes to the end of its work", cpu);
}

void suite_everywhere(void (*code)(void *), void *argument)
{
	for (u32 i = 0; i < suite_cpus; i++)
		suite_on(i, code, argument);
}

const char *suite_mode(void)
{
	return cpu_this()->x2apic ? "x2APIC" : "xAPIC";
}

void suite_reset_apic(void *unused)
{
	(void)unused;
	apic_set_x2apic(false);
}

static void reset_x2apic(void *unused)
{
	suite_reset_apic(unused);
	apic_set_x2apic(true);
}

void suite_set_x2apic(bool x2apic)
{
	suite_everywhere(x2apic ? reset_x2apic : suite_reset_apic, NULL);
}

u32 suite_errors(void)
{
	apic_write(APIC_ESR, 0);
	return apic_read(APIC_ESR);
}

void seen_clear(void)
{
	for (u32 cpu = 0; cpu < suite_cpus; cpu++) {
		for (u32 i = 0; i < 256; i++)
			seen[cpu].count[i] = 0;
		for (u32 i = 0; i < ORDER_SIZE; i++)
			seen[cpu].order[i] = 0;
		seen[cpu].total = seen[cpu].nmis = 0;
	}
}

void seen_hold(bool value)
{
	hold = value;
}

u32 seen_count(u32 cpu, u32 vector)
{
	return seen[cpu].count[vector];
}

u32 seen_order(u32 n)
{
	return n < ORDER_SIZE ? seen[cpu_this()->index].order[n] : 0;
}

u32 seen_total(u32 cpu)
{
	return seen[cpu].total;
}

u64 seen_nmis(u64 want)
{
	u64 end = x86_rdtsc() + WAIT_MS * timer_tsc_per_ms(), got = 0;

	for (u32 i = 0; i < suite_cpus; i++) {
		while (want & BIT(i) && !seen[i].nmis && x86_rdtsc() < end)
			x86_pause();
	}
	timer_delay_us(SETTLE_US);
	for (u32 i = 0; i < suite_cpus; i++)
		got |= seen[i].nmis == 1 ? BIT(i) : seen[i].nmis > 1 ? BIT(32 + i) : 0;
	return got;
}

void seen_wait(u32 vector, u64 want)
{
	u64 end = x86_rdtsc() + WAIT_MS * timer_tsc_per_ms();

	x86_sti();
	for (u32 i = 0; i < suite_cpus; i++) {
		while (want & BIT(i) && !seen[i].count[vector] && x86_rdtsc() < end)
			x86_pause();
	}
	timer_delay_us(SETTLE_US);
	x86_cli();
}

void seen_check(u32 vector, u64 want, const char *mode, const char *name)
{
	u64 once = 0, often = 0;

	seen_wait(vector, want);
	for (u32 i = 0; i < suite_cpus; i++) {
		once |= seen[i].count[vector] == 1 ? BIT(i) : 0;
		often |= seen[i].count[vector] > 1 ? BIT(i) : 0;
	}
	check_equal(once, want, "%s %s: who got it", mode, name);
	check_equal(often, 0, "%s %s: who got it twice", mode, name);
}

bool suite_until(bool (*done)(void), u32 ms)
{
	u64 end = x86_rdtsc() + ms * timer_tsc_per_ms();

	while (!done() && x86_rdtsc() < end)
		x86_pause();
	return done();
}
