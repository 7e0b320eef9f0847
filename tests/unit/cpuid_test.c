/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's CPUID on two invented hosts, and that no other bit of the host appears in it. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cpuid_host.h"
#include "tests/unit/test.h"

#include "core/model/control.h"

enum { A, B, C, D };
static const u32 any = 0xffffffff;

static const struct host_leaf *host;
static struct cpuid_table table;
static struct cpuid_vcpu vcpu;
static struct cpuid_config config;
static struct cpuid_regs got;

static void read_host(u32 leaf, u32 subleaf, struct cpuid_regs *out)
{
	*out = (struct cpuid_regs){{0}};
	for (const struct host_leaf *h = host; h == host || h->leaf; h++) {
		if (h->leaf == leaf && (h->subleaf == HOST_ANY || h->subleaf == subleaf))
			memcpy(out->reg, h->reg, sizeof(out->reg));
	}
}

/* A host with every bit of every leaf set, except in the vendor and the maxima. */
static void read_ones(u32 leaf, u32 subleaf, struct cpuid_regs *out)
{
	read_host(leaf, subleaf, out);
	if (leaf != 0 && leaf != 0x80000000)
		memset(out->reg, 0xff, sizeof(out->reg));
}

static u64 ones_xcr0; /* the components in read_ones's leaf 0xD */

/* Like read_ones, with the XSAVE components of ones_xcr0. */
static void read_ones_xcr0(u32 leaf, u32 subleaf, struct cpuid_regs *out)
{
	read_ones(leaf, subleaf, out);
	if (leaf == 0xd && subleaf == 0)
		*out = (struct cpuid_regs){{(u32)ones_xcr0, 0, 0, (u32)(ones_xcr0 >> 32)}};
}

/* A host with no bit of any leaf set, except in the vendor and the maxima. */
static void read_nothing(u32 leaf, u32 subleaf, struct cpuid_regs *out)
{
	read_host(leaf, subleaf, out);
	if (leaf != 0 && leaf != 0x80000000)
		memset(out->reg, 0, sizeof(out->reg));
}

static void read_random(u32 leaf, u32 subleaf, struct cpuid_regs *out)
{
	read_host(leaf, subleaf, out);
	for (int i = 0; i < 4 && leaf != 0; i++)
		out->reg[i] = (u32)rand() << 16 ^ (u32)rand();
}

static int setup(void **state)
{
	(void)state;
	host = host_epyc;
	vcpu = (struct cpuid_vcpu){.apic_enabled = true, .xcr0 = 1};
	config = (struct cpuid_config){
		.vcpus = 2,
		.x2apic = true,
		.tsc_khz = 2450000,
		.apic_khz = 1000000,
		.hypercall = CPUID_HYPERCALL_VMMCALL,
		.abi_version = 7,
		.abi_features = 0x15,
	};
	return 0;
}

static void build(void)
{
	assert_int_equal(cpuid_build(&table, read_host, &config, NULL), OK);
}

static const u32 *ask(u32 leaf, u32 subleaf)
{
	memset(&got, 0xa5, sizeof(got));
	cpuid_lookup(&table, &vcpu, leaf, subleaf, &got);
	return got.reg;
}

static void assert_regs(u32 leaf, u32 subleaf, u32 a, u32 b, u32 c, u32 d)
{
	const u32 *reg = ask(leaf, subleaf);

	if (reg[A] != a || reg[B] != b || reg[C] != c || reg[D] != d)
		print_error("leaf 0x%x.%u: %08x %08x %08x %08x\n", leaf, subleaf, reg[A], reg[B],
			    reg[C], reg[D]);
	assert_int_equal(reg[A], a);
	assert_int_equal(reg[B], b);
	assert_int_equal(reg[C], c);
	assert_int_equal(reg[D], d);
}

static void assert_zero(u32 leaf, u32 subleaf)
{
	assert_regs(leaf, subleaf, 0, 0, 0, 0);
}

static void vendor_and_maxima(void **state)
{
	(void)state;
	build();
	assert_int_equal(table.model.vendor, CPU_VENDOR_AMD);
	assert_regs(0, 0, 0xd, 0x68747541, 0x444d4163, 0x69746e65);
	assert_regs(0x80000000, 0, 0x80000021, 0x68747541, 0x444d4163, 0x69746e65);
	host = host_icelake;
	build();
	assert_int_equal(table.model.vendor, CPU_VENDOR_INTEL);
	assert_regs(0, 0, 0x16, 0x756e6547, 0x6c65746e, 0x49656e69);
	assert_regs(0x80000000, 0, 0x80000008, 0, 0, 0);
}

