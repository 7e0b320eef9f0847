/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MSR policy: one row for each register or range of similar registers, and the
 * functions that apply a row. An MSR without a row is #GP, as on hardware. Sources:
 * SDM 4 "Architectural MSRs", APM2 "MSR Cross-Reference".
 */
#include "core/model/msr.h"

#include "core/base/regs.h"
#include "core/model/control.h"

/* The check on a value, after the masks. */
enum msr_check {
	CHECK_MASKS,	 /* no further check */
	CHECK_READ_ONLY, /* every write is #GP */
	CHECK_CANONICAL,
	CHECK_EFER,
	CHECK_PAT,	  /* eight types, UC- allowed */
	CHECK_MTRR_FIXED, /* eight types */
	CHECK_MTRR_DEF,	  /* a type in bits 7:0 */
	CHECK_MTRR_PHYS,  /* base, mask, base, ... with physical addresses */
};

enum { NO_SLOT = MSR_NO_SLOT };

/*
 * A write is #GP unless the value equals reset outside of writable and dropped;
 * writable bits are stored, dropped ones keep their reset value.
 */
struct msr_row {
	u32 first, last;
	u8 vendors;  /* enum cpu_vendor */
	u8 feature;  /* enum cpu_feature: without it the MSR does not exist */
	u8 place;    /* enum msr_place */
	u8 slot;     /* enum msr_slot of the first, or NO_SLOT: not stored here */
	u8 check;    /* enum msr_check */
	bool direct; /* the vCPU switch saves it and hardware checks it: no exit needed */
	u64 reset;
	u64 writable;
	u64 dropped;
};

#define ALL		     BITS(63, 0)
#define LOW		     BITS(31, 0)
#define MTRR_CAP	     (MSR_MTRR_VARIABLE | BIT(8) | BIT(10)) /* VCNT, FIX, WC */
#define MISC_FAST_STRINGS    BIT(0)
#define MISC_NO_BTS	     BIT(11)
#define MISC_NO_PEBS	     BIT(12)
#define FEATURE_CONTROL_LOCK BIT(0)
#define HWCR_TSC_AT_P0	     BIT(24)
#define HWCR_MC_STATUS_WRITE BIT(18)
#define HWCR_DROPPED	     (BIT(3) | BIT(6) | BIT(8) | BIT(25)) /* flush filters, IGNNE, boost */
#define SYSCFG_DRAM	     (BIT(18) | BIT(20) | BIT(21) | BIT(22)) /* MTRRs see DRAM, TOM2, WB */
#define VM_CR_LOCKED_OFF     (BIT(3) | BIT(4))
#define DE_CFG_LFENCE	     BIT(1)  /* LFENCE serialises, whatever is written */
#define UCODE_REVISION	     BIT(32) /* Intel: revision 1 in the upper half; AMD: level 0 */

#define INTEL CPU_VENDOR_INTEL
#define AMD   CPU_VENDOR_AMD
#define ANY   CPU_VENDOR_ANY

// clang-format off
/*
 * First the row of the x2APIC, which find tests separately, then the others, ascending.
 * Two rows may name the same register only for different vendors.
 * first, last, vendors, feature, place, slot, check, direct, reset, writable, dropped
 */
