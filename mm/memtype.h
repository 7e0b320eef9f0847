/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What decides the memory type of an access: MTRRs, and the tables by which the
 * types of a page, of its nested leaf and of the host's MTRRs combine. Pure.
 */
#pragma once

#include "core/base/bits.h"
#include "mm/pt.h"

enum { MTRR_FIXED = 11 };

/* IA32_MTRR_DEF_TYPE and PHYSMASK (SDM 3A "Memory Type Range Registers (MTRRs)"). */
#define MTRR_TYPE	      BITS(7, 0)
#define MTRR_DEF_FIXED_ENABLE BIT(10)
#define MTRR_DEF_ENABLE	      BIT(11)
#define MTRR_PHYS_VALID	      BIT(11)

/* The MTRRs of a CPU, wherever they are kept. */
struct mtrrs {
	u64 def_type;
	const u64 *fixed; /* MTRR_FIXED, ascending by what they cover */
	const u64 *base;  /* PHYSBASEi and PHYSMASKi: every stride-th, */
	const u64 *mask;
	u8 stride;
	u8 variable; /* ... so many of them */
	u8 phys_bits;
};

/*
 * The type of the page at addr, and where it may change next: not before *end,
 * which is page aligned and above addr (UINT64_MAX: nowhere).
 *
 * Where variable ranges overlap, UC wins, and of WT and WB WT does, as the SDM
 * has it; what it leaves undefined is UC.
 */
enum memtype memtype_of_mtrrs(const struct mtrrs *mtrrs, u64 addr, u64 *end);

/*
 * What one type makes of another, [MTRR or nested leaf][page's type from the
 * PAT], as each vendor's manual has it: struct pt_format's combined.
 */
extern const u8 memtype_sdm[PT_MEMTYPES][PT_MEMTYPES];
extern const u8 memtype_apm[PT_MEMTYPES][PT_MEMTYPES];

/*
 * What an access gets through a nested leaf: pat is the type that the guest's
 * page selects from its PAT, host that of the host's MTRRs, which counts only
 * where the format's leaves do not take their place.
 */
enum memtype memtype_effective(const struct pt_format *format, struct pt_leaf leaf,
			       enum memtype pat, enum memtype host);

/* The type in entry index (0 to 7) of a PAT. */
static inline enum memtype memtype_in_pat(u64 pat, unsigned index)
{
	return (enum memtype)(pat >> (8 * index) & 7);
}

/* "WB"; "?" for what is none. */
const char *memtype_name(unsigned type);
