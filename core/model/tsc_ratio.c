/* SPDX-License-Identifier: BSD-2-Clause */
/* The nearest fraction that a guest can use. Pure. */
#include "core/model/tsc_ratio.h"

enum { DENOMINATOR_MAX = 8192 };

struct tsc_ratio tsc_ratio(u64 tsc_khz, u64 crystal_khz)
{
	u64 best_p = 0, best_q = 1, best_error = tsc_khz;

	for (u64 q = 1; q <= DENOMINATOR_MAX; q++) {
		u64 scaled = tsc_khz * q;
		u64 p = (scaled + crystal_khz / 2) / crystal_khz;
		u64 error = p * crystal_khz > scaled ? p * crystal_khz - scaled
						     : scaled - p * crystal_khz;

		/* the errors of the two fractions are as error / q to best_error / best_q */
		if (p > UINT32_MAX / crystal_khz || error * best_q >= best_error * q)
			continue;
		best_p = p;
		best_q = q;
		best_error = error;
	}
	return (struct tsc_ratio){(u32)best_p, (u32)best_q};
}