static const struct msr_row rows[] = {
	{MSR_X2APIC_FIRST, MSR_X2APIC_LAST, ANY, FEATURE_X2APIC, MSR_AT_X2APIC, NO_SLOT, CHECK_MASKS, false, 0, ALL, 0},

	/* machine check on the P5: nothing has happened */
	{0x00000000, 0x00000001, INTEL, FEATURE_MCE, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, 0},
	{MSR_TSC, MSR_TSC, ANY, FEATURE_TSC, MSR_AT_TSC, NO_SLOT, CHECK_MASKS, false, 0, ALL, 0},
	/* PLATFORM_ID */
	{0x00000017, 0x00000017, INTEL, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_READ_ONLY, false, 0, 0, 0},
	{MSR_APIC_BASE, MSR_APIC_BASE, ANY, FEATURE_ALWAYS, MSR_AT_APIC_BASE, NO_SLOT, CHECK_MASKS, false, 0, ALL, 0},
	/* EBL_CR_POWERON */
	{0x0000002a, 0x0000002a, INTEL, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, 0},
	/* FEATURE_CONTROL */
	{0x0000003a, 0x0000003a, INTEL, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_READ_ONLY, false, FEATURE_CONTROL_LOCK, 0, 0},
	{MSR_TSC_ADJUST, MSR_TSC_ADJUST, ANY, FEATURE_TSC_ADJUST, MSR_AT_TSC_ADJUST, NO_SLOT, CHECK_MASKS, false, 0, ALL, 0},
	/* BIOS_SIGN_ID, PATCH_LEVEL; guests write 0 before they read */
	{0x0000008b, 0x0000008b, ANY, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, UCODE_REVISION, 0, ALL},
	{0x000000fe, 0x000000fe, ANY, FEATURE_MTRR, MSR_IN_TABLE, NO_SLOT, CHECK_READ_ONLY, false, MTRR_CAP, 0, 0},
	{MSR_SYSENTER_CS, MSR_SYSENTER_CS, ANY, FEATURE_SEP, MSR_AT_SYSENTER_CS, NO_SLOT, CHECK_MASKS, true, 0, LOW, BITS(63, 32)},
	{MSR_SYSENTER_ESP, MSR_SYSENTER_ESP, ANY, FEATURE_SEP, MSR_AT_SYSENTER_ESP, NO_SLOT, CHECK_CANONICAL, true, 0, ALL, 0},
	{MSR_SYSENTER_EIP, MSR_SYSENTER_EIP, ANY, FEATURE_SEP, MSR_AT_SYSENTER_EIP, NO_SLOT, CHECK_CANONICAL, true, 0, ALL, 0},
	/* MCG_CAP: no banks; MCG_STATUS: can only be cleared */
	{0x00000179, 0x00000179, ANY, FEATURE_MCA, MSR_IN_TABLE, NO_SLOT, CHECK_READ_ONLY, false, 0, 0, 0},
	{0x0000017a, 0x0000017a, ANY, FEATURE_MCA, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, 0},
	/* MISC_ENABLE */
	{0x000001a0, 0x000001a0, INTEL, FEATURE_ALWAYS, MSR_IN_TABLE, MSR_SLOT_MISC_ENABLE, CHECK_MASKS, false,
		MISC_FAST_STRINGS | MISC_NO_BTS | MISC_NO_PEBS, MISC_FAST_STRINGS, 0},
	/* DEBUGCTL: LBR and BTF, AMD's pin controls too, have no effect and read as 0 */
	{0x000001d9, 0x000001d9, INTEL, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, BITS(1, 0)},
	{0x000001d9, 0x000001d9, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, BITS(5, 0)},
	/* last branch and interrupt: never recorded */
	{0x000001db, 0x000001de, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, ALL},
	{0x00000200, 0x0000020f, ANY, FEATURE_MTRR, MSR_AT_MTRR, MSR_SLOT_MTRR_PHYS, CHECK_MTRR_PHYS, false, 0, ALL, 0},
	{0x00000250, 0x00000250, ANY, FEATURE_MTRR, MSR_AT_MTRR, MSR_SLOT_MTRR_FIX64K, CHECK_MTRR_FIXED, false, 0, ALL, 0},
	{0x00000258, 0x00000259, ANY, FEATURE_MTRR, MSR_AT_MTRR, MSR_SLOT_MTRR_FIX16K, CHECK_MTRR_FIXED, false, 0, ALL, 0},
	{0x00000268, 0x0000026f, ANY, FEATURE_MTRR, MSR_AT_MTRR, MSR_SLOT_MTRR_FIX4K, CHECK_MTRR_FIXED, false, 0, ALL, 0},
	{MSR_PAT, MSR_PAT, ANY, FEATURE_PAT, MSR_AT_PAT, NO_SLOT, CHECK_PAT, false, PAT_RESET, ALL, 0},
	{0x000002ff, 0x000002ff, ANY, FEATURE_MTRR, MSR_AT_MTRR, MSR_SLOT_MTRR_DEF_TYPE, CHECK_MTRR_DEF, false, 0,
		MTRR_TYPE | MTRR_DEF_FIXED_ENABLE | MTRR_DEF_ENABLE, 0},
	{MSR_TSC_DEADLINE, MSR_TSC_DEADLINE, ANY, FEATURE_TSC_DEADLINE, MSR_AT_TSC_DEADLINE, NO_SLOT, CHECK_MASKS, false, 0, ALL, 0},
	/* IA32_XSS: no supervisor state component */
	{0x00000da0, 0x00000da0, ANY, FEATURE_XSAVES, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, 0},
	{0xc0000080, 0xc0000080, ANY, FEATURE_ALWAYS, MSR_AT_EFER, NO_SLOT, CHECK_EFER, false, 0, ALL, 0},
	{0xc0000081, 0xc0000081, ANY, FEATURE_ALWAYS, MSR_AT_STAR, NO_SLOT, CHECK_MASKS, true, 0, ALL, 0},
	{0xc0000082, 0xc0000082, ANY, FEATURE_LM, MSR_AT_LSTAR, NO_SLOT, CHECK_CANONICAL, true, 0, ALL, 0},
	{0xc0000083, 0xc0000083, ANY, FEATURE_LM, MSR_AT_CSTAR, NO_SLOT, CHECK_CANONICAL, true, 0, ALL, 0},
	{0xc0000084, 0xc0000084, ANY, FEATURE_LM, MSR_AT_SFMASK, NO_SLOT, CHECK_MASKS, true, 0, LOW, BITS(63, 32)},
	{0xc0000100, 0xc0000100, ANY, FEATURE_LM, MSR_AT_FS_BASE, NO_SLOT, CHECK_CANONICAL, true, 0, ALL, 0},
	{0xc0000101, 0xc0000101, ANY, FEATURE_LM, MSR_AT_GS_BASE, NO_SLOT, CHECK_CANONICAL, true, 0, ALL, 0},
	{0xc0000102, 0xc0000102, ANY, FEATURE_LM, MSR_AT_KERNEL_GS_BASE, NO_SLOT, CHECK_CANONICAL, true, 0, ALL, 0},
	{0xc0000103, 0xc0000103, ANY, FEATURE_TSC_AUX, MSR_AT_TSC_AUX, NO_SLOT, CHECK_MASKS, true, 0, LOW, 0},
	/* PERF_CTL and PERF_CTR 0 to 3: count nothing; guests see that from their dropped writes */
	{0xc0010000, 0xc0010007, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, ALL},
	/* SYSCFG */
	{0xc0010010, 0xc0010010, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, SYSCFG_DRAM, 0, ALL},
	/* HWCR */
	{0xc0010015, 0xc0010015, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, MSR_SLOT_HWCR, CHECK_MASKS, false,
		HWCR_TSC_AT_P0, HWCR_MC_STATUS_WRITE, HWCR_DROPPED | HWCR_TSC_AT_P0},
	/* TOP_MEM, TOP_MEM2: as firmware left them */
	{0xc001001a, 0xc001001a, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, MSR_SLOT_TOP_MEM, CHECK_MASKS, false, 0, 0, ALL},
	{0xc001001d, 0xc001001d, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, MSR_SLOT_TOP_MEM2, CHECK_MASKS, false, 0, 0, ALL},
	/* NB_CFG, INT_PENDING_MSG, MMIO_CONF_BASE: no northbridge behind them */
	{0xc001001f, 0xc001001f, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, ALL},
	{0xc0010055, 0xc0010055, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, ALL},
	{0xc0010058, 0xc0010058, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, ALL},
	/* P-state limit, control, status and the eight definitions: none is enabled */
	{0xc0010061, 0xc001006b, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, ALL},
	/* SMM_ADDR and SMM_MASK: no TSEG */
	{0xc0010112, 0xc0010113, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, ALL},
	/* VM_CR: SVME disabled and locked */
	{0xc0010114, 0xc0010114, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, VM_CR_LOCKED_OFF, 0, ALL},
	/* DC_CFG, BU_CFG, DE_CFG, BU_CFG2 */
	{0xc0011022, 0xc0011023, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, ALL},
	{0xc0011029, 0xc0011029, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, DE_CFG_LFENCE, 0, ALL},
	{0xc001102a, 0xc001102a, AMD, FEATURE_ALWAYS, MSR_IN_TABLE, NO_SLOT, CHECK_MASKS, false, 0, 0, ALL},
};
// clang-format on

