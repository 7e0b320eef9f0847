/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calibration: reads a counter of known rate, the TSC and the APIC timer as close
 * together as possible, at two times, and computes the rates from the differences.
 */
#include "drivers/host/clock.h"

#include "apic/host/lapic.h"
#include "core/base/bits.h"
#include "core/base/log.h"
#include "core/base/time.h"
#include "drivers/chips/timers.h"
#include "mm/host/hostmap.h"

enum {
	CALIBRATE_US = 2000,
	MEASURE_US = 500,
	SAMPLE_TRIES = 8,
	PORT_PIT = 0x40,
	PIT_START_CHANNEL2 = 0xb0, /* low then high byte, mode 0, binary */
	PIT_LATCH_CHANNEL2 = 0x80,
	PORT_B = 0x61, /* bit 0: gate of channel 2; bit 1: speaker */
	CONVERT_SHIFT = 32,
};

/* IA-PC HPET Specification, "Register Overview". */
enum {
	HPET_PERIOD = 0x004, /* femtoseconds per tick */
	HPET_CONFIG = 0x010,
	HPET_COUNTER = 0x0f0,
	HPET_SIZE = 0x400,
};
#define HPET_ENABLE   BIT(0)
#define FS_PER_SECOND 1000000000000000ULL

struct counter {
	const char *name;
	u32 (*read)(void);
	u32 mask; /* the counter's implemented bits */
	u32 hz;
};

struct sample {
	u32 counter;
	u32 apic; /* current count; counts down */
	u64 tsc;
	u64 taken; /* TSC ticks that the reading took; tsc is exact to half of it */
};

struct interval {
	u64 tsc, tsc_noise; /* ticks */
	u32 apic, counter;
};

static struct counter chosen; /* set by clock_calibrate */
static u64 boot_tsc;
static u32 tsc_khz, apic_khz;
static u64 ns_per_tick, ticks_per_ns; /* fixed point, CONVERT_SHIFT bits of fraction */
static u16 pm_timer_port;
static volatile u32 *hpet;

static u32 read_pm_timer(void)
{
	return x86_in32(pm_timer_port);
}

static u32 read_hpet(void)
{
	return hpet[HPET_COUNTER / 4];
}

/* Returns the complement, because the PIT counts down and the other sources count up. */
static u32 read_pit(void)
{
	u32 low;

	x86_out8(PORT_PIT + PIT_CONTROL, PIT_LATCH_CHANNEL2);
	low = x86_in8(PORT_PIT + PIT_COUNTER2);
	return ~(low | (u32)x86_in8(PORT_PIT + PIT_COUNTER2) << 8);
}

static bool open_pm_timer(const struct clock_sources *sources, struct counter *out)
{
	pm_timer_port = sources->pm_timer_port;
	*out = (struct counter){"PM timer", read_pm_timer,
				sources->pm_timer_32bit ? UINT32_MAX : (u32)BITS(23, 0),
				PM_TIMER_HZ};
	return pm_timer_port != 0;
}

static bool open_hpet(const struct clock_sources *sources, struct counter *out)
{
	u32 period;

	if (sources->hpet.addr == 0)
		return false;
	hpet = hostmap_map_device(sources->hpet, HPET_SIZE, MEMTYPE_UC);
	if (!hpet)
		return false;
	period = hpet[HPET_PERIOD / 4];
	if (period == 0 || FS_PER_SECOND / period > UINT32_MAX)
		return false;
	hpet[HPET_CONFIG / 4] |= (u32)HPET_ENABLE;
	*out = (struct counter){"HPET", read_hpet, UINT32_MAX, (u32)(FS_PER_SECOND / period)};
	return true;
}

static bool open_pit(const struct clock_sources *sources, struct counter *out)
{
	(void)sources;
	x86_out8(PORT_B, (u8)((x86_in8(PORT_B) & ~BIT(1)) | BIT(0)));
	x86_out8(PORT_PIT + PIT_CONTROL, PIT_START_CHANNEL2);
	x86_out8(PORT_PIT + PIT_COUNTER2, 0xff);
	x86_out8(PORT_PIT + PIT_COUNTER2, 0xff);
	*out = (struct counter){"PIT", read_pit, 0xffff, PIT_HZ};
	return true;
}

static bool (*const openers[])(const struct clock_sources *, struct counter *) = {
	open_pm_timer,
	open_hpet,
	open_pit,
};

/*
 * Reads several times and returns the reading that took the least time, because an
 * SMI or an emulator's host may interrupt between any two instructions.
 */
