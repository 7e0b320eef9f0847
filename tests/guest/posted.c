/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends many interrupts, in both APIC modes, to a CPU that never leaves its loop, and waits
 * for each of them. tests/boot/test_accel.py counts the exits from outside.
 */
#include "lib/guest.h"

enum { VECTOR = 0x61, COUNT = 500, WAIT_MS = 5000 };

static volatile u32 got, stop;

static void on_interrupt(struct trap_frame *frame)
{
	(void)frame;
	got = got + 1;
	apic_eoi();
}

static void spin(void *x2apic)
{
	apic_set_x2apic(*(bool *)x2apic);
	got = 0;
	x86_sti();
	while (!stop) /* without PAUSE, because PAUSE may exit */
		;
	x86_cli();
}

static void check_mode(bool x2apic, const char *mode)
{
	u64 end = x86_rdtsc() + WAIT_MS * timer_tsc_per_ms();
	u32 sent = 0;

	apic_set_x2apic(x2apic);
	stop = 0;
	got = COUNT;
	smp_run(1, spin, &x2apic);
	while (got && x86_rdtsc() < end)
		x86_pause();
	while (sent < COUNT && x86_rdtsc() < end) {
		apic_send(cpus[1].apic_id, VECTOR | ICR_ASSERT);
		sent++;
		while (got < sent && x86_rdtsc() < end)
			x86_pause();
	}
	check_equal(got, COUNT, "%s: interrupts", mode);
	stop = 1;
	check(smp_wait(1), "%s: the CPU has stopped", mode);
}

void guest_main(void)
{
	trap_set_handler(VECTOR, on_interrupt);
	check_equal(smp_start(), 2, "CPUs");
	check_mode(false, "xAPIC");
	check_mode(true, "x2APIC");
}
