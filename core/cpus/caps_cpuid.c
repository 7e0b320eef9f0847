/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPUID part of a snapshot: the bits of the host's leaves that can reach a guest through
 * the policy, and the meaning of a difference in them. Pure; never executes CPUID.
 */
#include "core/base/cpuid_bits.h"
#include "core/base/format.h"
#include "core/base/string.h"
#include "core/cpus/caps.h"
#include "core/model/control.h"
#include "core/model/cpuid_policy.h"

#define ALL 0xffffffffu

/*
 * Values that may differ between CPUs. Snapshots leave out: every bit that the policy hides
 * from guests, the microcode revision, PAT and control registers (set alike on every CPU
 * before any guest runs), the TSC's value (boot/host/smp.c warns of it), SMRRs, power and
 * temperature, counters. CAPS_RATE allows for the noise of a measurement. This table lists,
 * whatever the policy does with them, values that identify a CPU or depend on software's
 * settings.
 */
static const struct own_row {
	u32 leaf;
	s32 subleaf;
	u8 reg;
	u32 mask;
} own[] = {
	// clang-format off
	{0x00000001, CPUID_EVERY_SUBLEAF, CPUID_EBX, 0xffff0000}, /* APIC ID, CPUs in the package */
	{0x00000001, CPUID_EVERY_SUBLEAF, CPUID_ECX, 1 << 27},	  /* OSXSAVE reflects CR4 */
	{0x00000001, CPUID_EVERY_SUBLEAF, CPUID_EDX, 1 << 9},	  /* APIC reflects IA32_APIC_BASE */
	{0x00000004, CPUID_EVERY_SUBLEAF, CPUID_EAX, 0xffffc000}, /* who shares the cache */
	{0x00000007, CPUID_EVERY_SUBLEAF, CPUID_ECX, 1 << 4},	  /* OSPKE reflects CR4 */
	{0x0000000b, CPUID_EVERY_SUBLEAF, CPUID_EAX, ALL},	  /* topology */
	{0x0000000b, CPUID_EVERY_SUBLEAF, CPUID_EBX, ALL},
	{0x0000000b, CPUID_EVERY_SUBLEAF, CPUID_ECX, ALL},
	{0x0000000b, CPUID_EVERY_SUBLEAF, CPUID_EDX, ALL},	  /* x2APIC ID */
	{0x0000000d, 0, CPUID_EBX, ALL},			  /* size for the present XCR0 */
	{0x0000000d, 1, CPUID_EBX, ALL},			  /* likewise with IA32_XSS */
	{0x80000001, CPUID_EVERY_SUBLEAF, CPUID_EDX, 1 << 9},	  /* APIC, once more */
	{0x80000008, CPUID_EVERY_SUBLEAF, CPUID_ECX, ALL},	  /* cores, width of their IDs */
	{0x8000001d, CPUID_EVERY_SUBLEAF, CPUID_EAX, 0xffffc000}, /* who shares the cache */
	{0x8000001e, CPUID_EVERY_SUBLEAF, CPUID_EAX, ALL},	  /* APIC ID */
	{0x8000001e, CPUID_EVERY_SUBLEAF, CPUID_EBX, ALL},	  /* core */
	{0x8000001e, CPUID_EVERY_SUBLEAF, CPUID_ECX, ALL},	  /* node */
	// clang-format on
};

/* SDM 1 "XSAVE-Supported Features and State-Component Bitmaps". */
static const struct caps_bit xcr0_bits[] = {
	{0, "x87"},	  {1, "SSE"},	   {2, "AVX"},	{5, "opmask"},
	{6, "ZMM_Hi256"}, {7, "Hi16_ZMM"}, {9, "PKRU"}, {0},
};

