/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the APIC guest share: running code on a CPU, and counting
 * the interrupts that each CPU takes. One CPU at a time makes checks.
 */
#pragma once

#include "lib/guest.h"

/* Vectors that are counted; each is ended by an EOI unless seen_hold says otherwise. */
enum { VECTOR_FIRST = 0x30, VECTOR_LAST = 0xef };

/* What the library's header does not name. */
enum suite_register {
	APIC_APR = 0x90,
	APIC_RRD = 0xc0,
	APIC_LVT_THERMAL = 0x330,
	APIC_LVT_PERF = 0x340,
	ICR_LOWEST = 1 << 8,
	SVR_SUPPRESS_EOI = BIT(12),
	VERSION_SUPPRESS_EOI = BIT(24),
	ESR_SEND_ILLEGAL = BIT(5),
	ESR_RECEIVE_ILLEGAL = BIT(6),
	ESR_ILLEGAL_REGISTER = BIT(7),
	DFR_FLAT = 0xf,
	DFR_CLUSTER = 0x0,
};

extern u32 suite_cpus; /* that are up, this one included */

static inline u64 suite_all(void)
{
	return BITS(suite_cpus - 1, 0);
}

/* Starts the other CPUs, with interrupts open in all of them. */
void suite_start(void);

/* Runs code(argument) on one CPU, or on each in turn, and waits for its end. */
void suite_on(u32 cpu, void (*code)(void *), void *argument);
void suite_everywhere(void (*code)(void *), void *argument);

/* "xAPIC" or "x2APIC": the mode this CPU is in. */
const char *suite_mode(void);

/* All CPUs into one mode, software-enabled, everything else as after power-up. */
void suite_set_x2apic(bool x2apic);
void suite_reset_apic(void *unused); /* this CPU's, in xAPIC mode */

/* A register of this CPU's APIC reads bits other than those that it has: cleared by this. */
u32 suite_errors(void); /* latches and returns the ESR */

void seen_clear(void);
void seen_hold(bool hold); /* handlers leave the EOI to the test */
u32 seen_count(u32 cpu, u32 vector);
/* The n-th vector that this CPU has taken since seen_clear, 0: fewer came. */
u32 seen_order(u32 n);
u32 seen_total(u32 cpu);

/* Interrupts open here until every CPU in `want` has had the vector, and then a little longer. */
void seen_wait(u32 vector, u64 want);
/* As seen_wait; then each CPU in want must have had it once, and no other CPU at all. */
void seen_check(u32 vector, u64 want, const char *mode, const char *name);

/*
 * Waits for NMIs to all in `want`, and a little longer. The set of those who had
 * one since seen_clear; in its upper half those who had several.
 */
u64 seen_nmis(u64 want);

/* A long look at a flag that another CPU sets; true when it came. */
bool suite_until(bool (*done)(void), u32 ms);

/* The parts, in the order they run. */
void apic_test_base(void);
void apic_test_registers(void);
void apic_test_x2apic_registers(void);
void apic_test_page(void);
void apic_test_priorities(void);
void apic_test_sending(void);
void apic_test_timer(void);
void apic_test_destinations(void);
void apic_test_lines(void);
void apic_test_pic(void);
void apic_test_places(void);
void apic_test_starting(void);
