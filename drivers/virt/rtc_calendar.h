/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the calendar and the alarm of the MC146818, which are its first 14 registers
 * and the century byte. Never reads a clock: the caller advances the calendar. Pure.
 */
#pragma once

#include "core/base/bits.h"

/* The calendar's registers ("Address Map"; PCs customarily keep the century at 0x32). */
enum cmos_calendar {
	CMOS_SECONDS = 0x00,
	CMOS_SECONDS_ALARM = 0x01,
	CMOS_MINUTES = 0x02,
	CMOS_MINUTES_ALARM = 0x03,
	CMOS_HOURS = 0x04,
	CMOS_HOURS_ALARM = 0x05,
	CMOS_WEEKDAY = 0x06,
	CMOS_DAY = 0x07,
	CMOS_MONTH = 0x08,
	CMOS_YEAR = 0x09,
	CMOS_A = 0x0a,
	CMOS_B = 0x0b,
	CMOS_C = 0x0c,
	CMOS_D = 0x0d,
	CMOS_CENTURY = 0x32,
};

/* Register A: an update is about to begin. Register B: the encoding of the values. */
enum { RTC_A_UPDATE = BIT(7), RTC_B_24H = BIT(1), RTC_B_BINARY = BIT(2) };

/* In all functions cmos is the CMOS memory, RTC_CMOS_SIZE bytes; any contents are allowed. */

/* Returns the time in seconds since 1970; the date must not be earlier. */
u64 rtc_calendar_read(const u8 *cmos);
/* Stores a time in seconds since 1970, in the encoding that register B selects. */
void rtc_calendar_store(u8 *cmos, u64 epoch_seconds);
/* Adds any number of seconds. The work does not depend on their number. */
void rtc_calendar_advance(u8 *cmos, u64 seconds);
/* Returns the seconds until the alarm next matches, 1 to 86,400; 0 if it never does. */
u32 rtc_calendar_alarm(const u8 *cmos);
