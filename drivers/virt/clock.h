/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Converts guest time in nanoseconds to ticks of a chip's clock and back, for any
 * u64 time without overflow and without accumulating an error. Never reads a
 * clock. Pure, header only.
 */
#pragma once

#include "core/base/time.h"
#include "core/base/types.h"

#define CLOCK_NONE UINT64_MAX /* a deadline that never comes */

/*
 * Returns the number of whole ticks of a clock of hz (1 Hz to 1 GHz) in the first ns nanoseconds.
 */
static inline u64 clock_ticks(u64 ns, u32 hz)
{
	u64 seconds = ns / NS_PER_S;
	u64 rest = ns % NS_PER_S;

	return seconds * hz + rest * hz / NS_PER_S;
}

/* Returns a + b, or CLOCK_NONE if the sum overflows. */
static inline u64 clock_add(u64 a, u64 b)
{
	return a > UINT64_MAX - b ? CLOCK_NONE : a + b;
}

/*
 * Returns the first time in ns at which clock_ticks() is ticks; CLOCK_NONE if a u64 cannot hold it.
 */
static inline u64 clock_ns(u64 ticks, u32 hz)
{
	u64 seconds = ticks / hz;
	u64 rest = ticks % hz;

	if (seconds > UINT64_MAX / NS_PER_S)
		return CLOCK_NONE;
	return clock_add(seconds * NS_PER_S, (rest * NS_PER_S + hz - 1) / hz);
}
