/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MC146818 model. As in the chip, the registers themselves hold the calendar;
 * rtc_advance moves them on by whole seconds before each access. Citations: Motorola
 * MC146818A data sheet, by section title. Pure.
 */
#include "drivers/virt/rtc.h"

#include "core/base/bits.h"
#include "drivers/virt/clock.h"
#include "drivers/virt/rtc_calendar.h"

/* CMOS memory beside the calendar, in the customary layout of PCs. */
enum {
	CMOS_EQUIPMENT = 0x14,
	CMOS_BASE_MEMORY = 0x15, /* KiB */
	CMOS_EXTENDED = 0x17,	 /* KiB above 1 MiB */
	CMOS_CHECKSUM_FIRST = 0x10,
	CMOS_CHECKSUM_LAST = 0x2d,
	CMOS_CHECKSUM = 0x2e,	    /* high byte first */
	CMOS_EXTENDED_FOUND = 0x30, /* as CMOS_EXTENDED */
	CMOS_ABOVE_16M = 0x34,	    /* units of 64 KiB */
	CMOS_ABOVE_4G = 0x5b,	    /* units of 64 KiB, three bytes */
};

enum {
	A_RATE = BITS(3, 0),
	A_DIVIDER = BITS(6, 4),
	A_DIVIDER_RESET = BITS(6, 5), /* both set: the divider is held in reset */
	A_32KHZ_1024HZ = 0x26,

	B_UIE = BIT(4),
	B_AIE = BIT(5),
	B_PIE = BIT(6),
	B_SET = BIT(7),

	/* Each flag has the bit position of its enable bit in register B. */
	C_UF = B_UIE,
	C_AF = B_AIE,
	C_PF = B_PIE,
	C_IRQF = BIT(7),
	C_FLAGS = C_UF | C_AF | C_PF,

	D_VALID = BIT(7),

	INDEX_MASK = BITS(6, 0),
};

enum {
	CRYSTAL_HZ = 32768,
	UPDATE_NS = (244 + 1984) * 1000, /* UIP to the end of the update ("Update Cycle") */
	FIRST_UPDATE_NS = NS_PER_S / 2,	 /* after the divider's reset */
};

/* Performs the calendar updates that are due. */
static void updates_advance(struct rtc *rtc, u64 now)
{
	u64 seconds, alarm;

	if (rtc->next_update == CLOCK_NONE || now < rtc->next_update)
		return;
	seconds = (now - rtc->next_update) / NS_PER_S + 1;
	rtc->next_update = clock_add(rtc->next_update + (seconds - 1) * NS_PER_S, NS_PER_S);
	if (rtc->cmos[CMOS_B] & B_SET)
		return; /* the guest is setting the time */
	alarm = rtc_calendar_alarm(rtc->cmos);
	rtc_calendar_advance(rtc->cmos, seconds);
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

/* Returns the logarithm to base 2 of the crystal ticks in a period ("Periodic Interrupt Rate"). */
static unsigned period_shift(const struct rtc *rtc)
{
	unsigned rate = rtc->cmos[CMOS_A] & A_RATE;

	return rate < 3 ? rate + 6 : rate - 1;
}

/* Returns the number of whole periods since origin. */
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

	return rtc->cmos[CMOS_A] | (updating ? RTC_A_UPDATE : 0);
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

void rtc_write(struct rtc *rtc, unsigned reg, u8 value, u64 now)
{
	u8 place = rtc->index & INDEX_MASK;

	rtc_advance(rtc, now);
	if (reg == RTC_INDEX) {
		rtc->index = value;
		return;
	}
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

/* An event whose flag is already set cannot raise IRQ 8 again: only the others count. */
u64 rtc_deadline(const struct rtc *rtc)
{
	u8 awaited = rtc->cmos[CMOS_B] & ~rtc->cmos[CMOS_C];
	bool updates = rtc->next_update != CLOCK_NONE && !(rtc->cmos[CMOS_B] & B_SET);
	u64 deadline = CLOCK_NONE;

	if (updates && (awaited & B_UIE))
		deadline = rtc->next_update;
	if (updates && (awaited & B_AIE)) {
		u64 alarm = rtc_calendar_alarm(rtc->cmos);
		u64 wait = (alarm - 1) * NS_PER_S;

		if (alarm)
			deadline = min_u64(deadline, clock_add(rtc->next_update, wait));
	}
	if ((awaited & B_PIE) && periodic_runs(rtc)) {
		u64 wait = clock_ns((rtc->period + 1) << period_shift(rtc), CRYSTAL_HZ);

		deadline = min_u64(deadline, clock_add(rtc->origin, wait));
	}
	return deadline;
}

static void cmos_store(struct rtc *rtc, unsigned place, u64 value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		rtc->cmos[place + i] = value >> (8 * i);
}

/* Stores the memory sizes as firmware does; a size too large for its field is capped. */
static void memory_store(struct rtc *rtc, const struct rtc_setup *setup)
{
	u64 below = setup->memory_below_4g;
	u64 extended = below > MIB ? (below - MIB) / KIB : 0;
	u64 above_16m = below > 16 * MIB ? (below - 16 * MIB) / (64 * KIB) : 0;
	u64 above_4g = setup->memory_above_4g / (64 * KIB);

	cmos_store(rtc, CMOS_BASE_MEMORY, min_u64(below / KIB, 640), 2);
	cmos_store(rtc, CMOS_EXTENDED, min_u64(extended, UINT16_MAX), 2);
	cmos_store(rtc, CMOS_EXTENDED_FOUND, min_u64(extended, UINT16_MAX), 2);
	cmos_store(rtc, CMOS_ABOVE_16M, min_u64(above_16m, UINT16_MAX), 2);
	cmos_store(rtc, CMOS_ABOVE_4G, min_u64(above_4g, BITS(23, 0)), 3);
}

void rtc_init(struct rtc *rtc, const struct rtc_setup *setup, u64 now)
{
	u16 sum = 0;

	*rtc = (struct rtc){
		.next_update = clock_add(now, NS_PER_S),
		.origin = now,
	};
	rtc->cmos[CMOS_A] = A_32KHZ_1024HZ;
	rtc->cmos[CMOS_B] = RTC_B_24H;
	rtc->cmos[CMOS_EQUIPMENT] = EQUIPMENT_FPU;
	rtc_calendar_store(rtc->cmos, setup->epoch_seconds);
	memory_store(rtc, setup);
	for (unsigned i = CMOS_CHECKSUM_FIRST; i <= CMOS_CHECKSUM_LAST; i++)
		sum += rtc->cmos[i];
	rtc->cmos[CMOS_CHECKSUM] = sum >> 8;
	rtc->cmos[CMOS_CHECKSUM + 1] = sum & 0xff;
}
