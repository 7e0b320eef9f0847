/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page-table formats as data, and the encoding of leaves. Knows no tree and
 * no memory. Pure.
 *
 * Every new entry has its accessed and dirty bits set. So hardware never writes
 * to a table, and a store of ours can never overwrite a bit that hardware set.
 */
#include "mm/memtype.h"
#include "mm/pt_entry.h"

/* SDM 3A "Hierarchical Paging Structures: an Overview", APM2 "Long-Mode Page Translation". */
enum long_mode_bits {
	LM_P = BIT(0),
	LM_RW = BIT(1),
	LM_US = BIT(2),
	LM_PWT = BIT(3),
	LM_PCD = BIT(4),
	LM_A = BIT(5),
	LM_D = BIT(6),
	LM_PS = BIT(7),
	LM_PAT_4K = BIT(7),
	LM_G = BIT(8),
	LM_PAT_LARGE = BIT(12),
};
#define LM_NX BIT(63)

/* SDM 3C "EPT Translation Mechanism". */
enum ept_bits {
	EPT_R = BIT(0),
	EPT_W = BIT(1),
	EPT_X = BIT(2),
	EPT_TYPE_SHIFT = 3,
	EPT_IGNORE_PAT = BIT(6),
	EPT_LARGE = BIT(7),
	EPT_A = BIT(8),
	EPT_D = BIT(9),
};
#define EPT_SUPPRESS_VE BIT(63)

#define ADDRESS BITS(51, PAGE_SHIFT)

enum {
	TYPES_PAT = BIT(MEMTYPE_UC) | BIT(MEMTYPE_WC) | BIT(MEMTYPE_WT) | BIT(MEMTYPE_WP) |
		    BIT(MEMTYPE_WB) | BIT(MEMTYPE_UC_MINUS),
	TYPES_EPT = TYPES_PAT & ~BIT(MEMTYPE_UC_MINUS),
};

/*
 * The index into PT_HOST_PAT, as PAT:PCD:PWT. A nested leaf selects from the
 * same PAT as a host's (APM2 "Combining Memory Types, Nested Paging").
 */
// clang-format off
static const u64 long_mode_types[2][PT_MEMTYPES] = {
	{
		[MEMTYPE_WB]       = 0,
		[MEMTYPE_WT]       = LM_PWT,
		[MEMTYPE_UC_MINUS] = LM_PCD,
		[MEMTYPE_UC]       = LM_PCD | LM_PWT,
		[MEMTYPE_WC]       = LM_PAT_4K,
		[MEMTYPE_WP]       = LM_PAT_4K | LM_PWT,
	}, {
		[MEMTYPE_WB]       = 0,
		[MEMTYPE_WT]       = LM_PWT,
		[MEMTYPE_UC_MINUS] = LM_PCD,
		[MEMTYPE_UC]       = LM_PCD | LM_PWT,
		[MEMTYPE_WC]       = LM_PAT_LARGE,
		[MEMTYPE_WP]       = LM_PAT_LARGE | LM_PWT,
	},
};

/* EPT has the architectural encoding of the types, the same at every level. */
static const u64 ept_types[PT_MEMTYPES] = {
	[MEMTYPE_UC] = MEMTYPE_UC << EPT_TYPE_SHIFT,
	[MEMTYPE_WC] = MEMTYPE_WC << EPT_TYPE_SHIFT,
	[MEMTYPE_WT] = MEMTYPE_WT << EPT_TYPE_SHIFT,
	[MEMTYPE_WP] = MEMTYPE_WP << EPT_TYPE_SHIFT,
	[MEMTYPE_WB] = MEMTYPE_WB << EPT_TYPE_SHIFT,
};
// clang-format on

/* Permissions in the order of enum pt_perm: read, write, exec, global. */
const struct pt_format pt_format_host = {
	.levels = 4,
	.leaf_level = PT_LEVEL_1G,
	.sign_extended = true,
	.exclusive_wx = true,
	.perms = PT_READ | PT_WRITE | PT_EXEC | PT_GLOBAL,
	.memtypes = TYPES_PAT,
	.absent = 0,
	.present = LM_P,
	.table = LM_P | LM_RW | LM_A,
	.leaf = LM_P | LM_A | LM_D,
	.large = LM_PS,
	.address = ADDRESS,
	.granted = {LM_P, LM_RW, 0, LM_G},
	.denied = {0, 0, LM_NX, 0},
	.type_mask = {LM_PAT_4K | LM_PCD | LM_PWT, LM_PAT_LARGE | LM_PCD | LM_PWT},
	.type = {long_mode_types[0], long_mode_types[1]},
};