static void unknown_vendor(void **state)
{
	static const struct host_leaf stranger[] = {{0, 0, {1, 1, 2, 3}}, {0, 0, {0}}};
	struct error err;

	(void)state;
	host = stranger;
	assert_int_equal(cpuid_build(&table, read_host, &config, &err), ERR_UNSUPPORTED);
	host = host_epyc;
	config.vcpus = 0;
	assert_int_equal(cpuid_build(&table, read_host, &config, &err), ERR_INVALID);
	config.vcpus = 1;
	config.tsc_khz = 0;
	assert_int_equal(cpuid_build(&table, read_host, &config, &err), ERR_INVALID);
	config.tsc_khz = 1;
	config.apic_khz = 0;
	assert_int_equal(cpuid_build(&table, read_host, &config, &err), ERR_INVALID);
	config.apic_khz = 4294968; /* the rate in Hz does not fit in leaf 0x15 */
	assert_int_equal(cpuid_build(&table, read_host, &config, &err), ERR_INVALID);
	config.apic_khz = 4294967;
	config.x2apic = false;
	config.vcpus = 256; /* ID 255 is broadcast to an xAPIC */
	assert_int_equal(cpuid_build(&table, read_host, &config, &err), ERR_INVALID);
	config.vcpus = 255;
	assert_int_equal(cpuid_build(&table, read_host, &config, &err), OK);
}

static void vendors(void **state)
{
	static const struct {
		char name[13];
		enum cpu_vendor rules;
	} names[] = {
		{"GenuineIntel", CPU_VENDOR_INTEL}, {"AuthenticAMD", CPU_VENDOR_AMD},
		{"HygonGenuine", CPU_VENDOR_AMD},   {"CentaurHauls", CPU_VENDOR_INTEL},
		{"  Shanghai  ", CPU_VENDOR_INTEL},
	};
	static struct host_leaf leaves[] = {{0, HOST_ANY, {1, 0, 0, 0}}, {0, 0, {0}}};

	(void)state;
	host = leaves;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		memcpy(&leaves[0].reg[B], names[i].name, 4);
		memcpy(&leaves[0].reg[D], names[i].name + 4, 4);
		memcpy(&leaves[0].reg[C], names[i].name + 8, 4);
		build();
		assert_int_equal(table.model.vendor, names[i].rules);
		assert_memory_equal(&ask(0, 0)[B], &leaves[0].reg[B], 12);
	}
}

/* AMD: leaves that are not in the policy, or beyond the maxima, read zeros. */
static void out_of_range_amd(void **state)
{
	static const u32 zeros[] = {
		0x2,	    0x3,	0x4,	    0x5,	0x9,	    0xa,
		0xc,	    0xe,	0x10,	    0x15,	0x1f,	    0x20,
		0x3fffffff, 0x40000002, 0x40000011, 0x4fffffff, 0x7fffffff, 0x80000009,
		0x8000000a, 0x80000018, 0x8000001b, 0x8000001c, 0x8000001f, 0x80000020,
		0x80000022, 0x80000028, 0x80860000, 0xc0000000, 0xc0000001, 0xffffffff,
	};

	(void)state;
	build();
	for (size_t i = 0; i < ARRAY_SIZE(zeros); i++)
		assert_zero(zeros[i], 0);
}

/* Intel: leaves beyond the maxima read the highest basic leaf, with the given subleaf. */
static void out_of_range_intel(void **state)
{
	static const u32 zeros[] = {0x3,  0x5,	0x8,	    0x9,	0xa,	   0xc,
				    0x12, 0x14, 0x40000002, 0x4fffffff, 0x80000005};
	static const u32 beyond[] = {0x16,	 0x17,	     0x1f,	 0x3fffffff, 0x80000009,
				     0x8000000a, 0x8000001e, 0xc0000000, 0xffffffff};

	(void)state;
	host = host_icelake;
	build();
	for (size_t i = 0; i < ARRAY_SIZE(zeros); i++)
		assert_zero(zeros[i], 0);
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++)
		assert_regs(beyond[i], 3, 2450, 2450, 100, 0);
}

/* The identity leaf of each host, bit for bit. */
static void identity(void **state)
{
	(void)state;
	build();
	/* no MONITOR, no OSXSAVE yet; TSC deadline and hypervisor added; APIC ID 0, 2 CPUs */
	assert_regs(1, 0, 0x00a00f11, 0x00020800, 0xf7fa3203, 0x178bfbff);
	host = host_icelake;
	build();
	assert_regs(1, 0, 0x000606a6, 0x00020800, 0xf7fa3203, 0x1f8bfbff);
	config.vcpus = 1;
	build();
	assert_regs(1, 0, 0x000606a6, 0x00010800, 0xf7fa3203, 0x0f8bfbff);
}

