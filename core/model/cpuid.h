/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The answers to a guest's CPUID. At VM creation the policy is applied once to the
 * host's leaves and fills a table; an exit only looks up. Pure: never executes CPUID.
 */
#pragma once

#include "core/base/status.h"
#include "core/model/cpu_model.h"

enum {
	CPUID_ENTRIES_MAX = 64,
	CPUID_INDEX_SIZE = 0x101, /* number of leaves of each range that have an index */
	CPUID_PLAIN_SIZE = CPUID_INDEX_SIZE * 4,
};

enum cpuid_range { CPUID_BASIC, CPUID_HYPERVISOR, CPUID_EXTENDED, CPUID_RANGES };

/* How a guest calls the hypervisor: leaf 0x40000001 EAX. */
enum cpuid_hypercall {
	CPUID_HYPERCALL_VMCALL = 1,
	CPUID_HYPERCALL_VMMCALL = 2,
};

enum cpuid_register { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX, CPUID_REGISTERS };

struct cpuid_regs {
	u32 reg[CPUID_REGISTERS];
};

/* Returns the host's answer for one leaf and subleaf; called only while a table is built. */
typedef void cpuid_read_fn(u32 leaf, u32 subleaf, struct cpuid_regs *out);

struct cpuid_config {
	u32 vcpus;    /* 1 or more; APIC IDs are 0 to vcpus - 1 */
	bool x2apic;  /* offered, whether or not the host's APIC has it */
	u32 tsc_khz;  /* the guest's TSC; not 0 */
	u32 apic_khz; /* count rate of the APIC timer with divide 1; not 0 */
	enum cpuid_hypercall hypercall;
	u32 abi_version;  /* leaf 0x40000001 EBX */
	u32 abi_features; /* leaf 0x40000001 ECX */
};

struct cpuid_entry {
	u32 leaf;
	u32 subleaf;
	struct cpuid_regs regs;
};

struct cpuid_table {
	struct cpu_model model;
	u32 max_basic;
	u32 max_extended;
	u32 count;
	struct cpuid_entry entry[CPUID_ENTRIES_MAX]; /* sorted by leaf, then subleaf */
	u8 first[CPUID_RANGES][CPUID_INDEX_SIZE];    /* 1 + index of a leaf's first entry, or 0 */
	u8 plain[CPUID_PLAIN_SIZE]; /* 1 + index of a plain leaf's entry, or 0; by cpuid_slot() */
};

/* The state of a vCPU on which CPUID depends. */
struct cpuid_vcpu {
	u32 apic_id;	   /* x2APIC ID */
	bool apic_enabled; /* IA32_APIC_BASE.EN */
	u64 cr4;
	u64 xcr0;
	u64 xss;
};

/*
 * Builds the table for one VM. read returns the host's CPUID, reduced to what all its
 * CPUs have in common.
 * ERR_UNSUPPORTED: a vendor whose rules are not known. ERR_INVALID: config.
 */
enum status cpuid_build(struct cpuid_table *table, cpuid_read_fn *read,
			const struct cpuid_config *config, struct error *err) must_check;

/* Fills table->plain from the entries: the last step of cpuid_build. */
void cpuid_index_plain(struct cpuid_table *table);

/* Rotates leaf left by two bits: the range moves to the low bits, so that slots are dense. */
static inline u32 cpuid_slot(u32 leaf)
{
	return leaf << 2 | leaf >> 30;
}

/*
 * Returns the answer for a plain leaf, which depends on neither subleaf nor vCPU; NULL for others.
 */
static inline const struct cpuid_regs *cpuid_plain(const struct cpuid_table *table, u32 leaf)
{
	u32 slot = cpuid_slot(leaf);
	size_t number = slot < CPUID_PLAIN_SIZE ? table->plain[slot] : 0;

	return number ? &table->entry[number - 1].regs : NULL;
}

/* Executes the CPUID instruction of a guest. Any leaf and subleaf are valid; cannot fail. */
void cpuid_lookup(const struct cpuid_table *table, const struct cpuid_vcpu *vcpu, u32 leaf,
		  u32 subleaf, struct cpuid_regs *out);
