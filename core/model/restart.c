/* SPDX-License-Identifier: BSD-2-Clause */
/* Computes the delay before a guest starts again. Never starts one. Pure. */
#include "core/model/restart.h"

#include "core/base/bits.h"
#include "core/base/time.h"

u64 restart_delay(struct restart *restart, u64 lived_ns)
{
	u32 doublings;

	if (lived_ns >= RESTART_HEALTHY_S * NS_PER_S)
		restart->short_lives = 0;
	if (restart->short_lives == 0) {
		restart->short_lives = 1;
		return 0;
	}
	doublings = restart->short_lives - 1;
	if (BIT(doublings) >= RESTART_DELAY_MAX_S)
		return RESTART_DELAY_MAX_S * NS_PER_S;
	restart->short_lives++;
	return BIT(doublings) * NS_PER_S;
}