static void follows_the_vcpu(void **state)
{
	(void)state;
	build();
	vcpu.apic_id = 0x1ff;
	assert_int_equal(ask(1, 0)[B] >> 24, 0xff);
	assert_false(ask(1, 0)[C] & BIT(27));
	vcpu.cr4 = CR4_OSXSAVE;
	assert_true(ask(1, 0)[C] & BIT(27));
	assert_false(ask(7, 0)[C] & BIT(4));
	vcpu.cr4 = CR4_PKE;
	assert_false(ask(1, 0)[C] & BIT(27));
	assert_true(ask(7, 0)[C] & BIT(4));
	assert_false(ask(7, 1)[C] & BIT(4));
	assert_true(ask(1, 0)[D] & BIT(9));
	assert_true(ask(0x80000001, 0)[D] & BIT(9));
	vcpu.apic_enabled = false;
	assert_false(ask(1, 0)[D] & BIT(9));
	assert_false(ask(0x80000001, 0)[D] & BIT(9));
}

static void x2apic_as_configured(void **state)
{
	(void)state;
	build(); /* this host's CPUID has no x2APIC */
	assert_true(ask(1, 0)[C] & BIT(21));
	assert_true(cpu_model_has(&table.model, FEATURE_X2APIC));
	host = host_icelake;
	config.x2apic = false;
	build();
	assert_false(ask(1, 0)[C] & BIT(21));
	assert_false(cpu_model_has(&table.model, FEATURE_X2APIC));
}

static void topology_amd(void **state)
{
	(void)state;
	config.vcpus = 6;
	vcpu.apic_id = 5;
	build();
	assert_int_equal(ask(1, 0)[B] >> 16 & 0xff, 6);
	assert_regs(0xb, 0, 0, 1, 0x100, 5);
	assert_regs(0xb, 1, 3, 6, 0x201, 5);
	assert_regs(0xb, 2, 0, 0, 2, 5);
	assert_regs(0xb, 0x103, 0, 0, 3, 5);
	assert_int_equal(ask(0x80000008, 0)[C], 0x3005);
	assert_regs(0x8000001e, 0, 5, 5, 0, 0);
	assert_regs(0x8000001d, 0, 0x121, 0x01c0003f, 0x3f, 0);
	assert_regs(0x8000001d, 3, 5 << 14 | 0x163, 0x03c0003f, 0x7fff, 1);
	assert_zero(0x8000001d, 4);
	assert_false(ask(0x80000001, 0)[C] & BIT(1)); /* new CPUs have no CmpLegacy */
}

static void topology_intel(void **state)
{
	(void)state;
	host = host_icelake;
	config.vcpus = 5;
	vcpu.apic_id = 4;
	build();
	assert_int_equal(ask(1, 0)[B] >> 16 & 0xff, 8);
	assert_regs(0xb, 1, 3, 5, 0x201, 4);
	assert_regs(4, 0, 7u << 26 | 0x121, 0x02c0003f, 0x3f, 0);
	assert_regs(4, 2, 7u << 26 | 0x143, 0x04c0003f, 0x3ff, 0);
	assert_regs(4, 3, 7u << 26 | 7 << 14 | 0x163, 0x02c0003f, 0xffff, 4);
	assert_zero(4, 4);
	assert_zero(4, 5);
	config.vcpus = 1;
	build();
	assert_regs(4, 3, 0x163, 0x02c0003f, 0xffff, 4);
	assert_regs(0xb, 1, 0, 1, 0x201, 4);
}

static void many_vcpus(void **state)
{
	(void)state;
	config.vcpus = 5000;
	vcpu.apic_id = 4999;
	build();
	assert_int_equal(ask(1, 0)[B], 0x87ff0800u);
	assert_regs(0xb, 1, 13, 5000, 0x201, 4999);
	assert_int_equal(ask(0x80000008, 0)[C], 0xd0ff);
	host = host_icelake;
	build();
	assert_int_equal(ask(1, 0)[B], 0x87ff0800u);
	assert_regs(4, 3, 63u << 26 | 0xfffu << 14 | 0x163, 0x02c0003f, 0xffff, 4);
}

