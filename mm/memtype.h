/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Computes the memory type of an access: from MTRRs, and from the tables by which
 * the types of a page, of its nested leaf and of the host's MTRRs combine. Pure.
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
	const u64 *fixed; /* MTRR_FIXED registers, by ascending address */
	const u64 *base;  /* PHYSBASEi is base[i * stride] */
	const u64 *mask;  /* PHYSMASKi is mask[i * stride] */
	u8 stride;
	u8 variable; /* number of base and mask pairs */
	u8 phys_bits;
};

/*
 * Returns the type of the page at addr, and sets *end: the type is the same for
 * all addresses in [addr, *end). *end is page aligned, or UINT64_MAX for no end.
 *
 * If variable ranges overlap, UC wins over all types and WT over WB, as the SDM
 * says; the combinations that it leaves undefined are UC.
 */
enum memtype memtype_of_mtrrs(const struct mtrrs *mtrrs, u64 addr, u64 *end);

/*
 * The combination of two types, [MTRR or nested leaf][page's type from the PAT],
 * from each vendor's manual; for struct pt_format's combined.
 */
extern const u8 memtype_sdm[PT_MEMTYPES][PT_MEMTYPES];
extern const u8 memtype_apm[PT_MEMTYPES][PT_MEMTYPES];

/*
 * Returns the type of an access through a nested leaf. pat is the type that the
 * guest's page selects from the guest's PAT. host is the type of the host's MTRRs;
 * it counts only in a format with host_mtrrs.
 */
enum memtype memtype_effective(const struct pt_format *format, struct pt_leaf leaf,
			       enum memtype pat, enum memtype host);

/* The type in entry index (0 to 7) of a PAT. */
static inline enum memtype memtype_in_pat(u64 pat, unsigned index)
{
	return (enum memtype)(pat >> (8 * index) & 7);
}

/* Returns "WB" and the like; "?" if type is none. */
const char *memtype_name(unsigned type);
