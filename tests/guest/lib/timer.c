/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the calibrated TSC rate. */
#include "lib/timer.h"
#include "core/base/bits.h"

enum {
	PIT_CHANNEL0 = 0x40,
	PIT_CHANNEL2 = 0x42,
	PIT_COMMAND = 0x43,
	PIT_GATE = 0x61,
	GATE_ON = BIT(0),
	GATE_SPEAKER = BIT(1),
	GATE_OUT2 = BIT(5),
	COMMAND_0_MODE0 = 0x30, /* channel, low then high byte, mode */
	COMMAND_0_MODE2 = 0x34,
	COMMAND_2_MODE0 = 0xb0,
	COMMAND_READ_STATUS_0 = 0xe2,
	STATUS_OUT = BIT(7),
	CALIBRATION_MS = 10,
	CALIBRATIONS_MAX = 100,
	RTC_INDEX = 0x70,
	RTC_DATA = 0x71,
};

static u64 tsc_per_ms;

static void pit_load(u16 port, u16 count)
{
	x86_out8(port, (u8)count);
	x86_out8(port, (u8)(count >> 8));
}

static u64 measure_tsc(void)
{
	u64 begin = x86_rdtsc(); /* before the PIT starts: delays only lengthen it */

	x86_out8(PIT_COMMAND, COMMAND_2_MODE0);
	pit_load(PIT_CHANNEL2, PIT_HZ * CALIBRATION_MS / 1000);
	while (!(x86_in8(PIT_GATE) & GATE_OUT2))
		x86_pause();
	return (x86_rdtsc() - begin) / CALIBRATION_MS;
}

/*
 * An emulator that waits for a CPU only lengthens a measurement. The minimum is used, as
 * soon as another measurement is near it.
 */
void timer_init(void)
{
	u64 least = UINT64_MAX, next = UINT64_MAX;

	x86_out8(PIT_GATE, (x86_in8(PIT_GATE) & ~GATE_SPEAKER) | GATE_ON);
	for (unsigned i = 0; i < CALIBRATIONS_MAX && (i < 2 || next - least > least / 16); i++) {
		u64 now = measure_tsc();

		next = min_u64(next, max_u64(least, now));
		least = min_u64(least, now);
	}
	tsc_per_ms = least;
}

u64 timer_tsc_per_ms(void)
{
	return tsc_per_ms;
}

void timer_delay_us(u64 us)
{
	u64 end = x86_rdtsc() + us * tsc_per_ms / 1000;

	while (x86_rdtsc() < end)
		x86_pause();
}

u32 timer_wait_flag(const volatile u32 *flag, u32 ms)
{
	u64 end = x86_rdtsc() + ms * tsc_per_ms;

	while (!*flag && x86_rdtsc() < end)
		x86_pause();
	return *flag;
}

void pit_one_shot(u16 count)
{
	x86_out8(PIT_COMMAND, COMMAND_0_MODE0);
	pit_load(PIT_CHANNEL0, count);
}

void pit_periodic(u16 count)
{
	x86_out8(PIT_COMMAND, COMMAND_0_MODE2);
	pit_load(PIT_CHANNEL0, count);
}

bool pit_output(void)
{
	x86_out8(PIT_COMMAND, COMMAND_READ_STATUS_0);
	return x86_in8(PIT_CHANNEL0) & STATUS_OUT;
}

u8 rtc_read(u8 index)
{
	x86_out8(RTC_INDEX, index);
	return x86_in8(RTC_DATA);
}

void rtc_write(u8 index, u8 value)
{
	x86_out8(RTC_INDEX, index);
	x86_out8(RTC_DATA, value);
}
