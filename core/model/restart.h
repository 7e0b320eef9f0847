/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides when a guest that has ended starts again: at once after a long life or the
 * first short one, else after a delay that doubles with each further short life, so
 * that a guest that fails early does not keep the machine busy. Pure.
 */
#pragma once

#include "core/base/types.h"

enum {
	RESTART_DELAY_MAX_S = 60,
	RESTART_HEALTHY_S = 60, /* a life of this length resets the delay */
};

struct restart {
	u32 short_lives; /* number of short lives in sequence */
};

/*
 * Counts a life of lived_ns ns that has ended, and returns the delay in ns before the next start:
 * 0, 1, 2, 4, ... s, at most RESTART_DELAY_MAX_S.
 */
u64 restart_delay(struct restart *restart, u64 lived_ns);
