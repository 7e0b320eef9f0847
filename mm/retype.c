/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gives nested leaves the types of a guest's MTRRs, in steps of bounded time. Never flushes.
 * Pure.
 */
#include "mm/retype.h"

enum {
	INTERVALS = 64, /* intervals examined in a step */
};
#define STEP (1ULL << 30) /* greatest number of bytes that get a new type in a step */

/*
 * Finds the first interval [*at, *end) in which old and new differ, and its new type. *end is
 * the limit before.
 */
static bool next_difference(const struct mtrrs *old, const struct mtrrs *new, u64 *at, u64 *end,
			    enum memtype *type)
{
	u64 limit = *end, old_end, new_end;

	for (unsigned i = 0; i < INTERVALS && *at < limit; i++, *at = *end) {
		enum memtype before = memtype_of_mtrrs(old, *at, &old_end);

		*type = memtype_of_mtrrs(new, *at, &new_end);
		*end = min_u64(limit, min_u64(old_end, new_end));
		if (before != *type)
			return true;
	}
	return false;
}

/* Makes the leaves around [start, end) as large as types and limits allow. */
static void merge(struct pt *pt, u64 start, u64 end)
{
	for (unsigned level = PT_LEVEL_2M; level <= pt->limits.leaf_level; level++) {
		u64 size = pt_level_size(level);

		for (u64 addr = align_down(start, size); addr < end; addr += size)
			(void)!pt_merge(pt, addr, level); /* a failure leaves the smaller leaves,
							     which are right too */
	}
}

/*
 * Returns where merging ends: a 2 MiB block in which types still change is merged by the next
 * step.
 */
static u64 merge_end(struct pt_range range, const struct mtrrs *old, const struct mtrrs *new,
		     u64 at)
{
	u64 block = pt_level_size(PT_LEVEL_2M);
	u64 end = min_u64(align_up(at, block), range.start + range.size);
	enum memtype type;
	u64 next = at;

	return next_difference(old, new, &next, &end, &type) ? align_down(at, block) : at;
}

enum status retype(struct pt *pt, struct pt_range range, const struct mtrrs *old,
		   const struct mtrrs *new, u64 *at)
{
	struct pt_leaf leaf = {.perms = PT_READ | PT_WRITE | PT_EXEC};
	u64 end = range.start + range.size;
	enum memtype type;
	enum status status;

	if (!next_difference(old, new, at, &end, &type))
		return OK;
	end = min_u64(end, align_down(*at, STEP) + STEP);
	leaf.type = (u8)type;
	status = pt_protect(pt, (struct pt_range){*at, end - *at}, leaf);
	if (status != OK)
		return status;
	merge(pt, *at, merge_end(range, old, new, end));
	*at = end;
	return OK;
}