static void structured_features(void **state)
{
	(void)state;
	build();
	/*
	 * TSC_ADJUST on; PQM, PQE off; INVPCID, CET_SS: only features that the host has and
	 * that are safe
	 */
	assert_regs(7, 0, 0, 0x219c07ab, 0x0040060c, 0x10);
	host = host_icelake;
	build();
	assert_regs(7, 0, 1, 0xf1bf27eb, 0x00405f4e, 0x510);
	assert_regs(7, 1, 0x30, 0, 0, 0);
	assert_zero(7, 2);
	assert_zero(7, 0xffffffff);
	assert_regs(6, 0, 4, 0, 0, 0);
}

static void extended_features(void **state)
{
	(void)state;
	build();
	/* off: CmpLegacy, SVM, EXTAPIC, AltMovCr8, OSVW, IBS, SKINIT, WDT, TCE, PerfCtr*, BPEXT,
	 * MWAITX */
	assert_regs(0x80000001, 0, 0x00a00f11, 0x40000000, 0x004001e1, 0x2fd3fbff);
	assert_regs(0x80000007, 0, 0, 0, 0, 0x100);
	assert_regs(0x80000008, 0, 0x3030, 0x00100205, 0x1001, 0);
	assert_regs(0x80000021, 0, 0x45, 0, 0, 0);
	assert_regs(0x80000019, 0, 0xf040f040, 0xf0400000, 0, 0);
	assert_int_equal(table.model.phys_bits, 48);
	host = host_icelake;
	build();
	assert_regs(0x80000001, 0, 0, 0, 0x121, 0x2c100800);
	assert_regs(0x80000008, 0, 0x302e, 0x200, 0, 0); /* 57 bits are not offered */
	assert_int_equal(table.model.phys_bits, 46);
	assert_int_equal(table.model.linear_bits, 48);
}

static void xsave_sizes(void **state)
{
	(void)state;
	host = host_icelake;
	build();
	assert_int_equal(table.model.xcr0, 0x2e7);
	assert_regs(0xd, 0, 0x2e7, 576, 0xa88, 0);
	assert_regs(0xd, 1, 0xf, 576, 0, 0);
	vcpu.xcr0 = 7;
	assert_regs(0xd, 0, 0x2e7, 0x340, 0xa88, 0);
	vcpu.xcr0 = 0x207;
	assert_regs(0xd, 0, 0x2e7, 0xa88, 0xa88, 0);
	assert_regs(0xd, 1, 0xf, 0x348, 0, 0);
	vcpu.xcr0 = 0x2e7;
	assert_regs(0xd, 1, 0xf, 0x240 + 0x100 + 0x40 + 0x200 + 0x400 + 8, 0, 0);
	assert_regs(0xd, 9, 8, 0xa80, 0, 0);
	assert_zero(0xd, 3); /* MPX */
	assert_zero(0xd, 8); /* PT */
	assert_zero(0xd, 11);
	assert_zero(0xd, 64);
}

/* A compacted component that requests alignment starts on 64 bytes. */
static void xsave_alignment(void **state)
{
	static struct host_leaf aligned[64];

	(void)state;
	memcpy(aligned, host_icelake, sizeof(host_icelake));
	host = aligned;
	for (struct host_leaf *h = aligned; h == aligned || h->leaf; h++) {
		if (h->leaf == 0xd && h->subleaf == 2)
			h->reg[A] = 0x101;
		if (h->leaf == 0xd && h->subleaf == 9)
			h->reg[C] = 2;
	}
	build();
	vcpu.xcr0 = 0x207;
	assert_regs(0xd, 1, 0xf, 0x240 + 0x140 + 8, 0, 0);
	assert_regs(0xd, 9, 8, 0xa80, 2, 0);
}

/* The compacted size is given if there is an instruction that compacts. */
static void xsave_compacts(void **state)
{
	static struct host_leaf leaves[64];

	(void)state;
	memcpy(leaves, host_icelake, sizeof(host_icelake));
	host = leaves;
	for (u32 bits = 0; bits < 16; bits++) {
		for (struct host_leaf *h = leaves; h == leaves || h->leaf; h++) {
			if (h->leaf == 0xd && h->subleaf == 1)
				h->reg[A] = bits;
		}
		build();
		assert_regs(0xd, 1, bits, bits & (BIT(1) | BIT(3)) ? 576 : 0, 0, 0);
	}
}

