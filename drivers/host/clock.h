/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the host's time: measures the TSC's rate once against the PM timer, the HPET
 * or the PIT, and converts TSC ticks to nanoseconds and back without a division.
 * Never sets a timer (apic/host/lapic.h does).
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"
#include "core/base/x86.h"

/* The counters of known rate that firmware reports, in the order in which they are tried. */
struct clock_sources {
	u16 pm_timer_port; /* 0: none */
	bool pm_timer_32bit;
	struct hpa hpet; /* addr 0: none; the PIT is tried last */
};

/* Stores the TSC at which clock_uptime_ns is 0. Called first in the boot. */
void clock_init(void);

/*
 * Measures the TSC and the APIC timer together, for about 2 ms, and logs the result.
 * Only on the boot CPU, after lapic_enable. ERR_TIMEOUT: no source counts.
 */
enum status clock_calibrate(const struct clock_sources *sources, struct error *err) must_check;

/* Returns the TSC's rate; 0 before clock_calibrate. */
u32 clock_tsc_khz(void);

/* A measured rate and the largest possible error of the measurement in either direction. */
struct clock_rate {
	u32 khz;
	u32 noise_khz;
};

/*
 * Measures the calling CPU's TSC for half a millisecond against the source that
 * clock_calibrate has chosen. Only one CPU may call this at a time. Returns 0 kHz if
 * the source does not count.
 */
struct clock_rate clock_measure_tsc(void);

/* Convert a number of TSC ticks or nanoseconds; 0 before clock_calibrate. Wrap after 584 years. */
u64 clock_ns_from_tsc(u64 tsc);
u64 clock_tsc_from_ns(u64 ns);

/* Returns the nanoseconds since clock_init; 0 before clock_calibrate. */
u64 clock_uptime_ns(void);

/* Returns clock_uptime_ns at the time when the TSC was tsc. */
u64 clock_uptime_at(u64 tsc);

/* Busy-waits for us microseconds. Only after clock_calibrate. */
void clock_delay_us(u32 us);