/* Numbers, and values that the policy computes from the host's, by the row's fill. */
static const struct number_row {
	u8 fill; /* enum cpuid_fill */
	u8 reg;
	u8 kind; /* enum caps_kind */
	u32 mask;
	const char *name; /* NULL: as other registers are named */
	const struct caps_bit *bits;
} numbers[] = {
	// clang-format off
	{FILL_MAX_BASIC, CPUID_EAX, CAPS_LIMIT, ALL, .name = NULL},
	{FILL_MAX_BASIC, CPUID_EBX, CAPS_SAME, ALL, .name = NULL}, /* the vendor */
	{FILL_MAX_BASIC, CPUID_ECX, CAPS_SAME, ALL, .name = NULL},
	{FILL_MAX_BASIC, CPUID_EDX, CAPS_SAME, ALL, .name = NULL},
	{FILL_IDENTITY, CPUID_EBX, CAPS_SAME, 0xff00, .name = "CLFLUSH_SIZE"},
	{FILL_MAX_SUBLEAF, CPUID_EAX, CAPS_LIMIT, ALL, .name = NULL},
	{FILL_XSAVE_MAIN, CPUID_EAX, CAPS_FEATURES, XCR0_OFFERED, "XCR0", xcr0_bits},
	{FILL_XSAVE_COMPONENT, CPUID_EAX, CAPS_LAYOUT, ALL, .name = NULL}, /* size */
	{FILL_XSAVE_COMPONENT, CPUID_EBX, CAPS_LAYOUT, ALL, .name = NULL}, /* offset */
	{FILL_XSAVE_COMPONENT, CPUID_ECX, CAPS_SAME, CPUID_XSAVE_ALIGNED, .name = NULL},
	{FILL_MAX_EXTENDED, CPUID_EAX, CAPS_LIMIT, ALL, .name = NULL},
	{FILL_MAX_EXTENDED, CPUID_EBX, CAPS_SAME, ALL, .name = NULL},
	{FILL_MAX_EXTENDED, CPUID_ECX, CAPS_SAME, ALL, .name = NULL},
	{FILL_MAX_EXTENDED, CPUID_EDX, CAPS_SAME, ALL, .name = NULL},
	{FILL_ADDRESS_SIZES, CPUID_EAX, CAPS_LIMIT, 0xff, .name = "MAXPHYADDR"},
	// clang-format on
};

/* Feature bits that withdraw a property on which software relied. */
static const struct caution_row {
	u32 leaf;
	u8 reg;
	u32 mask;
} cautions[] = {
	{0x00000007, CPUID_EBX, 1 << 6 | 1 << 13}, /* FDP_EXCPTN_ONLY, FCS_FDS_DEPRECATED */
	{0x80000021, CPUID_EAX, 1 << 1},	   /* FS_GS_BASE_NON_SERIALIZING */
};

enum { FIELD_KINDS = CAPS_DESCRIPTION + 1 }; /* the kinds that CPUID has */

static u32 subleaf_of(const struct cpuid_leaf_policy *row)
{
	return row->subleaf == CPUID_EVERY_SUBLEAF ? 0 : (u32)row->subleaf;
}

/* True if the guest's bit depends on the host's. */
static bool is_hosts(const struct cpuid_bit_policy *row)
{
	return row->rule != RULE_ON && row->rule != RULE_AMD_ON && row->rule != RULE_X2APIC &&
	       row->rule != RULE_MULTI;
}

static u32 feature_mask(const struct cpuid_leaf_policy *row, u8 reg)
{
	u32 mask = 0;

	for (size_t i = 0; i < cpuid_bit_count && cpuid_bits[i].leaf <= row->leaf; i++)
		if (cpuid_bits[i].leaf == row->leaf && cpuid_bits[i].subleaf == subleaf_of(row) &&
		    cpuid_bits[i].reg == reg && is_hosts(&cpuid_bits[i]))
			mask |= (u32)BIT(cpuid_bits[i].bit);
	return mask;
}

static u32 caution_mask(const struct cpuid_leaf_policy *row, u8 reg)
{
	for (size_t i = 0; i < ARRAY_SIZE(cautions); i++)
		if (cautions[i].leaf == row->leaf && cautions[i].reg == reg && subleaf_of(row) == 0)
			return cautions[i].mask;
	return 0;
}

