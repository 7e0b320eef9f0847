/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MC146818 model. The calendar lives in its registers, as in the chip, and
 * is advanced by whole seconds when someone looks. Citations: Motorola
 * MC146818A data sheet, by section title. Pure.
 */
#include "drivers/virt/rtc.h"

#include "core/bits.h"
#include "drivers/virt/clock.h"

/* Places in the CMOS memory ("Address Map"; above 0x0D by PC custom). */
enum {
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
	CMOS_EQUIPMENT = 0x14,
	CMOS_BASE_MEMORY = 0x15, /* KiB */
	CMOS_EXTENDED = 0x17,	 /* KiB above 1 MiB */
	CMOS_CHECKSUM_FIRST = 0x10,
	CMOS_CHECKSUM_LAST = 0x2d,
	CMOS_CHECKSUM = 0x2e,	    /* high byte first */
	CMOS_EXTENDED_FOUND = 0x30, /* as CMOS_EXTENDED */
	CMOS_CENTURY = 0x32,
	CMOS_ABOVE_16M = 0x34, /* units of 64 KiB */
	CMOS_ABOVE_4G = 0x5b,  /* units of 64 KiB, three bytes */
};

enum {
	A_RATE = BITS(3, 0),
	A_DIVIDER = BITS(6, 4),
	A_DIVIDER_RESET = BITS(6, 5), /* both set: the divider is held in reset */
	A_UIP = BIT(7),
	A_32KHZ_1024HZ = 0x26,

	B_24H = BIT(1),
	B_BINARY = BIT(2),
	B_SQWE = BIT(3),
	B_UIE = BIT(4),
	B_AIE = BIT(5),
	B_PIE = BIT(6),
	B_SET = BIT(7),

	/* Each flag stands at its enable bit's place in register B. */
	C_UF = B_UIE,
	C_AF = B_AIE,
	C_PF = B_PIE,
	C_IRQF = BIT(7),
	C_FLAGS = C_UF | C_AF | C_PF,

	D_VALID = BIT(7),

	INDEX_MASK = BITS(6, 0),
	HOURS_PM = BIT(7),
	ALARM_ANY = BITS(7, 6), /* both set: every value matches */
	EQUIPMENT_FPU = BIT(1),
};

enum {
	CRYSTAL_HZ = 32768,
	UPDATE_NS = (244 + 1984) * 1000, /* UIP to the end of the update ("Update Cycle") */
	FIRST_UPDATE_NS = CLOCK_NS_PER_SECOND / 2, /* after the divider's reset */
	MINUTE = 60,
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR,
	DAYS_400_YEARS = 146097,
	DAYS_TO_1970 = 719468, /* from 1 March of year 0 */
};

static u8 encode(const struct rtc *rtc, u32 value)
{
	if (rtc->cmos[CMOS_B] & B_BINARY)
		return value;
	return value % 10 | value / 10 % 10 << 4;
}

static u32 decode(const struct rtc *rtc, u8 value)
{
	if (rtc->cmos[CMOS_B] & B_BINARY)
		return value;
	return (value & 0xf) + (value >> 4) * 10;
}

static u8 encode_hours(const struct rtc *rtc, u32 hours)
{
	if (rtc->cmos[CMOS_B] & B_24H)
		return encode(rtc, hours);
	return encode(rtc, hours % 12 ? hours % 12 : 12) | (hours >= 12 ? HOURS_PM : 0);
}

static u32 decode_hours(const struct rtc *rtc, u8 value)
{
	if (rtc->cmos[CMOS_B] & B_24H)
		return decode(rtc, value);
	return decode(rtc, value & ~HOURS_PM) % 12 + (value & HOURS_PM ? 12 : 0);
}

/* Days from 1 March of year 0 to 1 March of year; leap days then end their year. */
static u64 days_before_year(u64 year)
{
	return year * 365 + year / 4 - year / 100 + year / 400;
}

/* Days from 1 March to the first of a month, March being 0. */
static u32 days_before_month(u32 month)
{
	return (153 * month + 2) / 5;
}

