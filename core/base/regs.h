/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The neutral picture of a vCPU's architectural state that decoder, executor,
 * page walker and loaders share. Pure, header only.
 */
#pragma once

#include "core/base/bits.h"

/* General registers in the order of their encoding (SDM 2A "ModR/M and SIB Bytes"). */
// clang-format off
enum gpr {
	RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, GPR_COUNT
};

/* Segment registers in the order of their encoding. */
enum segment_register { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_COUNT };
// clang-format on

/* Descriptor attributes, laid out as bits 55:40 of a descriptor (SDM 3A "Segment Descriptors"). */
enum segment_attr {
	SEGMENT_TYPE_MASK = 0xf,
	SEGMENT_TYPE_LDT = 2,
	SEGMENT_TYPE_TSS_BUSY = 11,
	SEGMENT_ACCESSED = BIT(0),
	SEGMENT_WRITABLE = BIT(1),    /* data: writable; code: readable */
	SEGMENT_EXPAND_DOWN = BIT(2), /* data: expand-down; code: conforming */
	SEGMENT_CODE = BIT(3),
	SEGMENT_S = BIT(4),
	SEGMENT_DPL_SHIFT = 5,
	SEGMENT_P = BIT(7),
	SEGMENT_AVL = BIT(12),
	SEGMENT_L = BIT(13),
	SEGMENT_DB = BIT(14),
	SEGMENT_G = BIT(15),
};

struct segment {
	u16 selector;
	u16 attr;  /* enum segment_attr; P clear: unusable */
	u32 limit; /* in bytes, scaled */
	u64 base;
};

struct regs {
	u64 gpr[GPR_COUNT];
	u64 rip;
	u64 rflags;
};

/* The registers that address translation and privilege depend on. */
struct control_state {
	u64 cr0, cr2, cr3, cr4, efer;
	u8 cpl;
	struct segment seg[SEG_COUNT];
};

/* RFLAGS (SDM 1 "EFLAGS Register"). */
enum rflags {
	RFLAGS_CF = BIT(0),
	RFLAGS_FIXED = BIT(1), /* reads as one */
	RFLAGS_PF = BIT(2),
	RFLAGS_AF = BIT(4),
	RFLAGS_ZF = BIT(6),
	RFLAGS_SF = BIT(7),
	RFLAGS_TF = BIT(8),
	RFLAGS_IF = BIT(9),
	RFLAGS_DF = BIT(10),
	RFLAGS_OF = BIT(11),
	RFLAGS_NT = BIT(14),
	RFLAGS_RF = BIT(16),
	RFLAGS_VM = BIT(17),
	RFLAGS_AC = BIT(18),
	RFLAGS_ID = BIT(21),
};

/* CR0, CR3, CR4, EFER (SDM 3A "Control Registers", APM2 "Extended Feature Enable Register"). */
#define CR0_PE	       BIT(0)
#define CR0_MP	       BIT(1)
#define CR0_EM	       BIT(2)
#define CR0_TS	       BIT(3)
#define CR0_ET	       BIT(4)
#define CR0_NE	       BIT(5)
#define CR0_WP	       BIT(16)
#define CR0_AM	       BIT(18)
#define CR0_NW	       BIT(29)
#define CR0_CD	       BIT(30)
#define CR0_PG	       BIT(31)
#define CR3_PCID       BITS(11, 0)
#define CR3_NOFLUSH    BIT(63)
#define CR4_VME	       BIT(0)
#define CR4_PVI	       BIT(1)
#define CR4_TSD	       BIT(2)
#define CR4_DE	       BIT(3)
#define CR4_PSE	       BIT(4)
#define CR4_PAE	       BIT(5)
#define CR4_MCE	       BIT(6)
#define CR4_PGE	       BIT(7)
#define CR4_PCE	       BIT(8)
#define CR4_OSFXSR     BIT(9)
#define CR4_OSXMMEXCPT BIT(10)
#define CR4_UMIP       BIT(11)
#define CR4_LA57       BIT(12)
#define CR4_VMXE       BIT(13)
#define CR4_FSGSBASE   BIT(16)
#define CR4_PCIDE      BIT(17)
#define CR4_OSXSAVE    BIT(18)
#define CR4_SMEP       BIT(20)
#define CR4_SMAP       BIT(21)
#define CR4_PKE	       BIT(22)
#define EFER_SCE       BIT(0)
#define EFER_LME       BIT(8)
#define EFER_LMA       BIT(10)
#define EFER_NXE       BIT(11)
#define EFER_SVME      BIT(12)
#define EFER_LMSLE     BIT(13)
#define EFER_FFXSR     BIT(14)

/* DR6 (SDM 3B "Debug Status Register (DR6)"). */
#define DR6_BREAKPOINTS BITS(3, 0)
#define DR6_BS		BIT(14)
#define DR6_CAUSES	(BITS(14, 13) | DR6_BREAKPOINTS) /* BD and BS besides */
#define DR6_RESET	0xffff0ff0ULL
#define DR7_GD		BIT(13)
#define DR7_RESET	0x400ULL

/* Exception vectors (SDM 3A "Exception and Interrupt Reference"). */
// clang-format off
enum exception {
	EXC_DE = 0, EXC_DB = 1, EXC_NMI = 2, EXC_BP = 3, EXC_OF = 4, EXC_BR = 5, EXC_UD = 6,
	EXC_NM = 7, EXC_DF = 8, EXC_TS = 10, EXC_NP = 11, EXC_SS = 12, EXC_GP = 13, EXC_PF = 14,
	EXC_MF = 16, EXC_AC = 17, EXC_MC = 18, EXC_XM = 19, EXC_VE = 20, EXC_CP = 21,
};
// clang-format on