/* Nested walks are user accesses (APM2 "Nested versus Guest Page Faults, Fault Ordering"). */
const struct pt_format pt_format_npt = {
	.levels = 4,
	.leaf_level = PT_LEVEL_1G,
	.perms = PT_READ | PT_WRITE | PT_EXEC,
	.memtypes = TYPES_PAT,
	.absent = 0,
	.present = LM_P,
	.table = LM_P | LM_RW | LM_US | LM_A,
	.leaf = LM_P | LM_US | LM_A | LM_D,
	.large = LM_PS,
	.address = ADDRESS,
	.granted = {LM_P, LM_RW, 0, 0},
	.denied = {0, 0, LM_NX, 0},
	.type_mask = {LM_PAT_4K | LM_PCD | LM_PWT, LM_PAT_LARGE | LM_PCD | LM_PWT},
	.type = {long_mode_types[0], long_mode_types[1]},
	.combined = memtype_apm,
	.host_mtrrs = true,
};

/* Suppress-#VE counts in leaves and in absent entries; in table pointers the bit is ignored. */
const struct pt_format pt_format_ept = {
	.levels = 4,
	.leaf_level = PT_LEVEL_1G,
	.perms = PT_READ | PT_WRITE | PT_EXEC,
	.memtypes = TYPES_EPT,
	.absent = EPT_SUPPRESS_VE,
	.present = EPT_R | EPT_W | EPT_X,
	.table = EPT_R | EPT_W | EPT_X | EPT_A | EPT_SUPPRESS_VE,
	.leaf = EPT_A | EPT_D | EPT_SUPPRESS_VE,
	.large = EPT_LARGE,
	.ignore_pat = EPT_IGNORE_PAT,
	.address = ADDRESS,
	.granted = {EPT_R, EPT_W, EPT_X, 0},
	.denied = {0, 0, 0, 0},
	.type_mask = {BITS(5, 3), BITS(5, 3)},
	.type = {ept_types, ept_types},
	.combined = memtype_sdm,
};

static const u64 *types_at(const struct pt_format *format, unsigned level)
{
	return format->type[level > PT_LEVEL_4K];
}

bool pt_leaf_valid(const struct pt_format *format, struct pt_leaf leaf)
{
	bool wx = (leaf.perms & PT_WRITE) && (leaf.perms & PT_EXEC);

	return (leaf.perms & PT_READ) && !(leaf.perms & ~format->perms) &&
	       !(wx && format->exclusive_wx) && leaf.type < PT_MEMTYPES &&
	       (format->memtypes & BIT(leaf.type)) && !(leaf.ignore_pat && !format->ignore_pat);
}

u64 pt_leaf_encode(const struct pt_format *format, unsigned level, struct hpa to,
		   struct pt_leaf leaf)
{
	u64 entry = to.addr | format->leaf | types_at(format, level)[leaf.type];

	for (unsigned i = 0; i < PT_PERM_COUNT; i++)
		entry |= leaf.perms & BIT(i) ? format->granted[i] : format->denied[i];
	if (level > PT_LEVEL_4K)
		entry |= format->large;
	if (leaf.ignore_pat)
		entry |= format->ignore_pat;
	return entry;
}

struct pt_leaf pt_leaf_decode(const struct pt_format *format, unsigned level, u64 entry)
{
	const u64 *types = types_at(format, level);
	u64 type = entry & format->type_mask[level > PT_LEVEL_4K];
	struct pt_leaf leaf = {.ignore_pat = entry & format->ignore_pat};

	for (unsigned i = 0; i < PT_PERM_COUNT; i++)
		if ((entry & (format->granted[i] | format->denied[i])) == format->granted[i])
			leaf.perms |= format->perms & BIT(i);
	while (leaf.type < MEMTYPE_UC_MINUS &&
	       (!(format->memtypes & BIT(leaf.type)) || types[leaf.type] != type))
		leaf.type++;
	return leaf;
}

struct hpa pt_leaf_address(const struct pt_format *format, unsigned level, u64 entry)
{
	return hpa_make(align_down(entry & format->address, pt_level_size(level)));
}

u64 pt_leaf_part(const struct pt_format *format, unsigned level, u64 entry, unsigned index)
{
	struct hpa to;

	if (!pt_entry_present(format, entry))
		return format->absent;
	to = pt_leaf_address(format, level, entry);
	to.addr += index * pt_level_size(level - 1);
	return pt_leaf_encode(format, level - 1, to, pt_leaf_decode(format, level, entry));
}