/* Days from 1 March of year 0 to the date in the registers, whatever they hold. */
static u64 calendar_days(const struct rtc *rtc)
{
	u64 year = decode(rtc, rtc->cmos[CMOS_CENTURY]) * 100 + decode(rtc, rtc->cmos[CMOS_YEAR]);
	u32 month = (decode(rtc, rtc->cmos[CMOS_MONTH]) + 9) % 12;
	u32 day = decode(rtc, rtc->cmos[CMOS_DAY]);

	if (month >= 10 && year > 0)
		year--; /* January and February close the year before */
	return days_before_year(year) + days_before_month(month) + (day ? day - 1 : 0);
}

static u32 time_of_day(const struct rtc *rtc)
{
	return decode_hours(rtc, rtc->cmos[CMOS_HOURS]) * HOUR +
	       decode(rtc, rtc->cmos[CMOS_MINUTES]) * MINUTE + decode(rtc, rtc->cmos[CMOS_SECONDS]);
}

static void date_store(struct rtc *rtc, u64 days)
{
	u64 year = days * 400 / DAYS_400_YEARS;
	u32 day, month;

	/* The division is off by at most one, the leap years not being spread evenly. */
	if (days_before_year(year) > days)
		year--;
	if (days_before_year(year + 1) <= days)
		year++;
	day = days - days_before_year(year);
	month = (5 * day + 2) / 153;
	day -= days_before_month(month);
	if (month >= 10)
		year++;
	rtc->cmos[CMOS_DAY] = encode(rtc, day + 1);
	rtc->cmos[CMOS_MONTH] = encode(rtc, (month + 2) % 12 + 1);
	rtc->cmos[CMOS_YEAR] = encode(rtc, year % 100);
	rtc->cmos[CMOS_CENTURY] = encode(rtc, year / 100 % 100);
}

static void time_store(struct rtc *rtc, u32 seconds)
{
	rtc->cmos[CMOS_HOURS] = encode_hours(rtc, seconds / HOUR);
	rtc->cmos[CMOS_MINUTES] = encode(rtc, seconds % HOUR / MINUTE);
	rtc->cmos[CMOS_SECONDS] = encode(rtc, seconds % MINUTE);
}

static void calendar_advance(struct rtc *rtc, u64 seconds)
{
	u64 total = time_of_day(rtc) + seconds;
	u64 days = total / DAY;
	u64 weekday = decode(rtc, rtc->cmos[CMOS_WEEKDAY]) + 6 + days;

	time_store(rtc, total % DAY);
	if (days == 0)
		return;
	date_store(rtc, calendar_days(rtc) + days);
	rtc->cmos[CMOS_WEEKDAY] = encode(rtc, weekday % 7 + 1);
}

static bool alarm_matches(const struct rtc *rtc, unsigned place, u32 value)
{
	u8 alarm = rtc->cmos[place];

	if ((alarm & ALARM_ANY) == ALARM_ANY)
		return true;
	return value == (place == CMOS_HOURS_ALARM ? decode_hours(rtc, alarm) : decode(rtc, alarm));
}

/* Can this field ever match? values: how many there are. */
static bool alarm_possible(const struct rtc *rtc, unsigned place, u32 values)
{
	for (u32 value = 0; value < values; value++) {
		if (alarm_matches(rtc, place, value))
			return true;
	}
	return false;
}

/* Seconds until the alarm next matches, 1 to DAY; 0 if it never does. */
static u32 alarm_distance(const struct rtc *rtc)
{
	u32 from = time_of_day(rtc) % DAY;
	u32 at = from + 1;

	if (!alarm_possible(rtc, CMOS_MINUTES_ALARM, 60) ||
	    !alarm_possible(rtc, CMOS_SECONDS_ALARM, 60))
		return 0;
	/* Steps over what cannot match: at most 24 hours, 60 minutes and 60 seconds, twice. */
	while (at <= from + DAY) {
		if (!alarm_matches(rtc, CMOS_HOURS_ALARM, at / HOUR % 24))
			at = (at / HOUR + 1) * HOUR;
		else if (!alarm_matches(rtc, CMOS_MINUTES_ALARM, at / MINUTE % 60))
			at = (at / MINUTE + 1) * MINUTE;
		else if (!alarm_matches(rtc, CMOS_SECONDS_ALARM, at % MINUTE))
			at++;
		else
			return at - from;
	}
	return 0;
}

