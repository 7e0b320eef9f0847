/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An MC146818 with 128 bytes of CMOS memory, laid out as PC firmware leaves
 * it. Keeps the guest's calendar from the wall clock given at the start and
 * the guest's time; never reads the host's clock. Pure.
 */
#pragma once

#include "core/base/types.h"

enum { RTC_CMOS_SIZE = 128 };
enum { EQUIPMENT_FPU = 1 << 1 }; /* in the equipment word, of which CMOS and BDA have a copy */

/* The registers behind 0x70-0x71. */
enum rtc_register { RTC_INDEX, RTC_DATA, RTC_REGISTERS };

struct rtc {
	u8 index;		/* as written to 0x70; bit 7 (NMI mask) is kept and means nothing */
	u8 cmos[RTC_CMOS_SIZE]; /* time and control registers in their places */
	u64 next_update; /* ns of the next update of the calendar, CLOCK_NONE: divider held in reset
			  */
	u64 origin;	 /* ns at which the periodic divider started */
	u64 period;	 /* periods since origin that have been accounted for */
};

struct rtc_setup {
	u64 epoch_seconds;   /* wall clock (UTC) at the start, since 1970; years 1970 to 9999 */
	u64 memory_below_4g; /* bytes of RAM */
	u64 memory_above_4g;
};

void rtc_init(struct rtc *rtc, const struct rtc_setup *setup, u64 now);

/* reg: enum rtc_register; now in ns, never going back. */
u8 rtc_read(struct rtc *rtc, unsigned reg, u64 now);
void rtc_write(struct rtc *rtc, unsigned reg, u8 value, u64 now);

/* Brings calendar and flags up to now, in bounded time whatever the distance. */
void rtc_advance(struct rtc *rtc, u64 now);
/* Level of IRQ 8, as of the last call that was given the time. */
bool rtc_irq(const struct rtc *rtc);
/* When an enabled interrupt comes next, in ns; CLOCK_NONE if none does. */
u64 rtc_deadline(const struct rtc *rtc);
