/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model of the CPU a guest has, reduced to what a write to a control
 * register is checked against, and those checks. Pure: decides, never writes.
 */
#pragma once

#include "core/base/regs.h"

/* Whose rules apply where the vendors differ. Bits, so that a table row can name both. */
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

/* What guests may have, and hence what is saved: the components without supervisor state. */
#define XCR0_OFFERED (XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512 | XCR0_PKRU)

/* One register as this guest has it, so that most accesses need no look at the table of
 * core/model/msr.c.
 */
struct msr_quick {
	u64 value; /* what it reads as, if that is constant */
	u32 index;
	u8 row;	    /* in the table; 0: none here */
	u8 slot;    /* enum msr_slot, MSR_NO_SLOT where it is constant */
	bool kept;  /* value or slot are what it reads as */
	bool drops; /* whatever is written is lost */
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
	/* msr_index's; all zeros: MSRs are found without it */
	struct msr_quick msr_quick[CPU_MSR_QUICK];
};

static inline bool cpu_has(const struct cpu_model *model, enum cpu_feature feature)
{
	return model->features & BIT(feature);
}

/* Fills cr4 and efer from features. */
void control_derive(struct cpu_model *model);

/* Is linear sign-extended from bit linear_bits - 1? */
bool control_canonical(const struct cpu_model *model, u64 linear);

/*
 * May the guest, in the given state, write value? False means #GP(0). What a
 * valid write then loses or keeps (CR0.ET, EFER.LMA, CR3 bit 63) is said at each.
 */

/* The register takes control_cr0_effective(value). Uses cr0, cr4, efer, seg[SEG_CS]. */
bool control_cr0_valid(const struct control_state *state, u64 value);
u64 control_cr0_effective(u64 value);

/* Bit 63 (keep the TLB) is allowed when CR4.PCIDE is set, and is not stored. Uses cr4, efer. */
bool control_cr3_valid(const struct cpu_model *model, const struct control_state *state, u64 value);

/* Uses cr3, cr4, efer. */
bool control_cr4_valid(const struct cpu_model *model, const struct control_state *state, u64 value);

/* EFER.LMA in value is not looked at: the register keeps its own. Uses cr0, efer. */
bool control_efer_valid(const struct cpu_model *model, const struct control_state *state,
			u64 value);

/* XSETBV with ECX = 0; supported = cpu_model.xcr0. CPL and CR4.OSXSAVE are the caller's. */
bool control_xcr0_valid(u64 value, u64 supported);

/* Of the components that a host has, those that a guest may have together; 0: none. */
u64 control_xcr0_offered(u64 host);
