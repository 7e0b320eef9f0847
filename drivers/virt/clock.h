/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest time in nanoseconds to ticks of a chip's clock and back, without
 * overflow for any u64 time and without drift. Pure, header only.
 */
#pragma once

#include "core/base/time.h"
#include "core/base/types.h"

#define CLOCK_NONE UINT64_MAX /* a deadline that never comes */

/* Whole ticks of a clock of hz (1 Hz to 1 GHz) that lie within the first ns nanoseconds. */
static inline u64 clock_ticks(u64 ns, u32 hz)
{
	u64 seconds = ns / NS_PER_S;
	u64 rest = ns % NS_PER_S;

	return seconds * hz + rest * hz / NS_PER_S;
}

/* a + b, or CLOCK_NONE when that does not fit. */
static inline u64 clock_add(u64 a, u64 b)
{
	return a > UINT64_MAX - b ? CLOCK_NONE : a + b;
}

/* The first nanosecond at which clock_ticks() reaches ticks; CLOCK_NONE when it never does. */
static inline u64 clock_ns(u64 ticks, u32 hz)
{
	u64 seconds = ticks / hz;
	u64 rest = ticks % hz;

	if (seconds > UINT64_MAX / NS_PER_S)
		return CLOCK_NONE;
	return clock_add(seconds * NS_PER_S, (rest * NS_PER_S + hz - 1) / hz);
}