static inline bool in_row(const struct msr_row *row, u32 index)
{
	return index - row->first <= row->last - row->first;
}

/* Returns the first row after the x2APIC's that does not end below index, or ARRAY_SIZE(rows). */
static size_t search(u32 index)
{
	size_t low = 1, high = ARRAY_SIZE(rows);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rows[middle].last < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static never_inline const struct msr_row *find_slowly(const struct cpu_model *model, u32 index)
{
	for (size_t i = search(index); i < ARRAY_SIZE(rows) && rows[i].first <= index; i++) {
		if (rows[i].vendors & model->vendor)
			return cpu_model_has(model, rows[i].feature) ? &rows[i] : NULL;
	}
	return NULL;
}

/* Returns the row of MSR index, or NULL if this guest does not have it. */
static const struct msr_row *find(const struct cpu_model *model, u32 index)
{
	const struct msr_quick *quick = &model->msr_quick[msr_quick_place(index)];

	if (quick->row && quick->index == index)
		return &rows[quick->row];
	if (in_row(&rows[0], index))
		return cpu_model_has(model, FEATURE_X2APIC) ? &rows[0] : NULL;
	return find_slowly(model, index);
}

/* True if reads are answered here: the register is constant or stored in a slot. */
static bool is_kept(const struct msr_row *row)
{
	return row->place == MSR_IN_TABLE || row->slot != NO_SLOT;
}

static struct msr_quick make_quick(size_t number, u32 index)
{
	const struct msr_row *row = &rows[number];
	bool stored = row->slot != NO_SLOT;

	return (struct msr_quick){
		.value = row->reset,
		.index = index,
		.row = (u8)number,
		.slot = stored ? (u8)(row->slot + (index - row->first)) : NO_SLOT,
		.kept = is_kept(row),
		.drops = is_kept(row) && row->check == CHECK_MASKS && row->dropped == ALL,
	};
}

void msr_build_quick(struct cpu_model *model)
{
	static_assert(ARRAY_SIZE(rows) <= UINT8_MAX, "a row's number is a byte");
	for (size_t i = 1; i < ARRAY_SIZE(rows); i++) {
		if (find_slowly(model, rows[i].first) != &rows[i])
			continue;
		for (u32 index = rows[i].first; index <= rows[i].last; index++)
			if (!model->msr_quick[msr_quick_place(index)].row)
				model->msr_quick[msr_quick_place(index)] = make_quick(i, index);
	}
}

/*
 * True if each of count bytes is a memory type. UC- is valid only in the PAT (SDM 3A "Memory
 * Types").
 */
static bool types_valid(u64 value, unsigned count, bool pat)
{
	const u32 valid = 1 << 0 | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6 | (u32)pat << 7;

	for (; count > 0; count--, value >>= 8) {
		u64 type = value & MTRR_TYPE;

		if (type > 7 || !(valid & 1u << type))
			return false;
	}
	return true;
}

/* SDM 3A "Variable Range MTRRs": bases are even, masks odd. */
static bool mtrr_phys_valid(const struct cpu_model *model, u32 index, u64 value)
{
	u64 address = BITS(model->phys_bits - 1, 12);

	if (index & 1)
		return !(value & ~(address | MTRR_PHYS_VALID));
	return !(value & ~(address | MTRR_TYPE)) && types_valid(value, 1, false);
}

static bool value_valid(const struct cpu_model *model, const struct msr_row *row, u32 index,
			u64 value)
{
	if ((value ^ row->reset) & ~(row->writable | row->dropped))
		return false;
	switch ((enum msr_check)row->check) {
	case CHECK_MASKS:
		return true;
	case CHECK_READ_ONLY:
		return false;
	case CHECK_CANONICAL:
		return control_canonical(model, value);
	case CHECK_EFER:
		return !(value & ~(model->efer | EFER_LMA));
	case CHECK_PAT:
		return types_valid(value, 8, true);
	case CHECK_MTRR_FIXED:
		return types_valid(value, 8, false);
	case CHECK_MTRR_DEF:
		return types_valid(value, 1, false);
	case CHECK_MTRR_PHYS:
		return mtrr_phys_valid(model, index, value);
	}
	return false;
}

void msr_reset(struct msr_state *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].slot == NO_SLOT)
			continue;
		for (u32 n = 0; n <= rows[i].last - rows[i].first; n++)
			state->slot[rows[i].slot + n] = rows[i].reset;
	}
}

