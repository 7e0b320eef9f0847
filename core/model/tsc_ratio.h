/* SPDX-License-Identifier: BSD-2-Clause */
/* TSC rate over crystal rate as CPUID leaf 0x15 tells it. Pure. */
#pragma once

#include "core/base/types.h"

struct tsc_ratio {
	u32 numerator, denominator; /* 0, 1: it cannot be told */
};

/*
 * Guests multiply crystal_khz by the numerator in 32 bits, so it is bounded, and
 * the fraction is the nearest of those with a small denominator.
 */
struct tsc_ratio tsc_ratio(u64 tsc_khz, u64 crystal_khz);