static const struct number_row *next_number(const struct cpuid_leaf_policy *row, u8 reg, size_t *i)
{
	for (; *i < ARRAY_SIZE(numbers); (*i)++)
		if (numbers[*i].fill == row->fill && numbers[*i].reg == reg)
			return &numbers[(*i)++];
	return NULL;
}

static u32 number_mask(const struct cpuid_leaf_policy *row, u8 reg)
{
	u32 mask = 0;
	size_t i = 0;

	for (const struct number_row *n; (n = next_number(row, reg, &i));)
		mask |= n->mask;
	return mask;
}

static u32 own_mask(const struct cpuid_leaf_policy *row, u8 reg)
{
	u32 mask = 0;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (own[i].leaf == row->leaf && own[i].reg == reg &&
		    (own[i].subleaf == CPUID_EVERY_SUBLEAF || own[i].subleaf == row->subleaf))
			mask |= own[i].mask;
	return mask;
}

/* All bits of the host's register that can reach a guest, of any kind. */
static u32 visible_mask(const struct cpuid_leaf_policy *row, u8 reg)
{
	return (row->pass[reg] | feature_mask(row, reg) | number_mask(row, reg)) &
	       ~own_mask(row, reg);
}

static u32 mask_of_kind(const struct cpuid_leaf_policy *row, struct caps_field *field)
{
	u8 reg = field->reg;
	size_t i = 0;

	for (const struct number_row *n; (n = next_number(row, reg, &i));) {
		if (n->kind != field->kind)
			continue;
		if (n->name)
			format_text(field->name, sizeof(field->name), "%s", n->name);
		field->bits = n->bits;
		return n->mask;
	}
	switch (field->kind) {
	case CAPS_FEATURES:
		return feature_mask(row, reg) & ~caution_mask(row, reg);
	case CAPS_CAUTIONS:
		return feature_mask(row, reg) & caution_mask(row, reg);
	case CAPS_DESCRIPTION:
		return row->pass[reg] & ~feature_mask(row, reg) & ~number_mask(row, reg);
	default:
		return 0;
	}
}

static void name_register(const struct cpuid_leaf_policy *row, struct caps_field *field)
{
	static const char *const registers[] = {"EAX", "EBX", "ECX", "EDX"};
	char subleaf[4] = "";

	if (row->subleaf != CPUID_EVERY_SUBLEAF)
		format_text(subleaf, sizeof(subleaf), ".%u", row->subleaf & 0xf);
	format_text(field->name, sizeof(field->name), "CPUID.%x%s.%s", row->leaf, subleaf,
		    registers[field->reg]);
}

bool caps_cpuid_field(u32 index, struct caps_field *field)
{
	u32 row = index / (CPUID_REGISTERS * FIELD_KINDS);
	u8 reg = index / FIELD_KINDS % CPUID_REGISTERS;

	if (row >= cpuid_leaf_count)
		return false;
	*field = (struct caps_field){
		.kind = (u8)(index % FIELD_KINDS),
		.count = 1,
		.offset = (u16)(offsetof(struct cpu_caps, cpuid) +
				(row * CPUID_REGISTERS + reg) * sizeof(u64)),
		.leaf = &cpuid_leaves[row],
		.reg = reg,
	};
	field->mask = mask_of_kind(field->leaf, field) & ~own_mask(field->leaf, reg);
	if (field->mask && !field->name[0])
		name_register(field->leaf, field);
	return true;
}

const char *caps_cpuid_bit(const struct cpuid_leaf_policy *leaf, u8 reg, unsigned bit)
{
	for (size_t i = 0; i < cpuid_bit_count; i++)
		if (cpuid_bits[i].leaf == leaf->leaf && cpuid_bits[i].subleaf == subleaf_of(leaf) &&
		    cpuid_bits[i].reg == reg && cpuid_bits[i].bit == bit)
			return cpuid_bits[i].name;
	return NULL;
}

