/* SPDX-License-Identifier: BSD-2-Clause */
/* MC146818 time registers (its datasheet, "Time, Calendar and Alarm"), as seconds since 1970. */
#include "drivers/host/wallclock.h"

#include "core/base/bits.h"
#include "core/base/x86.h"
#include "drivers/host/clock.h"

enum {
	PORT_INDEX = 0x70,
	PORT_DATA = 0x71,
	REG_SECONDS = 0,
	REG_MINUTES = 2,
	REG_HOURS = 4,
	REG_DAY = 7,
	REG_MONTH = 8,
	REG_YEAR = 9,
	REG_A = 10,
	REG_B = 11,
	A_UPDATE = BIT(7),
	B_BINARY = BIT(2),
	B_24_HOURS = BIT(1),
	HOURS_PM = BIT(7),
	UPDATE_TRIES = 100000,
};

static u64 at_boot; /* ns since 1970 when clock_uptime_ns was 0 */

static u8 read(u8 reg)
{
	x86_out8(PORT_INDEX, reg);
	return x86_in8(PORT_DATA);
}

static u32 number(u8 value, u8 mode)
{
	return mode & B_BINARY ? value : (value >> 4) * 10u + (value & 0xf);
}

static u32 hours(u8 value, u8 mode)
{
	u32 hour = number(value & (u8)~HOURS_PM, mode);

	if (mode & B_24_HOURS)
		return number(value, mode);
	return hour % 12 + (value & HOURS_PM ? 12 : 0);
}

/* Days from 1970-01-01 in the Gregorian calendar, year >= 2000. */
static u64 days(u32 year, u32 month, u32 day)
{
	/* A year that begins in March has its leap day last. */
	u32 y = month > 2 ? year : year - 1;
	u32 m = month > 2 ? month - 3 : month + 9;
	u64 since_0000_march = 365ULL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;

	return since_0000_march - 719468; /* 1970-01-01 */
}

void wallclock_init(void)
{
	u8 mode = read(REG_B);
	u64 seconds;

	for (u32 i = 0; i < UPDATE_TRIES && (read(REG_A) & A_UPDATE); i++)
		x86_pause();
	seconds = days(2000 + number(read(REG_YEAR), mode), number(read(REG_MONTH), mode),
		       number(read(REG_DAY), mode)) *
		  86400;
	seconds += hours(read(REG_HOURS), mode) * 3600;
	seconds += number(read(REG_MINUTES), mode) * 60 + number(read(REG_SECONDS), mode);
	at_boot = seconds * 1000000000 - clock_uptime_ns();
}

u64 wallclock_now(void)
{
	return (at_boot + clock_uptime_ns()) / 1000000000;
}
