/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's real-time clock, read once at boot. */
#pragma once

#include "core/base/types.h"

/* Reads the RTC; the boot CPU, after calibration. */
void wallclock_init(void);

/* Seconds since 1970, UTC if the RTC is. */
u64 wallclock_now(void);
