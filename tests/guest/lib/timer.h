/* SPDX-License-Identifier: BSD-2-Clause */
/* Time for test guests: the TSC, calibrated with the PIT; drivers for PIT, PM timer and RTC. */
#pragma once

#include "core/base/x86.h"

enum {
	PIT_HZ = 1193182,
	PM_TIMER_HZ = 3579545,
	RTC_IRQ = 8,
};

/* Measures the TSC with PIT channel 2. Takes some 60 ms. */
void timer_init(void);

u64 timer_tsc_per_ms(void);
void timer_delay_us(u64 us);

/* Spins until *flag is nonzero, for at most ms milliseconds. Returns its value. */
u32 timer_wait_flag(const volatile u32 *flag, u32 ms);

/* Program channel 0: one shot (mode 0) or periodic (mode 2) after count ticks, 1..65535. */
void pit_one_shot(u16 count);
void pit_periodic(u16 count);

/* Level of channel 0's output, which is IRQ 0's line. */
bool pit_output(void);

u8 rtc_read(u8 index);
void rtc_write(u8 index, u8 value);
