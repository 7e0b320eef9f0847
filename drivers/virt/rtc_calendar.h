/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calendar and the alarm of the MC146818, in its first 14 registers and the
 * century byte. Knows no time of its own: it is told to advance. Pure.
 */
#pragma once

#include "core/base/bits.h"

/* Where the calendar lives ("Address Map"; the century by PC custom). */
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

/* Register A: an update is about to begin. Register B: how the values are written. */
enum { RTC_A_UPDATE = BIT(7), RTC_B_24H = BIT(1), RTC_B_BINARY = BIT(2) };

/* cmos: all of it, RTC_CMOS_SIZE bytes, which may hold anything. */

/* The time in seconds since 1970, for a date from then on. */
u64 rtc_calendar_read(const u8 *cmos);
/* Stores a time in seconds since 1970, in the form that register B asks for. */
void rtc_calendar_store(u8 *cmos, u64 epoch_seconds);
/* Moves on by any number of seconds, in bounded time. */
void rtc_calendar_advance(u8 *cmos, u64 seconds);
/* Seconds until the alarm next matches, 1 to a day; 0 if it never does. */
u32 rtc_calendar_alarm(const u8 *cmos);
