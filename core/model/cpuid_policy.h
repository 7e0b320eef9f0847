/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy that core/model/cpuid_build.c applies: the leaves and feature bits that a
 * guest sees, and the known vendors. A field or bit without a row is zero.
 */
#pragma once

#include "core/model/cpuid.h"

enum {
	CPUID_EVERY_SUBLEAF = -1, /* of a leaf that does not depend on ECX */

	/* Leaf 8000_0001 EDX repeats these bits of leaf 1 EDX on AMD (APM3). */
	CPUID_AMD_MIRROR = 0x0183f3ff,

	/* Leaf 0xD ECX: the component starts on a 64-byte boundary when compacted. */
	CPUID_XSAVE_ALIGNED = 1 << 1,
	CPUID_XSAVE_EXTENDED = 2, /* the first component with a leaf of its own */
};

/* Fields that are numbers rather than feature bits. */
enum cpuid_fill {
	FILL_NOTHING,
	FILL_MAX_BASIC,
	FILL_IDENTITY,
	FILL_CACHE,
	FILL_MAX_SUBLEAF,
	FILL_TOPOLOGY_THREAD,
	FILL_TOPOLOGY_CORE,
	FILL_XSAVE_MAIN,
	FILL_XSAVE_COMPONENT,
	FILL_TSC_RATIO,
	FILL_FREQUENCY,
	FILL_HYPERVISOR,
	FILL_HYPERCALL,
	FILL_CLOCKS,
	FILL_KVM,
	FILL_MAX_EXTENDED,
	FILL_AMD_MIRROR,
	FILL_ADDRESS_SIZES,
};

struct cpuid_leaf_policy {
	u32 leaf;
	s32 subleaf;
	u8 vendors; /* enum cpu_vendor: the vendors that have the leaf */
	u8 fill;    /* enum cpuid_fill: fields computed after pass and the feature bits */
	u32 pass[CPUID_REGISTERS]; /* mask of the bits that are copied from the host */
};

enum cpuid_rule {
	RULE_HOST,   /* as the host has it */
	RULE_ON,     /* set on any host: emulated, or the hypervisor's own */
	RULE_AMD_ON, /* set on any AMD host */
	RULE_X2APIC, /* as configured */
	RULE_MULTI,  /* more than one vCPU */
	RULE_XSAVE,  /* as the host has it, if the guest can have XSAVE */
	RULE_AVX,    /* likewise, with AVX state */
	RULE_AVX512, /* likewise, with AVX-512 state */
	RULE_PKRU,   /* likewise, with PKRU state */
};

struct cpuid_bit_policy {
	u32 leaf;
	u8 subleaf;
	u8 reg; /* enum cpuid_register */
	u8 bit;
	u8 rule;	  /* enum cpuid_rule */
	u8 feature;	  /* the enum cpu_feature of the bit, or FEATURE_ALWAYS */
	const char *name; /* the manuals' */
};

/* Ascending by leaf, then subleaf. */
extern const struct cpuid_leaf_policy cpuid_leaves[];
extern const size_t cpuid_leaf_count;

extern const struct cpuid_bit_policy cpuid_bits[];
extern const size_t cpuid_bit_count;

/* Stores the vendor's name in leaf 0: twelve letters and a NUL. */
void cpuid_policy_vendor_name(const struct cpuid_regs *leaf_0, char name[13]);

/* Returns the enum cpu_vendor whose rules apply to the vendor in leaf 0; 0: unknown vendor. */
u8 cpuid_policy_vendor(const struct cpuid_regs *leaf_0);