struct msr_result msr_read(const struct msr_state *state, const struct cpu_model *model, u32 index)
{
	const struct msr_row *row = find(model, index);

	if (!row)
		return (struct msr_result){.verdict = MSR_FAULT};
	if (!is_kept(row))
		return (struct msr_result){.verdict = MSR_FORWARD, .place = row->place};
	if (row->slot == NO_SLOT)
		return (struct msr_result){MSR_DONE, row->place, row->reset};
	return (struct msr_result){MSR_DONE, row->place,
				   state->slot[row->slot + (index - row->first)]};
}

struct msr_result msr_write(struct msr_state *state, const struct cpu_model *model, u32 index,
			    u64 value)
{
	const struct msr_row *row = find(model, index);

	if (!row || !value_valid(model, row, index, value))
		return (struct msr_result){.verdict = MSR_FAULT};
	value = (value & row->writable) | (row->reset & ~row->writable);
	if (!is_kept(row))
		return (struct msr_result){MSR_FORWARD, row->place, value};
	if (row->slot != NO_SLOT && row->writable)
		state->slot[row->slot + (index - row->first)] = value;
	return (struct msr_result){MSR_DONE, row->place, value};
}

void msr_get_mtrrs(const struct msr_state *state, const struct cpu_model *model, struct mtrrs *out)
{
	const u64 *slot = state->slot;

	*out = (struct mtrrs){
		.def_type = slot[MSR_SLOT_MTRR_DEF_TYPE],
		.fixed = &slot[MSR_SLOT_MTRR_FIX64K],
		.base = &slot[MSR_SLOT_MTRR_PHYS],
		.mask = &slot[MSR_SLOT_MTRR_PHYS + 1],
		.stride = 2,
		.variable = MSR_MTRR_VARIABLE,
		.phys_bits = model->phys_bits,
	};
}

