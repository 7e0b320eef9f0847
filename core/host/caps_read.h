/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes the snapshot of the CPU that runs this, and of no other. */
#pragma once

#include "core/cpus/caps.h"

/* caps is zeroed; after lapic_enable and clock_calibrate, one CPU at a time. */
void caps_read(struct cpu_caps *caps);
