/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pieces of an instruction as core/insn/decode.c has parsed them, and the
 * step from them to operands. For these two files only.
 */
#pragma once

#include "core/insn/decode.h"

enum insn_map { MAP_ONE, MAP_TWO, MAP_38, MAP_3A, MAP_VEX };

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

/* The fields of ModRM without their REX extensions. */
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

/* The extension of a register number, 8 or 0. */
static inline unsigned rex_extend(const struct insn_parse *p, enum rex bit)
{
	return p->rex & bit ? 8 : 0;
}

/* Returns the operand size in bytes (2, 4 or 8) of an instruction whose operands are not bytes. */
unsigned decode_operands_size(const struct insn_parse *p);

/*
 * Fills the members of *out from op on, if the executor knows the instruction; out is zeroed
 * but for bytes, length, mode and address_size. ERR_INVALID: a LOCK or mandatory prefix, or a
 * register operand, is not allowed.
 */
enum status decode_operands(const struct insn_parse *p, struct insn *out);