/* A host without XSAVE, or with half of AVX-512, does not offer features that need it. */
static void state_dependent(void **state)
{
	static struct host_leaf reduced[64];
	struct host_leaf *h, *identity_leaf = NULL, *xsave = NULL;

	(void)state;
	memcpy(reduced, host_icelake, sizeof(host_icelake));
	host = reduced;
	for (h = reduced; h == reduced || h->leaf; h++) {
		if (h->leaf == 1)
			identity_leaf = h;
		if (h->leaf == 0xd && h->subleaf == 0)
			xsave = h;
	}
	xsave->reg[A] = 0xa7; /* no ZMM_Hi256, no PKRU */
	build();
	assert_int_equal(table.model.xcr0, 7);
	assert_int_equal(ask(7, 0)[B] & 0xdc230000, 0);
	assert_int_equal(ask(7, 0)[C] & 0x5842, 0);
	assert_int_equal(ask(7, 0)[C] & BIT(3), 0);
	assert_true(ask(7, 0)[B] & BIT(5));
	assert_zero(0xd, 5);
	xsave->reg[A] = 3;
	build();
	assert_int_equal(ask(1, 0)[C] & (BIT(12) | BIT(28) | BIT(29)), 0);
	assert_int_equal(ask(7, 0)[B] & BIT(5), 0);
	assert_int_equal(ask(7, 0)[C] & (BIT(9) | BIT(10)), 0);
	assert_true(ask(1, 0)[C] & BIT(26));
	identity_leaf->reg[C] &= ~(u32)BIT(26);
	build();
	assert_int_equal(table.model.xcr0, 0);
	assert_false(ask(1, 0)[C] & BIT(26));
	assert_false(cpu_model_has(&table.model, FEATURE_XSAVE));
	assert_zero(0xd, 0);
	assert_zero(0xd, 1);
}

static void hypervisor_leaves(void **state)
{
	char signature[13] = "";

	(void)state;
	build();
	assert_int_equal(ask(0x40000000, 0)[A], 0x40000010);
	memcpy(signature, &got.reg[B], 12);
	assert_string_equal(signature, "AshlarAshlar");
	assert_regs(0x40000001, 99, 2, 7, 0x15, 0);
	assert_regs(0x40000010, 0, 2450000, 1000000, 0, 0);
	assert_int_equal(ask(0x40000100, 0)[A], 0x40000101);
	memcpy(signature, &got.reg[B], 12);
	assert_string_equal(signature, "KVMKVMKVM");
	assert_zero(0x40000101, 0); /* no feature of KVM's */
	config.x2apic = false;
	build();
	assert_zero(0x40000100, 0);
}

/* Leaf 0x15 is the nearest fraction that a guest can multiply in 32 bits. */
static void tsc_ratio(void **state)
{
	static const u32 khz[] = {2450000, 2419198, 2000000, 3792874,
				  999999,  1000,    4200001, 2000233};

	(void)state;
	host = host_icelake;
	for (size_t i = 0; i < ARRAY_SIZE(khz); i++) {
		const u32 *reg;
		u64 told;

		config.tsc_khz = khz[i];
		build();
		reg = ask(0x15, 0);
		assert_int_equal(reg[C], 1000000000);
		assert_int_not_equal(reg[A], 0);
		assert_true((u64)reg[B] * 1000000 <= UINT32_MAX);
		told = (u64)reg[B] * 1000000 / reg[A];
		assert_true(told * 10000 <= khz[i] * 10002ULL);
		assert_true(told * 10000 >= khz[i] * 9998ULL - 10000);
	}
	config.tsc_khz = 2450000;
	build();
	assert_int_equal(ask(0x15, 0)[B], 49);
	assert_int_equal(ask(0x15, 0)[A], 20);
	assert_regs(0x16, 0, 2450, 2450, 100, 0);
}

static void model_features(void **state)
{
	(void)state;
	build();
	assert_true(cpu_model_has(&table.model, FEATURE_ALWAYS));
	assert_true(cpu_model_has(&table.model, FEATURE_NX));
	assert_true(cpu_model_has(&table.model, FEATURE_LM));
	assert_true(cpu_model_has(&table.model, FEATURE_TSC_AUX));
	assert_true(cpu_model_has(&table.model, FEATURE_XSAVES));
	assert_true(cpu_model_has(&table.model, FEATURE_FFXSR));
	assert_true(cpu_model_has(&table.model, FEATURE_PCID));
	assert_int_equal(table.model.efer, EFER_SCE | EFER_LME | EFER_NXE | EFER_FFXSR);
	assert_true(table.model.cr4 & CR4_SMEP);
	assert_false(table.model.cr4 & (CR4_LA57 | CR4_VMXE));
	host = host_icelake;
	build();
	assert_false(cpu_model_has(&table.model, FEATURE_FFXSR));
	assert_int_equal(table.model.efer, EFER_SCE | EFER_LME | EFER_NXE);
}

