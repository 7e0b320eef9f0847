/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model of a guest's CPU: its features, and the values that they allow in its
 * registers. core/model/cpuid_build.c fills it. Pure, header only.
 */
#pragma once

#include "core/base/bits.h"

/* The vendor whose rules apply. Values are bits, so that a table row can name both. */
enum cpu_vendor {
	CPU_VENDOR_INTEL = BIT(0),
	CPU_VENDOR_AMD = BIT(1),
	CPU_VENDOR_ANY = CPU_VENDOR_INTEL | CPU_VENDOR_AMD,
};

/* Features that other registers depend on; bit numbers in cpu_model.features. */
enum cpu_feature {
	FEATURE_ALWAYS, /* a row that depends on nothing */
	FEATURE_VME,
	FEATURE_DE,
	FEATURE_PSE,
	FEATURE_TSC,
	FEATURE_PAE,
	FEATURE_MCE,
	FEATURE_SEP,
	FEATURE_MTRR,
	FEATURE_PGE,
	FEATURE_MCA,
	FEATURE_PAT,
	FEATURE_FXSR,
	FEATURE_SSE,
	FEATURE_PCID,
	FEATURE_X2APIC,
	FEATURE_TSC_DEADLINE,
	FEATURE_XSAVE,
	FEATURE_FSGSBASE,
	FEATURE_TSC_ADJUST,
	FEATURE_SMEP,
	FEATURE_INVPCID,
	FEATURE_SMAP,
	FEATURE_UMIP,
	FEATURE_PKU,
	FEATURE_XSAVES,
	FEATURE_SYSCALL,
	FEATURE_NX,
	FEATURE_FFXSR,
	FEATURE_PAGE1GB,
	FEATURE_TSC_AUX, /* RDTSCP or RDPID */
	FEATURE_LM,
	FEATURE_COUNT,
};

/* XCR0 (SDM 1 "XSAVE-Supported Features and State-Component Bitmaps"). */
#define XCR0_X87       BIT(0)
#define XCR0_SSE       BIT(1)
#define XCR0_AVX       BIT(2)
#define XCR0_OPMASK    BIT(5)
#define XCR0_ZMM_HI256 BIT(6)
#define XCR0_HI16_ZMM  BIT(7)
#define XCR0_PKRU      BIT(9)
#define XCR0_AVX512    (XCR0_OPMASK | XCR0_ZMM_HI256 | XCR0_HI16_ZMM)

/* The components that guests may have and that the vCPU switch saves: no supervisor state. */
#define XCR0_OFFERED (XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512 | XCR0_PKRU)

/*
 * A cache entry for one MSR of this guest. Most accesses find theirs and need no search of the
 * table.
 */
struct msr_quick {
	u64 value; /* the value that a read returns, if constant */
	u32 index;
	u8 row;	    /* number in the table of core/model/msr.c; 0: the entry is empty */
	u8 slot;    /* enum msr_slot; MSR_NO_SLOT if the MSR is constant */
	bool kept;  /* a read returns value or the content of slot */
	bool drops; /* a write has no effect */
};

enum { CPU_MSR_QUICK = 256 };

struct cpu_model {
	enum cpu_vendor vendor; /* CPU_VENDOR_INTEL or CPU_VENDOR_AMD */
	u8 phys_bits;		/* MAXPHYADDR */
	u8 linear_bits;		/* 48 */
	u64 features;		/* BIT(enum cpu_feature) */
	u64 cr4;		/* bits the guest may set */
	u64 efer;		/* likewise, LMA aside */
	u64 xcr0;		/* likewise; 0 without XSAVE */
	/* Filled by msr_build_quick. While it is all zeros, each access searches the table. */
	struct msr_quick msr_quick[CPU_MSR_QUICK];
};

static inline bool cpu_model_has(const struct cpu_model *model, enum cpu_feature feature)
{
	return model->features & BIT(feature);
}