static struct sample sample_read(const struct counter *counter)
{
	struct sample best = {0};
	u64 shortest = UINT64_MAX;

	for (unsigned i = 0; i < SAMPLE_TRIES; i++) {
		u64 before = x86_rdtsc();
		struct sample s = {.counter = counter->read(), .apic = lapic_timer_read_count()};

		s.tsc = x86_rdtsc();
		s.taken = s.tsc - before;
		s.tsc = before + s.taken / 2;
		if (s.taken < shortest) {
			shortest = s.taken;
			best = s;
		}
	}
	return best;
}

/* Waits until counter has advanced by ticks since start. False if it does not count. */
static bool counter_wait(const struct counter *counter, u32 start, u32 ticks)
{
	u32 last = start, same = 0;

	while (((last - start) & counter->mask) < ticks) {
		u32 now = counter->read();

		same = now == last ? same + 1 : 0;
		last = now;
		if (same > 1000000)
			return false;
	}
	return true;
}

/*
 * Measures for us microseconds. False if counter does not count. The result's error
 * is at most half the duration of each reading plus one tick of the counter.
 */
static bool measure(const struct counter *counter, u32 us, struct interval *out)
{
	u32 period = (u32)((u64)counter->hz * us / US_PER_S);
	struct sample start = sample_read(counter), end;

	if (!counter_wait(counter, start.counter, period))
		return false;
	end = sample_read(counter);
	out->counter = (end.counter - start.counter) & counter->mask;
	out->apic = start.apic - end.apic;
	out->tsc = end.tsc - start.tsc;
	if (out->counter == 0)
		return false;
	out->tsc_noise = (start.taken + end.taken) / 2 + out->tsc / out->counter;
	return true;
}

static u32 khz_of(const struct counter *counter, u64 ticks, const struct interval *interval)
{
	return (u32)(ticks * counter->hz / ((u64)interval->counter * 1000));
}

static bool calibrate(const struct counter *counter)
{
	struct interval interval;
	bool counts;

	lapic_timer_start_count();
	counts = measure(counter, CALIBRATE_US, &interval);
	lapic_timer_stop();
	if (!counts)
		return false;
	tsc_khz = khz_of(counter, interval.tsc, &interval);
	apic_khz = khz_of(counter, interval.apic, &interval);
	if (!tsc_khz || !apic_khz)
		return false;
	lapic_timer_set_rate(apic_khz, tsc_khz);
	return true;
}

struct clock_rate clock_measure_tsc(void)
{
	struct interval interval;

	if (!measure(&chosen, MEASURE_US, &interval))
		return (struct clock_rate){0};
	return (struct clock_rate){khz_of(&chosen, interval.tsc, &interval),
				   khz_of(&chosen, interval.tsc_noise, &interval)};
}

void clock_init(void)
{
	boot_tsc = x86_rdtsc();
}

enum status clock_calibrate(const struct clock_sources *sources, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(openers); i++) {
		if (!openers[i](sources, &chosen) || !calibrate(&chosen))
			continue;
		ns_per_tick = (NS_PER_MS << CONVERT_SHIFT) / tsc_khz;
		ticks_per_ns = ((u64)tsc_khz << CONVERT_SHIFT) / NS_PER_MS;
		log_write(LOG_INFO, "clock: TSC %u kHz, APIC timer %u kHz, by the %s", tsc_khz,
			  apic_khz, chosen.name);
		return OK;
	}
	return fail(err, ERR_TIMEOUT, "clock: neither PM timer, HPET nor PIT counts");
}

u32 clock_tsc_khz(void)
{
	return tsc_khz;
}

static u64 convert(u64 value, u64 factor)
{
	return (u64)((unsigned __int128)value * factor >> CONVERT_SHIFT);
}

u64 clock_ns_from_tsc(u64 tsc)
{
	return convert(tsc, ns_per_tick);
}

u64 clock_tsc_from_ns(u64 ns)
{
	return convert(ns, ticks_per_ns);
}

u64 clock_uptime_at(u64 tsc)
{
	return clock_ns_from_tsc(tsc - boot_tsc);
}

u64 clock_uptime_ns(void)
{
	return clock_uptime_at(x86_rdtsc());
}

void clock_delay_us(u32 us)
{
	u64 end = x86_rdtsc() + clock_tsc_from_ns(us * NS_PER_US);

	while (x86_rdtsc() < end)
		x86_pause();
}
