/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the machine's MC146818 once (its data sheet, "Time, Calendar and Alarm"). */
#include "drivers/host/wallclock.h"

#include "core/base/time.h"
#include "core/base/x86.h"
#include "drivers/host/clock.h"
#include "drivers/virt/rtc_calendar.h"

enum {
	PORT_INDEX = 0x70,
	PORT_DATA = 0x71,
	UPDATE_TRIES = 100000,
	CENTURY = 20,
	CENTURY_BCD = 0x20,
};

static u64 at_boot; /* ns since 1970 when clock_uptime_ns was 0 */

static u8 read(u8 reg)
{
	x86_out8(PORT_INDEX, reg);
	return x86_in8(PORT_DATA);
}

/* Assumes the years 2000 to 2099, because not every machine has a register for the century. */
void wallclock_init(void)
{
	static const u8 registers[] = {CMOS_SECONDS, CMOS_MINUTES, CMOS_HOURS, CMOS_DAY,
				       CMOS_MONTH,   CMOS_YEAR,	   CMOS_B};
	u8 cmos[CMOS_CENTURY + 1];

	for (u32 i = 0; i < UPDATE_TRIES && (read(CMOS_A) & RTC_A_UPDATE); i++)
		x86_pause();
	for (size_t i = 0; i < sizeof(registers); i++)
		cmos[registers[i]] = read(registers[i]);
	cmos[CMOS_CENTURY] = cmos[CMOS_B] & RTC_B_BINARY ? CENTURY : CENTURY_BCD;
	at_boot = rtc_calendar_read(cmos) * NS_PER_S - clock_uptime_ns();
}

u64 wallclock_now(void)
{
	return (at_boot + clock_uptime_ns()) / NS_PER_S;
}
