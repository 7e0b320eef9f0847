/* SPDX-License-Identifier: BSD-2-Clause */
/* The types of MTRRs, and the tables by which types combine. Pure. */
#include "mm/memtype.h"

/* Fixed ranges: each register covers eight of one size (SDM 3A "Fixed Range MTRRs"). */
static const struct {
	u64 start, size; /* of a range */
	u8 first;	 /* register of the first */
} fixed_runs[] = {
	{0, 64 * KIB, 0},
	{512 * KIB, 16 * KIB, 1},
	{768 * KIB, 4 * KIB, 3},
};

#define FIXED_END MIB

static enum memtype fixed_type(const u64 *fixed, u64 addr, u64 *end)
{
	unsigned run = ARRAY_SIZE(fixed_runs) - 1;
	u64 range;

	while (addr < fixed_runs[run].start)
		run--;
	range = (addr - fixed_runs[run].start) / fixed_runs[run].size;
	*end = fixed_runs[run].start + (range + 1) * fixed_runs[run].size;
	return (enum memtype)(fixed[fixed_runs[run].first + range / 8] >> range % 8 * 8 &
			      MTRR_TYPE);
}

/* SDM 3A "MTRR Precedences". */
static enum memtype overlap(enum memtype a, enum memtype b)
{
	bool through = a == MEMTYPE_WT || b == MEMTYPE_WT;
	bool back = a == MEMTYPE_WB || b == MEMTYPE_WB;

	if (a == b)
		return a;
	return through && back ? MEMTYPE_WT : MEMTYPE_UC;
}

/*
 * Returns an address above addr; up to it, every address matches base in the bits
 * of mask exactly if addr does. A mask without gaps has one range, and this is its
 * next start or end; for any other mask it is the next multiple of the lowest bit
 * of mask.
 */
static u64 range_edge(u64 addr, u64 base, u64 mask, u64 top)
{
	u64 granule = mask & -mask;
	bool inside = !((addr ^ base) & mask);

	if (!mask)
		return UINT64_MAX;
	if (inside || mask != (top & -granule))
		return align_down(addr, granule) + granule;
	return (base & mask) > addr ? base & mask : UINT64_MAX;
}

enum memtype memtype_of_mtrrs(const struct mtrrs *mtrrs, u64 addr, u64 *end)
{
	const u64 top = BITS(mtrrs->phys_bits - 1, PAGE_SHIFT);
	enum memtype type = (enum memtype)(mtrrs->def_type & MTRR_TYPE);
	bool found = false;

	*end = UINT64_MAX;
	if (!(mtrrs->def_type & MTRR_DEF_ENABLE))
		return MEMTYPE_UC;
	if (addr < FIXED_END && (mtrrs->def_type & MTRR_DEF_FIXED_ENABLE))
		return fixed_type(mtrrs->fixed, addr, end);
	for (unsigned i = 0; i < mtrrs->variable; i++) {
		u64 base = mtrrs->base[i * mtrrs->stride], mask = mtrrs->mask[i * mtrrs->stride];
		enum memtype its = (enum memtype)(base & MTRR_TYPE);

		if (!(mask & MTRR_PHYS_VALID))
			continue;
		mask &= top;
		*end = min_u64(*end, range_edge(addr, base, mask, top));
		if ((addr ^ base) & mask)
			continue;
		type = found ? overlap(type, its) : its;
		found = true;
	}
	return type;
}

// clang-format off
enum { UC = MEMTYPE_UC, WC = MEMTYPE_WC, WT = MEMTYPE_WT, WP = MEMTYPE_WP, WB = MEMTYPE_WB };

/*
 * SDM 3A "Selecting Memory Types for Pentium III and More Recent Processor
 * Families"; a nested leaf's type takes the MTRRs' place (SDM 3C "Memory Type
 * Used for Translated Guest-Physical Addresses").
 */
const u8 memtype_sdm[PT_MEMTYPES][PT_MEMTYPES] = {
	/*               UC  WC  -  -  WT  WP  WB  UC-  from the PAT */
	[MEMTYPE_UC] = { UC, WC, 0, 0, UC, UC, UC, UC },
	[MEMTYPE_WC] = { UC, WC, 0, 0, UC, UC, WC, WC },
	[MEMTYPE_WT] = { UC, WC, 0, 0, WT, WP, WT, UC },
	[MEMTYPE_WP] = { UC, WC, 0, 0, WT, WP, WP, WC },
	[MEMTYPE_WB] = { UC, WC, 0, 0, WT, WP, WB, UC },
};

/*
 * APM2 "Combining Memory Types, MTRRs" for guest's and host's PAT, and "Combined
 * Effect of MTRRs and PAT" for the result and the MTRRs: one table. CD is UC here,
 * and WC+ is WC: they differ only in that caches are looked up.
 */
const u8 memtype_apm[PT_MEMTYPES][PT_MEMTYPES] = {
	/*               UC  WC  -  -  WT  WP  WB  UC-  from the PAT */
	[MEMTYPE_UC] = { UC, WC, 0, 0, UC, UC, UC, UC },
	[MEMTYPE_WC] = { UC, WC, 0, 0, UC, UC, WC, WC },
	[MEMTYPE_WT] = { UC, WC, 0, 0, WT, UC, WT, UC },
	[MEMTYPE_WP] = { UC, WC, 0, 0, UC, WP, WP, UC },
	[MEMTYPE_WB] = { UC, WC, 0, 0, WT, WP, WB, UC },
};
// clang-format on

enum memtype memtype_effective(const struct pt_format *format, struct pt_leaf leaf,
			       enum memtype pat, enum memtype host)
{
	enum memtype type;

	if (leaf.ignore_pat)
		return leaf.type;
	type = format->combined[leaf.type][pat];
	return format->host_mtrrs ? format->combined[host][type] : type;
}

const char *memtype_name(unsigned type)
{
	static const char names[PT_MEMTYPES][4] = {"UC", "WC", "?", "?", "WT", "WP", "WB", "UC-"};

	return type < PT_MEMTYPES ? names[type] : "?";
}