static void updates_advance(struct rtc *rtc, u64 now)
{
	u64 seconds, alarm;

	if (rtc->next_update == CLOCK_NONE || now < rtc->next_update)
		return;
	seconds = (now - rtc->next_update) / CLOCK_NS_PER_SECOND + 1;
	rtc->next_update += (seconds - 1) * CLOCK_NS_PER_SECOND;
	rtc->next_update = clock_add(rtc->next_update, CLOCK_NS_PER_SECOND);
	if (rtc->cmos[CMOS_B] & B_SET)
		return; /* the guest is setting the time */
	alarm = alarm_distance(rtc);
	calendar_advance(rtc, seconds);
	rtc->cmos[CMOS_C] |= C_UF;
	if (alarm && seconds >= alarm)
		rtc->cmos[CMOS_C] |= C_AF;
}

static bool divider_held(const struct rtc *rtc)
{
	return (rtc->cmos[CMOS_A] & A_DIVIDER_RESET) == A_DIVIDER_RESET;
}

static bool periodic_runs(const struct rtc *rtc)
{
	return (rtc->cmos[CMOS_A] & A_RATE) && !divider_held(rtc);
}

/* Crystal ticks in a period, as a power of two ("Periodic Interrupt Rate"). */
static unsigned period_shift(const struct rtc *rtc)
{
	unsigned rate = rtc->cmos[CMOS_A] & A_RATE;

	return rate < 3 ? rate + 6 : rate - 1;
}

static u64 period_index(const struct rtc *rtc, u64 now)
{
	if (!periodic_runs(rtc) || now < rtc->origin)
		return 0;
	return clock_ticks(now - rtc->origin, CRYSTAL_HZ) >> period_shift(rtc);
}

void rtc_advance(struct rtc *rtc, u64 now)
{
	u64 period = period_index(rtc, now);

	updates_advance(rtc, now);
	if (period > rtc->period) {
		rtc->period = period;
		rtc->cmos[CMOS_C] |= C_PF;
	}
}

bool rtc_irq(const struct rtc *rtc)
{
	return rtc->cmos[CMOS_C] & rtc->cmos[CMOS_B] & C_FLAGS;
}

static u8 a_read(const struct rtc *rtc, u64 now)
{
	bool updating = !(rtc->cmos[CMOS_B] & B_SET) && rtc->next_update != CLOCK_NONE &&
			clock_add(now, UPDATE_NS) >= rtc->next_update;

	return rtc->cmos[CMOS_A] | (updating ? A_UIP : 0);
}

static u8 c_read(struct rtc *rtc)
{
	u8 flags = rtc->cmos[CMOS_C] | (rtc_irq(rtc) ? C_IRQF : 0);

	rtc->cmos[CMOS_C] = 0;
	return flags;
}

u8 rtc_read(struct rtc *rtc, unsigned reg, u64 now)
{
	u8 place = rtc->index & INDEX_MASK;

	if (reg != RTC_DATA)
		return rtc->index;
	rtc_advance(rtc, now);
	switch (place) {
	case CMOS_A:
		return a_read(rtc, now);
	case CMOS_C:
		return c_read(rtc);
	case CMOS_D:
		return D_VALID;
	}
	return rtc->cmos[place];
}

static void a_write(struct rtc *rtc, u8 value, u64 now)
{
	bool was_held = divider_held(rtc);

	rtc->cmos[CMOS_A] = value & (A_RATE | A_DIVIDER);
	if (divider_held(rtc)) {
		rtc->next_update = CLOCK_NONE;
	} else if (was_held) {
		rtc->next_update = clock_add(now, FIRST_UPDATE_NS);
		rtc->origin = now;
	}
	rtc->period = period_index(rtc, now);
}

static void data_write(struct rtc *rtc, u8 value, u64 now)
{
	u8 place = rtc->index & INDEX_MASK;

	switch (place) {
	case CMOS_A:
		a_write(rtc, value, now);
		return;
	case CMOS_B:
		if (value & B_SET)
			value &= ~B_UIE;
		break;
	case CMOS_C:
	case CMOS_D:
		return; /* read-only */
	}
	rtc->cmos[place] = value;
}

