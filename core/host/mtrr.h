/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the memory type range registers of the calling CPU, which firmware has set
 * up. Writes them only to make one CPU equal to another.
 */
#pragma once

#include "core/cpus/caps.h"

/* Fills in the mtrr_* members of caps, which are 0 before; a CPU without MTRRs leaves them 0. */
void mtrr_read(struct cpu_caps *caps);

/* True if MTRRs are enabled. If not, firmware has not set them up, and all memory is uncached. */
bool mtrr_are_on(const struct cpu_caps *caps);

/* Makes *out refer to the MTRRs in caps; valid as long as caps is. */
void mtrr_of(const struct cpu_caps *caps, struct mtrrs *out);

/* Writes the MTRRs of caps to this CPU, which must have the same mtrr_cap. */
void mtrr_write(const struct cpu_caps *caps);
