/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a CPU's timer is set to. One that is lost on its way is set again by the
 * CPU itself when it looks, and noticed by others.
 */
#pragma once

#include "core/base/types.h"

struct alarm {
	u64 armed; /* host TSC; UINT64_MAX: not set. Atomic: others look */
};

/* Of the CPU that runs this: rings at deadline, or before if it would have anyhow. */
void alarm_lower(struct alarm *alarm, u64 deadline);

/* Of any CPU: has it been due for so long that it must have been lost? */
bool alarm_is_lost(const struct alarm *alarm);
