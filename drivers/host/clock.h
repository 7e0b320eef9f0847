/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's time: the TSC, its rate measured once against the PM timer, the
 * HPET or the PIT, and conversion to nanoseconds without division.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"
#include "core/base/x86.h"

/* What the firmware says is there to measure against; the first one that counts is taken. */
struct clock_sources {
	u16 pm_timer_port; /* 0: none */
	bool pm_timer_32bit;
	struct hpa hpet; /* addr 0: none; the PIT is tried last */
};

/* Notes the TSC from which clock_uptime_ns counts; the first thing of a boot. */
void clock_init(void);

/*
 * Measures TSC and APIC timer at the same time, about 2 ms, on the boot CPU
 * after lapic_enable; says what it found in the log. ERR_TIMEOUT: no source
 * counts.
 */
enum status clock_calibrate(const struct clock_sources *sources, struct error *err) must_check;

/* 0 until calibrated. */
u32 clock_tsc_khz(void);

/* A rate, and by how much the measurement may be wrong either way. */
struct clock_rate {
	u32 khz;
	u32 noise_khz;
};

/*
 * Measures the TSC of the CPU that runs this against what clock_calibrate
 * chose, half a millisecond; one CPU at a time. 0 kHz: the counter stood still.
 */
struct clock_rate clock_measure_tsc(void);

/* Between TSC ticks and nanoseconds, either way from 0; 0 until calibrated. Wrap after 584 years.
 */
u64 clock_ns_from_tsc(u64 tsc);
u64 clock_tsc_from_ns(u64 ns);

/* Nanoseconds since clock_init. */
u64 clock_uptime_ns(void);

/* The same at a TSC. */
u64 clock_uptime_at(u64 tsc);

/* Busy-waits; after calibration. */
void clock_delay_us(u32 us);
