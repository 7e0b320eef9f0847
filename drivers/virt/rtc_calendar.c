/* SPDX-License-Identifier: BSD-2-Clause */
/* Calendar arithmetic on the MC146818's registers. Citations: as in drivers/virt/rtc.c. Pure. */
#include "drivers/virt/rtc_calendar.h"

enum {
	HOURS_PM = BIT(7),	/* in 12-hour encoding */
	ALARM_ANY = BITS(7, 6), /* both set: every value matches */
	MINUTE = 60,
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR,
	DAYS_400_YEARS = 146097,
	DAYS_TO_1970 = 719468, /* from 1 March of year 0 */
	WEEKDAY_OF_1970 = 4,   /* 1 January was a Thursday; Sunday is 0 */
};

static u8 encode(const u8 *cmos, u32 value)
{
	if (cmos[CMOS_B] & RTC_B_BINARY)
		return value;
	return value % 10 | value / 10 % 10 << 4;
}

static u32 decode(const u8 *cmos, u8 value)
{
	if (cmos[CMOS_B] & RTC_B_BINARY)
		return value;
	return (value & 0xf) + (value >> 4) * 10;
}

static u8 encode_hours(const u8 *cmos, u32 hours)
{
	if (cmos[CMOS_B] & RTC_B_24H)
		return encode(cmos, hours);
	return encode(cmos, hours % 12 ? hours % 12 : 12) | (hours >= 12 ? HOURS_PM : 0);
}

static u32 decode_hours(const u8 *cmos, u8 value)
{
	if (cmos[CMOS_B] & RTC_B_24H)
		return decode(cmos, value);
	return decode(cmos, value & ~HOURS_PM) % 12 + (value & HOURS_PM ? 12 : 0);
}

/*
 * Returns the days from 1 March of year 0 to 1 March of year. Years are counted
 * from 1 March, so that a leap day is a year's last day and needs no special case.
 */
static u64 days_before_year(u64 year)
{
	return year * 365 + year / 4 - year / 100 + year / 400;
}

/* Returns the days from 1 March to the first day of a month; March is month 0. */
static u32 days_before_month(u32 month)
{
	return (153 * month + 2) / 5;
}

/* Returns the days from 1 March of year 0 to the date in the registers, which may be invalid. */
static u64 calendar_days(const u8 *cmos)
{
	u64 year = decode(cmos, cmos[CMOS_CENTURY]) * 100 + decode(cmos, cmos[CMOS_YEAR]);
	u32 month = (decode(cmos, cmos[CMOS_MONTH]) + 9) % 12;
	u32 day = decode(cmos, cmos[CMOS_DAY]);

	if (month >= 10 && year > 0)
		year--; /* January and February belong to the year before */
	return days_before_year(year) + days_before_month(month) + (day ? day - 1 : 0);
}

static u32 time_of_day(const u8 *cmos)
{
	return decode_hours(cmos, cmos[CMOS_HOURS]) * HOUR +
	       decode(cmos, cmos[CMOS_MINUTES]) * MINUTE + decode(cmos, cmos[CMOS_SECONDS]);
}

static void date_store(u8 *cmos, u64 days)
{
	u64 year = days * 400 / DAYS_400_YEARS;
	u32 day, month;

	/* The estimate uses the average year, and may be one year too low but never too high. */
	if (days_before_year(year + 1) <= days)
		year++;
	day = days - days_before_year(year);
	month = (5 * day + 2) / 153;
	day -= days_before_month(month);
	if (month >= 10)
		year++;
	cmos[CMOS_DAY] = encode(cmos, day + 1);
	cmos[CMOS_MONTH] = encode(cmos, (month + 2) % 12 + 1);
	cmos[CMOS_YEAR] = encode(cmos, year % 100);
	cmos[CMOS_CENTURY] = encode(cmos, year / 100 % 100);
}

static void time_store(u8 *cmos, u32 seconds)
{
	cmos[CMOS_HOURS] = encode_hours(cmos, seconds / HOUR);
	cmos[CMOS_MINUTES] = encode(cmos, seconds % HOUR / MINUTE);
	cmos[CMOS_SECONDS] = encode(cmos, seconds % MINUTE);
}

void rtc_calendar_advance(u8 *cmos, u64 seconds)
{
	u64 total = time_of_day(cmos) + seconds;
	u64 days = total / DAY;
	u64 weekday = decode(cmos, cmos[CMOS_WEEKDAY]) + 6 + days;

	time_store(cmos, total % DAY);
	if (days == 0)
		return;
	date_store(cmos, calendar_days(cmos) + days);
	cmos[CMOS_WEEKDAY] = encode(cmos, weekday % 7 + 1);
}

static bool alarm_matches(const u8 *cmos, unsigned place, u32 value)
{
	u8 alarm = cmos[place];

	if ((alarm & ALARM_ANY) == ALARM_ANY)
		return true;
	return value ==
	       (place == CMOS_HOURS_ALARM ? decode_hours(cmos, alarm) : decode(cmos, alarm));
}

/* True if the minutes or seconds alarm at place matches any of the 60 values. */
static bool alarm_possible(const u8 *cmos, unsigned place)
{
	for (u32 value = 0; value < 60; value++) {
		if (alarm_matches(cmos, place, value))
			return true;
	}
	return false;
}

u32 rtc_calendar_alarm(const u8 *cmos)
{
	u32 from = time_of_day(cmos) % DAY;
	u32 at = from + 1;

	if (!alarm_possible(cmos, CMOS_MINUTES_ALARM) || !alarm_possible(cmos, CMOS_SECONDS_ALARM))
		return 0;
	/* Skips hours and minutes that do not match: at most 24 + 60 + 60 steps, twice. */
	while (at <= from + DAY) {
		if (!alarm_matches(cmos, CMOS_HOURS_ALARM, at / HOUR % 24))
			at = (at / HOUR + 1) * HOUR;
		else if (!alarm_matches(cmos, CMOS_MINUTES_ALARM, at / MINUTE % 60))
			at = (at / MINUTE + 1) * MINUTE;
		else if (!alarm_matches(cmos, CMOS_SECONDS_ALARM, at % MINUTE))
			at++;
		else
			return at - from;
	}
	return 0;
}

u64 rtc_calendar_read(const u8 *cmos)
{
	return (calendar_days(cmos) - DAYS_TO_1970) * DAY + time_of_day(cmos);
}

void rtc_calendar_store(u8 *cmos, u64 epoch_seconds)
{
	u64 days = epoch_seconds / DAY;

	time_store(cmos, epoch_seconds % DAY);
	date_store(cmos, DAYS_TO_1970 + days);
	cmos[CMOS_WEEKDAY] = encode(cmos, (days + WEEKDAY_OF_1970) % 7 + 1);
}