size_t msr_list_direct(const struct cpu_model *model, u32 *list, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].direct || find(model, rows[i].first) != &rows[i])
			continue;
		if (count < max)
			list[count] = rows[i].first;
		count++;
	}
	return count;
}

/* A fixed-range MTRR whose eight types are all the same. */
static u64 all_of(enum memtype type)
{
	return type * 0x0101010101010101ULL;
}

void msr_set_firmware(struct msr_state *state, const struct cpu_model *model,
		      const struct guest_map *map)
{
	const u64 hole_size = GUEST_ABOVE_BASE - GUEST_LOW_TOP_MAX;
	u64 *slot = state->slot;

	for (unsigned i = 0; i < MTRR_FIXED; i++)
		slot[MSR_SLOT_MTRR_FIX64K + i] = all_of(MEMTYPE_WB);
	slot[MSR_SLOT_MTRR_FIX16K + 1] = all_of(MEMTYPE_UC); /* 0xA0000 to 0xBFFFF */
	for (unsigned i = 0; i < 4; i++)
		slot[MSR_SLOT_MTRR_FIX4K + i] = all_of(MEMTYPE_UC); /* 0xC0000 to 0xDFFFF */
	slot[MSR_SLOT_MTRR_PHYS] = GUEST_LOW_TOP_MAX; /* the low byte is the type: UC */
	slot[MSR_SLOT_MTRR_PHYS + 1] =
		(BITS(model->phys_bits - 1, 0) & ~(hole_size - 1)) | MTRR_PHYS_VALID;
	slot[MSR_SLOT_MTRR_DEF_TYPE] = MTRR_DEF_ENABLE | MTRR_DEF_FIXED_ENABLE | MEMTYPE_WB;
	slot[MSR_SLOT_TOP_MEM] = map->low_top;
	slot[MSR_SLOT_TOP_MEM2] = map->above_top;
}
