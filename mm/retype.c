/* SPDX-License-Identifier: BSD-2-Clause */
/* MTRRs into nested leaves. Pure. */
#include "mm/retype.h"

enum {
	INTERVALS = 64, /* looked at in a step, ... */
};
#define STEP (1ULL << 30) /* ... and bytes at most that get a new type */

/* From *at on, not beyond end: an interval in which new has one type and old another. */
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

/* Leaves over what has one type again, as large as they can be. */
static void merge(struct pt *pt, u64 start, u64 end)
{
	for (unsigned level = PT_LEVEL_2M; level <= pt->limits.leaf_level; level++) {
		u64 size = pt_level_size(level);

		for (u64 addr = align_down(start, size); addr < end; addr += size)
			(void)!pt_merge(pt, addr, level); /* none there is to be had: as well */
	}
}

/* Where merging may end: a block in which more is to change comes together when that has. */
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
