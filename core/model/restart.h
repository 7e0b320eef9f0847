/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a guest that has ended starts again: at once after a long life, after a
 * delay that doubles with each short life otherwise, so that a guest that fails
 * at once cannot keep the machine busy with its starts. Pure.
 */
#pragma once

#include "core/base/types.h"

enum {
	RESTART_DELAY_MAX_S = 60,
	RESTART_HEALTHY_S = 60, /* a life of this length resets the delay */
};

struct restart {
	u32 short_lives; /* ended one after the other */
};

/* ns to wait before the start that follows a life of so many ns: 0, 1, 2, 4, ... s. */
u64 restart_delay(struct restart *restart, u64 lived_ns);
