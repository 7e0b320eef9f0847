/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the snapshot of the calling CPU. */
#pragma once

#include "core/cpus/caps.h"

/* Fills *caps, which must be zeroed. After lapic_enable and clock_calibrate, one CPU at a time. */
void caps_read(struct cpu_caps *caps);
