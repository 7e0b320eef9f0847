/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the wall-clock time. Reads the machine's real-time clock only at boot; never sets it. */
#pragma once

#include "core/base/types.h"

/* Reads the RTC. Only on the boot CPU, after clock_calibrate. */
void wallclock_init(void);

/* Returns the seconds since 1970; in UTC if the RTC keeps UTC. */
u64 wallclock_now(void);
