/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt handlers run for a long time with interrupts off and without an instruction
 * that could exit. No other interrupt may be delivered meanwhile.
 */
#include "lib/guest.h"

enum { VECTOR = 0x50, ROUNDS = 40, HANDLER_MS = 30 };

static volatile u32 depth, nested, count;

static void on_interrupt(struct trap_frame *frame)
{
	u64 end = x86_rdtsc() + HANDLER_MS * timer_tsc_per_ms();

	(void)frame;
	if (depth++)
		nested++;
	count++;
	while (x86_rdtsc() < end)
		; /* no PAUSE: it may exit */
	if (--depth == 0)
		apic_eoi();
}

void guest_main(void)
{
	trap_set_handler(VECTOR, on_interrupt);
	print("HANDLER begins\n");
	for (u32 i = 0; i < ROUNDS; i++) {
		apic_send(0, VECTOR | ICR_SELF | ICR_ASSERT);
		x86_sti_nop_cli();
	}
	check_equal(nested, 0, "interrupts within an interrupt's handler");
	check_equal(count, ROUNDS, "interrupts are taken once each");
}
