/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nested leaves that take the types which a guest's MTRRs give its memory.
 * Pure: changes a tree of page tables, step by step, and never flushes.
 */
#pragma once

#include "mm/memtype.h"

/*
 * One step: goes on at *at, the first time range.start, and moves it on, at the
 * end of range to that. Leaves in range have the types of old, and get those of
 * new where these differ; nothing else is looked at, so that a step costs what
 * changes. Large leaves are split where types change within, and made again
 * where they no longer do. All leaves of range are readable, writable and
 * executable, and heed the guest's PAT.
 *
 * ERR_NO_MEMORY: no table for a split; *at is where types are still old. Until
 * pt_flushed what pt.h says of changes applies.
 */
enum status retype(struct pt *pt, struct pt_range range, const struct mtrrs *old,
		   const struct mtrrs *new, u64 *at) must_check;
