/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the parts of the APIC guest: runs code on a CPU, and counts the interrupts of
 * each CPU. Only one CPU at a time makes checks.
 */
#pragma once

#include "lib/guest.h"

/* Vectors that are counted. The handler ends each by an EOI, unless seen_hold is set. */
enum { VECTOR_FIRST = 0x30, VECTOR_LAST = 0xef };

/* Names that the library's header lacks. */
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

extern u32 suite_cpus; /* number of CPUs that are up, including this one */

static inline u64 suite_all(void)
{
	return BITS(suite_cpus - 1, 0);
}

/* Starts the other CPUs, with interrupts on in all of them. */
void suite_start(void);

/* Run code(argument) on one CPU, or on each CPU in turn, and wait for its end. */
void suite_on(u32 cpu, void (*code)(void *), void *argument);
void suite_everywhere(void (*code)(void *), void *argument);

/* "xAPIC" or "x2APIC": the mode of this CPU. */
const char *suite_mode(void);

/* Brings all CPUs into one mode, software-enabled, with all other registers as after power-up. */
void suite_set_x2apic(bool x2apic);
void suite_reset_apic(void *unused); /* of this CPU, in xAPIC mode */

/* A register of this CPU's APIC reads bits other than those that it has: cleared by this. */
u32 suite_errors(void); /* latches and returns the ESR */

void seen_clear(void);
void seen_hold(bool hold); /* true: handlers write no EOI, the test does */
u32 seen_count(u32 cpu, u32 vector);
/* The n-th vector of this CPU since seen_clear. 0: fewer came. */
u32 seen_order(u32 n);
u32 seen_total(u32 cpu);

/* Turns interrupts on until every CPU in `want` has got the vector, and then a little longer. */
void seen_wait(u32 vector, u64 want);
/*
 * Like seen_wait. Then checks that each CPU in want has got the vector once, and no other
 * CPU has.
 */
void seen_check(u32 vector, u64 want, const char *mode, const char *name);

/*
 * Waits for an NMI to each CPU in `want`, and a little longer. Returns the set of CPUs that
 * got one since seen_clear. The upper half is the set of CPUs that got several.
 */
u64 seen_nmis(u64 want);

/* Waits a long time for a condition of another CPU. True if the condition came. */
bool suite_until(bool (*done)(void), u32 ms);

/* The parts, in the order in which they run. */
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
