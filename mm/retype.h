/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets the memory types of nested leaves to those of a guest's MTRRs, in steps.
 * Never flushes. Pure.
 */
#pragma once

#include "mm/memtype.h"

/*
 * Makes one step from *at (range.start for the first step) and advances *at; the
 * work is done when *at is the end of range. Leaves in range have the types of
 * old, and get the types of new. Only intervals in which old and new differ are
 * visited, so that the cost of a step depends on the changes. A large leaf is
 * split if types differ within it; leaves are merged again where they no longer
 * differ. All leaves of range must be readable, writable and executable, with the
 * guest's PAT in effect.
 *
 * ERR_NO_MEMORY: no table for a split; types from *at on are still old. After
 * every step, failed or not, the caller flushes as pt_flushed demands.
 */
enum status retype(struct pt *pt, struct pt_range range, const struct mtrrs *old,
		   const struct mtrrs *new, u64 *at) must_check;
