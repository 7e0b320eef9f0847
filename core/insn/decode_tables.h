/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What core/insn/decode.c and core/insn/decode_operands.c share: the opcode maps as
 * data, and the parsed pieces of an instruction. For nobody else.
 */
#pragma once

#include "core/insn/decode.h"

enum insn_map { MAP_ONE, MAP_TWO, MAP_38, MAP_3A, MAP_VEX };

/* One byte an opcode: how the instruction goes on after it. */
enum opcode_attr {
	ATTR_IMM_MASK = 0xf, /* enum opcode_imm */
	ATTR_MODRM = BIT(4),
	ATTR_NOT_64 = BIT(5),	/* invalid in 64-bit mode */
	ATTR_INVALID = BIT(6),	/* in every mode (or a prefix) */
	ATTR_REGISTER = BIT(7), /* ModRM names registers whatever its mod field */
};

enum opcode_imm {
	IMM_NONE,
	IMM_8,
	IMM_16,
	IMM_Z,	   /* operand size, but 4 bytes when that is 8 */
	IMM_V,	   /* operand size */
	IMM_MOFFS, /* address size */
	IMM_ENTER, /* 2 + 1 bytes */
	IMM_FAR,   /* selector after an offset of IMM_Z */
	IMM_NEAR,  /* as IMM_Z, but 4 bytes in 64-bit mode */
	IMM_TEST,  /* opcodes F6 and F7: /0 and /1 have one */
	IMM_32,
};

/* enum opcode_attr of an opcode; map is none but MAP_VEX. */
u8 opcode_attributes(enum insn_map map, u8 opcode);

/* Is this /reg defined for the opcode, with memory or with a register? */
bool opcode_extension_valid(enum insn_map map, u8 opcode, u8 modrm);

/* Where an operand of an executable instruction is taken from. */
enum operand_spec {
	SPEC_NONE,
	SPEC_RM,
	SPEC_REG,
	SPEC_ACC,
	SPEC_OPREG, /* low bits of the opcode */
	SPEC_IMM,
	SPEC_ONE,
	SPEC_CL,
	SPEC_DX,
	SPEC_MOFFS,
	SPEC_SREG,
};

enum exec_flags {
	EXEC_W = BIT(0),     /* byte operands when bit 0 of the opcode is clear */
	EXEC_BYTE = BIT(1),  /* byte operands */
	EXEC_SRC8 = BIT(2),  /* source of a byte */
	EXEC_SRC16 = BIT(3), /* source of two bytes */
	EXEC_SRC32 = BIT(4), /* source of at most four bytes */
	EXEC_ALU = BIT(5),   /* operands by bits 2:1 of the opcode */
	EXEC_GROUP = BIT(6), /* op is an enum exec_group, indexed by /reg */
};

enum exec_group { GROUP_1, GROUP_2, GROUP_3, GROUP_5, GROUP_8, GROUP_9, GROUP_MOV, GROUP_POP };

/* A run of opcodes that the executor knows. */
struct exec_row {
	u8 first, last;
	u8 op;	     /* enum insn_op or enum exec_group */
	u8 dst, src; /* enum operand_spec */
	u8 flags;    /* enum exec_flags */
};

/* NULL when the executor does not know the opcode. */
const struct exec_row *exec_row_find(enum insn_map map, u8 opcode);

/* INSN_OTHER when /reg has no operation that the executor knows. */
enum insn_op exec_group_op(enum exec_group group, unsigned reg);

/* The pieces of an instruction, as far as they have been read. */
struct insn_parse {
	const u8 *bytes;
	size_t len;
	size_t pos;
	enum insn_mode mode;
	bool operand_prefix, address_prefix, lock;
	u8 repeat;  /* enum insn_repeat */
	u8 segment; /* enum segment_register, SEG_COUNT: no override */
	u8 rex;	    /* 0: none */
	enum insn_map map;
	u8 opcode;
	u8 modrm;
	struct insn_memory mem;
	u64 imm;
};

/* ModRM's fields without REX, and REX's as 8 or 0. */
static inline unsigned modrm_mod(const struct insn_parse *p)
{
	return p->modrm >> 6;
}

static inline unsigned modrm_reg(const struct insn_parse *p)
{
	return p->modrm >> 3 & 7;
}

static inline unsigned modrm_rm(const struct insn_parse *p)
{
	return p->modrm & 7;
}

enum rex { REX_B = BIT(0), REX_X = BIT(1), REX_R = BIT(2), REX_W = BIT(3) };

static inline unsigned rex_extend(const struct insn_parse *p, enum rex bit)
{
	return p->rex & bit ? 8 : 0;
}

/* In bytes: of operands that are not bytes, and of addresses. */
unsigned insn_operand_size(const struct insn_parse *p);
unsigned insn_address_size(const struct insn_parse *p);

/* Fills what the executor needs; ERR_INVALID for a LOCK or an operand it may not have. */
enum status insn_decode_operands(const struct insn_parse *p, struct insn *out);
