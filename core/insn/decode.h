/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decodes one x86 instruction: the length of any instruction, and the operands of those that
 * core/insn/emulate.h executes. Pure: reads bytes, never registers.
 */
#pragma once

#include "core/base/regs.h"
#include "core/base/status.h"

enum {
	INSN_MAX_LENGTH = 15,
	INSN_REG_NONE = GPR_COUNT, /* no base, no index */
	INSN_REG_RIP,		   /* base: the address of the next instruction */
};

/* Default sizes of the code segment, in bits. */
enum insn_mode { INSN_16 = 16, INSN_32 = 32, INSN_64 = 64 };

/*
 * The operations of the executor. The eight from INSN_ADD and from INSN_ROL are in encoding order.
 * PUSH, POP and all from INSN_MOVS on have more than one place in memory, or none.
 */
// clang-format off
enum insn_op {
	INSN_OTHER, /* only the length is known */
	INSN_ADD, INSN_OR, INSN_ADC, INSN_SBB, INSN_AND, INSN_SUB, INSN_XOR, INSN_CMP,
	INSN_ROL, INSN_ROR, INSN_RCL, INSN_RCR, INSN_SHL, INSN_SHR, INSN_SAL, INSN_SAR,
	INSN_BT, INSN_BTS, INSN_BTR, INSN_BTC,
	INSN_TEST, INSN_NOT, INSN_NEG, INSN_MUL, INSN_IMUL, INSN_DIV, INSN_IDIV,
	INSN_INC, INSN_DEC, INSN_PUSH, INSN_POP,
	INSN_IMUL_DST, INSN_IMUL_IMM, /* dst *= src; dst = src * imm */
	INSN_MOV, INSN_MOVZX, INSN_MOVSX, INSN_MOVBE, INSN_MOV_FROM_SEGMENT,
	INSN_XCHG, INSN_XADD, INSN_CMPXCHG, INSN_CMPXCHG_PAIR, /* CMPXCHG8B, CMPXCHG16B */
	INSN_CMOV, INSN_SET,
	INSN_MOVS, INSN_CMPS, INSN_STOS, INSN_LODS, INSN_SCAS, INSN_INS, INSN_OUTS,
	INSN_IN, INSN_OUT,
	INSN_OP_COUNT
};
// clang-format on

enum insn_operand_kind {
	INSN_NONE,
	INSN_REG,      /* low bytes of reg */
	INSN_REG_HIGH, /* bits 15:8 of reg: AH, CH, DH, BH */
	INSN_MEM,      /* struct insn_memory */
	INSN_IMM,      /* insn.imm */
};

struct insn_operand {
	u8 kind; /* enum insn_operand_kind */
	u8 reg;	 /* enum gpr; enum segment_register for INSN_MOV_FROM_SEGMENT's source */
};

/* base + index * scale + displacement, truncated to insn.address_size. */
struct insn_memory {
	u8 segment; /* enum segment_register, overrides and defaults applied */
	u8 base;    /* enum gpr, INSN_REG_NONE or INSN_REG_RIP */
	u8 index;   /* enum gpr or INSN_REG_NONE */
	u8 scale;   /* 1, 2, 4 or 8 */
	u64 displacement;
};

enum insn_repeat { INSN_REPEAT_NONE, INSN_REPNE = 0xf2, INSN_REP = 0xf3 };

struct insn {
	u8 bytes[INSN_MAX_LENGTH];
	u8 length;	 /* in bytes, 1 to 15 */
	u8 mode;	 /* enum insn_mode */
	u8 op;		 /* enum insn_op; INSN_OTHER leaves all below but address_size unset */
	u8 operand_size; /* of dst, in bytes; of the pair's half for INSN_CMPXCHG_PAIR */
	u8 source_size;	 /* of src, in bytes; differs from operand_size in MOVZX and MOVSX only */
	u8 address_size; /* 2, 4 or 8 bytes */
	u8 repeat;	 /* enum insn_repeat */
	u8 condition;	 /* 0 to 15, for INSN_CMOV and INSN_SET */
	bool lock;	 /* LOCK prefix, or implied by XCHG with memory */
	struct insn_operand dst, src;
	struct insn_memory mem;
	u64 imm; /* sign-extended where the instruction does so */
};

/* The mode in which a vCPU fetches its next instruction. */
enum insn_mode decode_mode(const struct control_state *ctl);

/*
 * Decodes the instruction that starts at bytes, of which len can be read.
 * ERR_INVALID: no such instruction (the CPU raises #UD), or longer than 15
 * bytes. ERR_RANGE: the instruction is longer than len. Where Intel and AMD disagree (a near
 * branch with an operand-size prefix in 64-bit mode) the length is Intel's.
 */
enum status decode_insn(const u8 *bytes, size_t len, enum insn_mode mode,
			struct insn *out) must_check;

/* Instructions whose exit handlers need only the instruction's length. */
// clang-format off
enum insn_known {
	INSN_KNOWN_CPUID, INSN_KNOWN_RDMSR, INSN_KNOWN_WRMSR, INSN_KNOWN_RDTSC,
	INSN_KNOWN_RDTSCP, INSN_KNOWN_RDPMC, INSN_KNOWN_HLT, INSN_KNOWN_PAUSE,
	INSN_KNOWN_INVD, INSN_KNOWN_WBINVD, INSN_KNOWN_XSETBV, INSN_KNOWN_MONITOR,
	INSN_KNOWN_MWAIT, INSN_KNOWN_CLTS, INSN_KNOWN_RSM, INSN_KNOWN_INT,
	INSN_KNOWN_INT3, INSN_KNOWN_INTO, INSN_KNOWN_ICEBP, INSN_KNOWN_VMCALL,
	INSN_KNOWN_VMMCALL, INSN_KNOWN_VMRUN, INSN_KNOWN_VMLOAD, INSN_KNOWN_VMSAVE,
	INSN_KNOWN_STGI, INSN_KNOWN_CLGI, INSN_KNOWN_SKINIT, INSN_KNOWN_INVLPGA,
	INSN_KNOWN_COUNT
};
// clang-format on

/*
 * The length in bytes, 1 to 15, of the instruction at bytes, which an exit has
 * identified as known: skips prefixes and compares the opcode. 0: the bytes are
 * another instruction, or end too soon.
 */
unsigned decode_known_length(const u8 *bytes, size_t len, enum insn_mode mode,
			     enum insn_known known);