/* All bits that a guest may see set. Written from the manuals, not from the policy. */
struct allowed {
	u32 leaf, subleaf;
	u32 reg[4];
};

// clang-format off
static const struct allowed allowed[] = {
	{0x1, 0, {0xffffffff, 0xffffffff, 0xfffa3203, 0x1f8bfbff}},
	{0x6, 0, {0x4, 0, 0, 0}},
	{0x7, 0, {0x1, 0xfdbf27eb, 0x02405f5f, 0x0080451c}},
	{0x7, 1, {0x00801cb7, 0, 0, 0x4430}},
	{0xd, 0, {0x2e7, 0xffffffff, 0xffffffff, 0}},
	{0xd, 1, {0xf, 0xffffffff, 0, 0}},
	{0x80000001, 0, {0xffffffff, 0xffffffff, 0x006109e1, 0xefd3fbff}},
	{0x80000007, 0, {0, 0, 0, 0x100}},
	{0x80000008, 0, {0xffff, 0x24100205, 0xf0ff, 0}},
	{0x80000021, 0, {0x00100c47, 0, 0, 0}},
	{0xa, 0, {0, 0, 0, 0}}, {0x5, 0, {0, 0, 0, 0}}, {0xc, 0, {0, 0, 0, 0}},
	{0x7, 2, {0, 0, 0, 0}}, {0x8000000a, 0, {0, 0, 0, 0}},
};
// clang-format on

static void check_allowed(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		const struct allowed *row = &allowed[i];
		const u32 *reg = ask(row->leaf, row->subleaf);

		if (row->leaf > table.max_basic && table.model.vendor == CPU_VENDOR_INTEL &&
		    (row->leaf < 0x80000000 || row->leaf > table.max_extended))
			continue;
		for (int r = 0; r < 4; r++) {
			if (reg[r] & ~row->reg[r])
				print_error("leaf 0x%x.%u register %d leaks 0x%x\n", row->leaf,
					    row->subleaf, r, reg[r] & ~row->reg[r]);
			assert_int_equal(reg[r] & ~row->reg[r], 0);
		}
	}
}

static void check_order(void)
{
	assert_in_range(table.count, 1, CPUID_ENTRIES_MAX);
	for (u32 i = 1; i < table.count; i++) {
		const struct cpuid_entry *a = &table.entry[i - 1], *b = &table.entry[i];

		assert_true(a->leaf < b->leaf || (a->leaf == b->leaf && a->subleaf < b->subleaf));
	}
}

static void nothing_leaks(void **state)
{
	static const struct host_leaf *hosts[] = {host_epyc, host_icelake};

	(void)state;
	vcpu.cr4 = CR4_OSXSAVE | CR4_PKE;
	for (int h = 0; h < 2; h++) {
		host = hosts[h];
		assert_int_equal(cpuid_build(&table, read_ones, &config, NULL), OK);
		check_allowed();
		check_order();
		/* a host with all features gives all allowed bits */
		assert_int_equal(ask(7, 0)[B], 0xfdbf27eb);
		assert_int_equal(ask(7, 0)[C], 0x02405f5f);
		assert_int_equal(ask(7, 0)[D], 0x0080451c);
		assert_int_equal(ask(7, 1)[A], 0x00801cb7);
		assert_int_equal(ask(1, 0)[C], 0xfffa3203);
		assert_int_equal(ask(1, 0)[D], 0x1f8bfbff);
		assert_int_equal(ask(0x80000001, 0)[C], 0x006109e1);
		srand(3);
		for (int i = 0; i < 3000; i++) {
			config.vcpus = 1 + (u32)rand() % 400;
			assert_int_equal(cpuid_build(&table, read_random, &config, NULL), OK);
			check_allowed();
			check_order();
		}
	}
}

static void with_xcr0(u64 xcr0)
{
	ones_xcr0 = xcr0;
	assert_int_equal(cpuid_build(&table, read_ones_xcr0, &config, NULL), OK);
}

static void assert_masked(u32 leaf, u32 subleaf, int reg, u32 mask, u32 value)
{
	if ((ask(leaf, subleaf)[reg] & mask) != value)
		print_error("leaf 0x%x.%u register %d: 0x%x\n", leaf, subleaf, reg, got.reg[reg]);
	assert_int_equal(ask(leaf, subleaf)[reg] & mask, value);
}