static bool is_vendors(const struct cpuid_leaf_policy *row, u8 vendor)
{
	return row->vendors == CPU_VENDOR_ANY || (row->vendors & vendor);
}

/* The policy's highest leaf in the range of first. Higher leaves may differ between CPUs. */
static u32 highest_leaf(u32 first, u8 vendor)
{
	u32 highest = first;

	for (size_t i = 0; i < cpuid_leaf_count; i++)
		if (cpuid_leaves[i].leaf >> 30 == first >> 30 &&
		    is_vendors(&cpuid_leaves[i], vendor))
			highest = cpuid_leaves[i].leaf;
	return highest;
}

/* Limits a maximum leaf or subleaf to the highest one that the policy uses. */
static u32 clamp(const struct cpuid_leaf_policy *row, u8 reg, u8 vendor, u32 value)
{
	if (reg != CPUID_EAX)
		return value;
	if (row->fill == FILL_MAX_SUBLEAF)
		return value != 0;
	if (row->fill == FILL_MAX_BASIC || row->fill == FILL_MAX_EXTENDED)
		return (u32)min_u64(value, highest_leaf(row->leaf, vendor));
	return value;
}

/* True if the CPU has the leaf: above its maximum, CPUID may return another leaf's data. */
static bool has_leaf(const struct cpuid_leaf_policy *row, u8 vendor, cpuid_read_fn *read)
{
	struct cpuid_regs max;

	if (row->leaf >> 30 == CPUID_HYPERVISOR || !is_vendors(row, vendor))
		return false;
	read(row->leaf & ~(u32)BITS(29, 0), 0, &max);
	return row->leaf <= max.reg[CPUID_EAX];
}

void caps_cpuid_read(struct cpu_caps *caps, cpuid_read_fn *read)
{
	struct cpuid_regs first;
	u8 vendor;

	read(0, 0, &first);
	vendor = cpuid_policy_vendor(&first);
	memset(caps->cpuid, 0, sizeof(caps->cpuid));
	for (size_t i = 0; i < cpuid_leaf_count; i++) {
		const struct cpuid_leaf_policy *row = &cpuid_leaves[i];
		struct cpuid_regs regs;

		if (!has_leaf(row, vendor, read))
			continue;
		read(row->leaf, subleaf_of(row), &regs);
		for (unsigned reg = 0; reg < CPUID_REGISTERS; reg++)
			caps->cpuid[i][reg] = clamp(row, (u8)reg, vendor, regs.reg[reg]) &
					      visible_mask(row, (u8)reg);
	}
}

void caps_cpuid(const struct cpu_caps *caps, u32 leaf, u32 subleaf, struct cpuid_regs *out)
{
	*out = (struct cpuid_regs){{0}};
	for (size_t i = 0; i < cpuid_leaf_count; i++) {
		const struct cpuid_leaf_policy *row = &cpuid_leaves[i];

		if (row->leaf != leaf ||
		    (row->subleaf != CPUID_EVERY_SUBLEAF && (u32)row->subleaf != subleaf))
			continue;
		for (unsigned reg = 0; reg < CPUID_REGISTERS; reg++)
			out->reg[reg] = (u32)caps->cpuid[i][reg];
	}
}

u64 caps_cpuid_xcr0(const struct cpu_caps *caps)
{
	struct cpuid_regs identity, main, component;
	u64 xcr0;

	caps_cpuid(caps, 0x1, 0, &identity);
	caps_cpuid(caps, 0xd, 0, &main);
	if (!(identity.reg[CPUID_ECX] & CPUID_1_ECX_XSAVE))
		return 0;
	xcr0 = main.reg[CPUID_EAX];
	for (u32 i = CPUID_XSAVE_EXTENDED; XCR0_OFFERED >> i; i++) {
		caps_cpuid(caps, 0xd, i, &component);
		if (!component.reg[CPUID_EAX])
			xcr0 &= ~BIT(i);
	}
	return control_xcr0_offered(xcr0);
}
