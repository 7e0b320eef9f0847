/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers a guest's CPUID: looks up the leaf in the table that core/model/cpuid_build.c
 * has made, then adds the few bits that depend on the state of the vCPU. Has no policy.
 */
#include "core/model/cpuid.h"

#include "core/base/cpuid_bits.h"
#include "core/base/regs.h"
#include "core/model/cpuid_policy.h"

enum {
	INITIAL_APIC_ID_SHIFT = 24,	 /* leaf 1 EBX */
	SUBLEAF_MASK = 0xff,		 /* leaf 0xB ECX */
	CORE_ID_MASK = 0xff,		 /* leaf 8000_001E EBX */
	XSAVE_COMPACT = 1 << 1 | 1 << 3, /* leaf 0xD subleaf 1 EAX: XSAVEC, XSAVES */
	XSAVE_MIN_SIZE = 576,		 /* legacy region and header (SDM 1 "XSAVE Area") */
	XSAVE_ALIGNMENT = 64,
};

/*
 * Returns the leaf whose data a guest reads. On Intel a leaf above the maximum of its
 * range reads as the highest basic leaf (SDM 2A "CPUID - CPU Identification"), but
 * not in the hypervisor's range. On AMD such a leaf reads as zeros.
 */
static u32 resolve(const struct cpuid_table *table, u32 leaf)
{
	u32 range = leaf >> 30;

	if (table->model.vendor != CPU_VENDOR_INTEL || range == CPUID_HYPERVISOR)
		return leaf;
	if (range == CPUID_BASIC && leaf <= table->max_basic)
		return leaf;
	if (range == CPUID_EXTENDED && leaf <= table->max_extended)
		return leaf;
	return table->max_basic;
}

/* True if cpuid_lookup changes the leaf by the state of the vCPU. */
static bool depends_on_vcpu(u32 leaf)
{
	switch (leaf) {
	case CPUID_LEAF_FEATURES:
	case CPUID_LEAF_STRUCTURED:
	case 0xb:
	case CPUID_LEAF_XSTATE:
	case CPUID_LEAF_EXTENDED_FEATURES:
	case 0x8000001e:
		return true;
	default:
		return false;
	}
}

void cpuid_index_plain(struct cpuid_table *table)
{
	for (u32 i = 0; i < table->count; i++) {
		const struct cpuid_entry *entry = &table->entry[i];

		if (entry->subleaf == (u32)CPUID_EVERY_SUBLEAF && !depends_on_vcpu(entry->leaf) &&
		    resolve(table, entry->leaf) == entry->leaf)
			table->plain[cpuid_slot(entry->leaf)] = (u8)(i + 1);
	}
}

/* Returns NULL if the table has no such entry: the guest reads zeros. */
static const struct cpuid_entry *find(const struct cpuid_table *table, u32 leaf, u32 subleaf)
{
	u32 range = leaf >> 30, offset = leaf & (u32)BITS(29, 0);

	if (range >= CPUID_RANGES || offset >= CPUID_INDEX_SIZE || !table->first[range][offset])
		return NULL;
	for (u32 i = table->first[range][offset] - 1u; i < table->count; i++) {
		const struct cpuid_entry *entry = &table->entry[i];

		if (entry->leaf != leaf)
			return NULL;
		if (entry->subleaf == subleaf || entry->subleaf == (u32)CPUID_EVERY_SUBLEAF)
			return entry;
	}
	return NULL;
}

/* Size in bytes of the XSAVE area for the components in set (bits 1:0 are always in it). */
static u32 xsave_size(const struct cpuid_table *table, u64 set, bool compacted)
{
	u64 size = XSAVE_MIN_SIZE;

	for (u32 i = table->first[CPUID_BASIC][CPUID_LEAF_XSTATE] - 1u; i < table->count; i++) {
		const struct cpuid_entry *entry = &table->entry[i];
		const u32 *reg = entry->regs.reg;

		if (entry->leaf != CPUID_LEAF_XSTATE)
			break;
		if (entry->subleaf < 2 || !(set & BIT(entry->subleaf)))
			continue;
		if (!compacted) {
			size = max_u64(size, (u64)reg[CPUID_EBX] + reg[CPUID_EAX]);
			continue;
		}
		if (reg[CPUID_ECX] & CPUID_XSAVE_ALIGNED)
			size = align_up(size, XSAVE_ALIGNMENT);
		size += reg[CPUID_EAX];
	}
	return (u32)size;
}

static void apply_xsave(const struct cpuid_table *table, const struct cpuid_vcpu *vcpu, u32 subleaf,
			struct cpuid_regs *out)
{
	if (!cpu_model_has(&table->model, FEATURE_XSAVE))
		return;
	if (subleaf == 0) {
		out->reg[CPUID_EBX] = xsave_size(table, vcpu->xcr0, false);
		out->reg[CPUID_ECX] = xsave_size(table, table->model.xcr0, false);
	}
	if (subleaf == 1 && (out->reg[CPUID_EAX] & XSAVE_COMPACT))
		out->reg[CPUID_EBX] = xsave_size(table, vcpu->xcr0 | vcpu->xss, true);
}

static void apply_identity(const struct cpuid_vcpu *vcpu, struct cpuid_regs *out)
{
	out->reg[CPUID_EBX] |= vcpu->apic_id << INITIAL_APIC_ID_SHIFT;
	if (vcpu->cr4 & CR4_OSXSAVE)
		out->reg[CPUID_ECX] |= CPUID_1_ECX_OSXSAVE;
	if (!vcpu->apic_enabled)
		out->reg[CPUID_EDX] &= ~(u32)CPUID_1_EDX_APIC;
}

/* The level number and the ID are valid in every subleaf, also past the last level. */
static void apply_topology(const struct cpuid_vcpu *vcpu, u32 subleaf, struct cpuid_regs *out)
{
	out->reg[CPUID_ECX] |= subleaf & SUBLEAF_MASK;
	out->reg[CPUID_EDX] = vcpu->apic_id;
}

/* Each core has one thread, so the core's ID is the APIC ID. */
static void apply_amd_ids(const struct cpuid_vcpu *vcpu, struct cpuid_regs *out)
{
	out->reg[CPUID_EAX] = vcpu->apic_id;
	out->reg[CPUID_EBX] = vcpu->apic_id & CORE_ID_MASK;
}

void cpuid_lookup(const struct cpuid_table *table, const struct cpuid_vcpu *vcpu, u32 leaf,
		  u32 subleaf, struct cpuid_regs *out)
{
	const struct cpuid_entry *entry;

	leaf = resolve(table, leaf);
	entry = find(table, leaf, subleaf);
	*out = entry ? entry->regs : (struct cpuid_regs){{0}};
	switch (leaf) {
	case CPUID_LEAF_FEATURES:
		apply_identity(vcpu, out);
		break;
	case CPUID_LEAF_STRUCTURED:
		if (subleaf == 0 && (vcpu->cr4 & CR4_PKE))
			out->reg[CPUID_ECX] |= CPUID_7_ECX_OSPKE;
		break;
	case 0xb:
		apply_topology(vcpu, subleaf, out);
		break;
	case CPUID_LEAF_XSTATE:
		apply_xsave(table, vcpu, subleaf, out);
		break;
	case CPUID_LEAF_EXTENDED_FEATURES:
		if (table->model.vendor == CPU_VENDOR_AMD && !vcpu->apic_enabled)
			out->reg[CPUID_EDX] &= ~(u32)CPUID_1_EDX_APIC;
		break;
	case 0x8000001e:
		if (entry)
			apply_amd_ids(vcpu, out);
		break;
	}
}