/* The features that remain on a CPU with everything, but with less XSAVE state. */
static void by_state(void **state)
{
	static const struct {
		u64 xcr0;
		u32 c1, b7, c7, d7, a71, d71, c81, xsave;
	} rows[] = {
		{0x2e7, 0xf7fa3203, 0xfdbf27eb, 0x02405f4f, 0x0080451c, 0x00801cb7, 0x4430,
		 0x006109e1, 0xf},
		{0xe7, 0xf7fa3203, 0xfdbf27eb, 0x02405f47, 0x0080451c, 0x00801cb7, 0x4430,
		 0x006109e1, 0xf},
		{0x207, 0xf7fa3203, 0x219c27eb, 0x0240070d, 0x00004410, 0x00801c97, 0x4430,
		 0x006109e1, 0xf},
		{0x203, 0xc7fa2203, 0x219c27cb, 0x0240010d, 0x00004410, 0x00001c00, 0x4000,
		 0x006001e1, 0xf},
		{0, 0xc3fa2203, 0x219c27cb, 0x02400105, 0x00004410, 0x00001c00, 0x4000, 0x006001e1,
		 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		with_xcr0(rows[i].xcr0);
		assert_int_equal(table.model.xcr0, rows[i].xcr0);
		assert_masked(1, 0, C, any, rows[i].c1);
		assert_masked(7, 0, B, any, rows[i].b7);
		assert_masked(7, 0, C, any, rows[i].c7);
		assert_masked(7, 0, D, any, rows[i].d7);
		assert_masked(7, 1, A, any, rows[i].a71);
		assert_masked(7, 1, D, any, rows[i].d71);
		assert_masked(0x80000001, 0, C, any, rows[i].c81);
		assert_masked(0xd, 1, A, any, rows[i].xsave);
	}
	with_xcr0(BIT(63) | 0x7fffffff); /* states that are unknown to Ashlar */
	assert_int_equal(table.model.xcr0, 0x2e7);
}

/*
 * A component without a size does not exist, even if its bit is set: it has no place in the
 * layout.
 */
static void state_without_size(void **state)
{
	static const struct {
		u32 component;
		u64 xcr0;
	} rows[] = {{2, 0x203}, {5, 0x207}, {6, 0x207}, {7, 0x207}, {9, 0xe7}};
	static struct host_leaf leaves[64];

	(void)state;
	host = leaves;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		memcpy(leaves, host_icelake, sizeof(host_icelake));
		for (struct host_leaf *h = leaves; h == leaves || h->leaf; h++)
			if (h->leaf == 0xd && h->subleaf == rows[i].component)
				memset(h->reg, 0, sizeof(h->reg));
		build();
		assert_int_equal(table.model.xcr0, rows[i].xcr0);
		assert_masked(0xd, 0, A, any, (u32)rows[i].xcr0);
		assert_masked(7, 0, C, BIT(3), rows[i].xcr0 & BIT(9) ? BIT(3) : 0); /* PKU */
		assert_zero(0xd, rows[i].component);
	}
}

/* On a host with everything, the other allowed bits are given too. */
static void everything(void **state)
{
	(void)state;
	with_xcr0(0x2e7);
	assert_masked(0x80000001, 0, B, any, any);
	assert_masked(0x80000001, 0, D, any, 0xefd3fbff);
	assert_masked(0x80000007, 0, D, any, 0x100);
	assert_masked(0x80000008, 0, B, any, 0x24100205);
	assert_masked(0x80000021, 0, A, any, 0x00100c47);
	host = host_icelake;
	with_xcr0(0x2e7);
	assert_masked(0x80000001, 0, B, any, 0);
	assert_masked(0x80000001, 0, D, any, 0xee500800);
	assert_masked(0x80000008, 0, B, any, 0x24000205);
}

/* On a host without features, CPUID has only the bits that Ashlar adds. */
static void nothing(void **state)
{
	(void)state;
	assert_int_equal(cpuid_build(&table, read_nothing, &config, NULL), OK);
	assert_regs(1, 0, 0, 0x00020000, BIT(31) | BIT(24) | BIT(21), BIT(28) | BIT(12) | BIT(9));
	assert_regs(6, 0, 4, 0, 0, 0);
	assert_regs(7, 0, 0, 2, 0, 0);
	assert_zero(7, 1);
	assert_zero(0xd, 0);
	assert_zero(0xd, 1);
	assert_regs(0x80000001, 0, 0, 0, 0, BIT(12) | BIT(9));
	assert_zero(0x80000007, 0);
	assert_regs(0x80000008, 0, 0x3024, BIT(20), 0x1001, 0);
	assert_zero(0x80000021, 0);
	assert_int_equal(table.model.features, BIT(FEATURE_ALWAYS) | BIT(FEATURE_X2APIC) |
						       BIT(FEATURE_TSC_DEADLINE) |
						       BIT(FEATURE_MTRR) | BIT(FEATURE_TSC_ADJUST));
	assert_int_equal(table.model.cr4, BIT(8));
	assert_int_equal(table.model.efer, 0);
	host = host_icelake;
	assert_int_equal(cpuid_build(&table, read_nothing, &config, NULL), OK);
	assert_zero(0x80000001, 0);
	assert_regs(0x80000008, 0, 0x3024, 0, 0, 0);
}