void rtc_write(struct rtc *rtc, unsigned reg, u8 value, u64 now)
{
	rtc_advance(rtc, now);
	if (reg == RTC_INDEX)
		rtc->index = value;
	else
		data_write(rtc, value, now);
}

/* What is enabled and not yet flagged may come; what is flagged is already there. */
u64 rtc_deadline(const struct rtc *rtc)
{
	u8 awaited = rtc->cmos[CMOS_B] & ~rtc->cmos[CMOS_C];
	bool updates = rtc->next_update != CLOCK_NONE && !(rtc->cmos[CMOS_B] & B_SET);
	u64 deadline = CLOCK_NONE;

	if (updates && (awaited & B_UIE))
		deadline = rtc->next_update;
	if (updates && (awaited & B_AIE)) {
		u64 alarm = alarm_distance(rtc);
		u64 wait = (alarm - 1) * CLOCK_NS_PER_SECOND;

		if (alarm)
			deadline = min_u64(deadline, clock_add(rtc->next_update, wait));
	}
	if ((awaited & B_PIE) && periodic_runs(rtc)) {
		u64 ticks = (rtc->period + 1) << period_shift(rtc);
		u64 wait = clock_ns(ticks, CRYSTAL_HZ);

		deadline = min_u64(deadline, clock_add(rtc->origin, wait));
	}
	return deadline;
}

static void cmos_store(struct rtc *rtc, unsigned place, u64 value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		rtc->cmos[place + i] = value >> (8 * i);
}

/* Memory sizes where firmware puts them; each field holds as much as it can. */
static void memory_store(struct rtc *rtc, const struct rtc_setup *setup)
{
	u64 below = setup->memory_below_4g;
	u64 extended = below > MIB ? (below - MIB) / KIB : 0;
	u64 above_16m = below > 16 * MIB ? (below - 16 * MIB) / (64 * KIB) : 0;

	cmos_store(rtc, CMOS_BASE_MEMORY, min_u64(below / KIB, 640), 2);
	cmos_store(rtc, CMOS_EXTENDED, min_u64(extended, UINT16_MAX), 2);
	cmos_store(rtc, CMOS_EXTENDED_FOUND, min_u64(extended, UINT16_MAX), 2);
	cmos_store(rtc, CMOS_ABOVE_16M, min_u64(above_16m, UINT16_MAX), 2);
	cmos_store(rtc, CMOS_ABOVE_4G, min_u64(setup->memory_above_4g / (64 * KIB), BITS(23, 0)),
		   3);
}

static void checksum_store(struct rtc *rtc)
{
	u16 sum = 0;

	for (unsigned i = CMOS_CHECKSUM_FIRST; i <= CMOS_CHECKSUM_LAST; i++)
		sum += rtc->cmos[i];
	rtc->cmos[CMOS_CHECKSUM] = sum >> 8;
	rtc->cmos[CMOS_CHECKSUM + 1] = sum & 0xff;
}

void rtc_init(struct rtc *rtc, const struct rtc_setup *setup, u64 now)
{
	u64 days = setup->epoch_seconds / DAY;

	*rtc = (struct rtc){
		.next_update = clock_add(now, CLOCK_NS_PER_SECOND),
		.origin = now,
	};
	rtc->cmos[CMOS_A] = A_32KHZ_1024HZ;
	rtc->cmos[CMOS_B] = B_24H;
	rtc->cmos[CMOS_EQUIPMENT] = EQUIPMENT_FPU;
	time_store(rtc, setup->epoch_seconds % DAY);
	date_store(rtc, DAYS_TO_1970 + days);
	rtc->cmos[CMOS_WEEKDAY] = encode(rtc, (days + 4) % 7 + 1); /* 1 January 1970: Thursday */
	memory_store(rtc, setup);
	checksum_store(rtc);
}

void rtc_reset(struct rtc *rtc, u64 now)
{
	rtc_advance(rtc, now);
	rtc->index = 0;
	rtc->cmos[CMOS_B] &= ~(B_PIE | B_AIE | B_UIE | B_SQWE);
	rtc->cmos[CMOS_C] = 0;
}
