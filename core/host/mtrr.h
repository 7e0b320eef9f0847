/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory type range registers of the CPU that runs this. The firmware set
 * them up: they are read, and written only to make one CPU like another.
 */
#pragma once

#include "core/cpus/caps.h"

/* Fills in the mtrr_* members; zeros where the CPU has none. */
void mtrr_read(struct cpu_caps *caps);

/* Else all memory is uncached: nobody has set them up. */
bool mtrr_are_on(const struct cpu_caps *caps);

/* Those of caps, in place: out is valid while caps is. */
void mtrr_of(const struct cpu_caps *caps, struct mtrrs *out);

/* Makes this CPU's MTRRs those of caps, which has the same mtrr_cap. */
void mtrr_write(const struct cpu_caps *caps);
