/* SPDX-License-Identifier: BSD-2-Clause */
/* A tree of page tables as a list of what it maps. Pure. */
#include "core/base/bits.h"
#include "mm/pt.h"

enum { LEAVES_MAX = 65536 }; /* of a run: 256 MiB in pages of 4 KiB */

static bool continues(const struct pt_run *run, const struct pt_found *found)
{
	return found->to.addr == run->first.to.addr + (run->end - run->start) &&
	       found->level == run->first.level && found->leaf.perms == run->first.leaf.perms &&
	       found->leaf.type == run->first.leaf.type &&
	       found->leaf.ignore_pat == run->first.leaf.ignore_pat;
}

bool pt_next_run(const struct pt *pt, u64 *at, struct pt_run *run)
{
	u64 end = pt_level_size(pt->format->levels) * PT_ENTRIES;
	unsigned leaves = 0;
	struct pt_found found;
	bool begun = false;

	for (; *at < end;
	     *at = align_down(*at, pt_level_size(found.level)) + pt_level_size(found.level)) {
		bool mapped = pt_lookup(pt, *at, &found);

		if (begun && (!mapped || !continues(run, &found) || ++leaves == LEAVES_MAX))
			return true;
		if (mapped && !begun)
			*run = (struct pt_run){*at, *at, found};
		begun |= mapped;
		if (mapped)
			run->end += pt_level_size(found.level);
	}
	return begun;
}
