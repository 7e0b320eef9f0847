/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model of an MC146818 with 128 bytes of CMOS memory in the layout of PC
 * firmware. Computes the guest's calendar from the wall clock passed to rtc_init
 * and the guest's time; never reads the host's clock. Pure.
 */
#pragma once

#include "core/base/types.h"

enum { RTC_CMOS_SIZE = 128 };
enum { EQUIPMENT_FPU = 1 << 1 }; /* in the equipment word, which CMOS and BDA both hold */

/* The registers behind 0x70-0x71. */
enum rtc_register { RTC_INDEX, RTC_DATA, RTC_REGISTERS };

struct rtc {
	u8 index;		/* as written to 0x70; bit 7 (NMI mask) is stored without effect */
	u8 cmos[RTC_CMOS_SIZE]; /* includes the time and control registers */
	u64 next_update;	/* ns; of the calendar. CLOCK_NONE: the divider is held in reset */
	u64 origin;		/* ns; when the periodic divider started */
	u64 period;		/* periods since origin that C_PF already reflects */
};

struct rtc_setup {
	u64 epoch_seconds;   /* wall clock (UTC) at the start, since 1970; years 1970 to 9999 */
	u64 memory_below_4g; /* bytes of RAM */
	u64 memory_above_4g;
};

/* Sets calendar, control registers and CMOS memory as firmware does, at time now (ns). */
void rtc_init(struct rtc *rtc, const struct rtc_setup *setup, u64 now);

/* Guest accesses. reg: enum rtc_register; now in ns, must not go back between calls. */
u8 rtc_read(struct rtc *rtc, unsigned reg, u64 now);
void rtc_write(struct rtc *rtc, unsigned reg, u8 value, u64 now);

/* Brings calendar and flags to time now. The work does not depend on the distance. */
void rtc_advance(struct rtc *rtc, u64 now);
/* Level of IRQ 8 at the time of the last call with a now. */
bool rtc_irq(const struct rtc *rtc);
/* Returns when IRQ 8 rises next, in ns; CLOCK_NONE if no enabled interrupt is to come. */
u64 rtc_deadline(const struct rtc *rtc);