/* Leaves that are copied from the host. */
static void passed(void **state)
{
	static const u32 on_amd[] = {0x80000002, 0x80000003, 0x80000004, 0x80000005,
				     0x80000006, 0x80000019, 0x8000001a};
	static const u32 on_intel[] = {0x2, 0x80000002, 0x80000003, 0x80000004, 0x80000006};
	const u32 ones[4] = {any, any, any, any};

	(void)state;
	build();
	for (size_t i = 0; i < ARRAY_SIZE(on_amd); i++) {
		struct cpuid_regs want;

		read_host(on_amd[i], 0, &want);
		assert_memory_equal(ask(on_amd[i], 7), want.reg, sizeof(ones));
	}
	host = host_icelake;
	with_xcr0(0x2e7);
	for (size_t i = 0; i < ARRAY_SIZE(on_intel); i++)
		assert_memory_equal(ask(on_intel[i], 7), ones, sizeof(ones));
	for (u32 i = 0; i < 5; i++)
		assert_regs(4, i, 0x04007fff, any, any, any);
	host = host_epyc;
	with_xcr0(0x2e7);
	for (u32 i = 0; i < 4; i++)
		assert_regs(0x8000001d, i, 0x7fff, any, any, any);
	for (u32 i = 0; i < 10; i++) {
		if (i >= 2 && (0x2e7 & BIT(i)))
			assert_regs(0xd, i, any, any, 2, 0);
	}
}

/*
 * Every possible leaf and subleaf, on tables of random hosts, stays in bounds and has the
 * right value.
 */
static void any_leaf(void **state)
{
	(void)state;
	srand(4);
	for (int i = 0; i < 200; i++) {
		host = i & 1 ? host_epyc : host_icelake;
		assert_int_equal(cpuid_build(&table, read_random, &config, NULL), OK);
		for (int n = 0; n < 1000; n++) {
			u32 leaf = (u32)(rand() % 4) << 30 | (u32)rand() % 0x40;

			vcpu.xcr0 = (u64)rand() << 33 ^ (u64)rand();
			vcpu.xss = (u64)rand() << 33;
			ask(leaf, (u32)rand() % 80);
			ask((u32)rand() * 5, (u32)rand() * 3);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(vendor_and_maxima, setup),
		cmocka_unit_test_setup(unknown_vendor, setup),
		cmocka_unit_test_setup(vendors, setup),
		cmocka_unit_test_setup(out_of_range_amd, setup),
		cmocka_unit_test_setup(out_of_range_intel, setup),
		cmocka_unit_test_setup(identity, setup),
		cmocka_unit_test_setup(follows_the_vcpu, setup),
		cmocka_unit_test_setup(x2apic_as_configured, setup),
		cmocka_unit_test_setup(topology_amd, setup),
		cmocka_unit_test_setup(topology_intel, setup),
		cmocka_unit_test_setup(many_vcpus, setup),
		cmocka_unit_test_setup(structured_features, setup),
		cmocka_unit_test_setup(extended_features, setup),
		cmocka_unit_test_setup(xsave_sizes, setup),
		cmocka_unit_test_setup(xsave_alignment, setup),
		cmocka_unit_test_setup(xsave_compacts, setup),
		cmocka_unit_test_setup(state_dependent, setup),
		cmocka_unit_test_setup(hypervisor_leaves, setup),
		cmocka_unit_test_setup(tsc_ratio, setup),
		cmocka_unit_test_setup(model_features, setup),
		cmocka_unit_test_setup(nothing_leaks, setup),
		cmocka_unit_test_setup(by_state, setup),
		cmocka_unit_test_setup(state_without_size, setup),
		cmocka_unit_test_setup(everything, setup),
		cmocka_unit_test_setup(nothing, setup),
		cmocka_unit_test_setup(passed, setup),
		cmocka_unit_test_setup(any_leaf, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
