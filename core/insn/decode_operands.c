/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turns the parsed pieces of an executable instruction into an operation with
 * operands and their sizes: first the opcodes that the executor knows, as data,
 * then their operands. Pure. core/insn/decode.c finds the length.
 */
#include "core/insn/decode_operands.h"

enum {
	OPCODE_MOVSXD = 0x63,
	OPCODE_MOVNTI = 0xc3,
	MAX_PORT_SIZE = 4,
};

/* SDM 2A "LOCK - Assert LOCK# Signal Prefix": only these, and only into memory. */
static const bool op_lockable[INSN_OP_COUNT] = {
	[INSN_ADD] = true,	    [INSN_OR] = true,	   [INSN_ADC] = true,  [INSN_SBB] = true,
	[INSN_AND] = true,	    [INSN_SUB] = true,	   [INSN_XOR] = true,  [INSN_BTS] = true,
	[INSN_BTR] = true,	    [INSN_BTC] = true,	   [INSN_NOT] = true,  [INSN_NEG] = true,
	[INSN_INC] = true,	    [INSN_DEC] = true,	   [INSN_XCHG] = true, [INSN_XADD] = true,
	[INSN_CMPXCHG_PAIR] = true, [INSN_CMPXCHG] = true,
};

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
	EXEC_SRC8 = BIT(2),  /* the source has one byte */
	EXEC_SRC16 = BIT(3), /* the source has two bytes */
	EXEC_SRC32 = BIT(4), /* the source has at most four bytes */
	EXEC_ALU = BIT(5),   /* bits 2:1 of the opcode select the operands */
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

// clang-format off
/* Each table ascends by opcode, for the binary search. */
static const struct exec_row exec_one[] = {
	{0x00, 0x05, INSN_ADD, SPEC_NONE, SPEC_NONE, EXEC_W | EXEC_ALU},
	{0x08, 0x0d, INSN_OR, SPEC_NONE, SPEC_NONE, EXEC_W | EXEC_ALU},
	{0x10, 0x15, INSN_ADC, SPEC_NONE, SPEC_NONE, EXEC_W | EXEC_ALU},
	{0x18, 0x1d, INSN_SBB, SPEC_NONE, SPEC_NONE, EXEC_W | EXEC_ALU},
	{0x20, 0x25, INSN_AND, SPEC_NONE, SPEC_NONE, EXEC_W | EXEC_ALU},
	{0x28, 0x2d, INSN_SUB, SPEC_NONE, SPEC_NONE, EXEC_W | EXEC_ALU},
	{0x30, 0x35, INSN_XOR, SPEC_NONE, SPEC_NONE, EXEC_W | EXEC_ALU},
	{0x38, 0x3d, INSN_CMP, SPEC_NONE, SPEC_NONE, EXEC_W | EXEC_ALU},
	{0x50, 0x57, INSN_PUSH, SPEC_NONE, SPEC_OPREG, 0},
	{0x58, 0x5f, INSN_POP, SPEC_OPREG, SPEC_NONE, 0},
	{0x63, 0x63, INSN_MOVSX, SPEC_REG, SPEC_RM, EXEC_SRC32},
	{0x68, 0x68, INSN_PUSH, SPEC_NONE, SPEC_IMM, 0},
	{0x69, 0x69, INSN_IMUL_IMM, SPEC_REG, SPEC_RM, 0},
	{0x6a, 0x6a, INSN_PUSH, SPEC_NONE, SPEC_IMM, 0},
	{0x6b, 0x6b, INSN_IMUL_IMM, SPEC_REG, SPEC_RM, 0},
	{0x6c, 0x6d, INSN_INS, SPEC_NONE, SPEC_NONE, EXEC_W},
	{0x6e, 0x6f, INSN_OUTS, SPEC_NONE, SPEC_NONE, EXEC_W},
	{0x80, 0x82, GROUP_1, SPEC_RM, SPEC_IMM, EXEC_W | EXEC_GROUP},
	{0x83, 0x83, GROUP_1, SPEC_RM, SPEC_IMM, EXEC_GROUP},
	{0x84, 0x85, INSN_TEST, SPEC_RM, SPEC_REG, EXEC_W},
	{0x86, 0x87, INSN_XCHG, SPEC_RM, SPEC_REG, EXEC_W},
	{0x88, 0x89, INSN_MOV, SPEC_RM, SPEC_REG, EXEC_W},
	{0x8a, 0x8b, INSN_MOV, SPEC_REG, SPEC_RM, EXEC_W},
	{0x8c, 0x8c, INSN_MOV_FROM_SEGMENT, SPEC_RM, SPEC_SREG, EXEC_SRC16},
	{0x8f, 0x8f, GROUP_POP, SPEC_RM, SPEC_NONE, EXEC_GROUP},
	{0xa0, 0xa1, INSN_MOV, SPEC_ACC, SPEC_MOFFS, EXEC_W},
	{0xa2, 0xa3, INSN_MOV, SPEC_MOFFS, SPEC_ACC, EXEC_W},
	{0xa4, 0xa5, INSN_MOVS, SPEC_NONE, SPEC_NONE, EXEC_W},
	{0xa6, 0xa7, INSN_CMPS, SPEC_NONE, SPEC_NONE, EXEC_W},
	{0xa8, 0xa9, INSN_TEST, SPEC_ACC, SPEC_IMM, EXEC_W},
	{0xaa, 0xab, INSN_STOS, SPEC_NONE, SPEC_NONE, EXEC_W},
	{0xac, 0xad, INSN_LODS, SPEC_NONE, SPEC_NONE, EXEC_W},
	{0xae, 0xaf, INSN_SCAS, SPEC_NONE, SPEC_NONE, EXEC_W},
	{0xb0, 0xb7, INSN_MOV, SPEC_OPREG, SPEC_IMM, EXEC_BYTE},
	{0xb8, 0xbf, INSN_MOV, SPEC_OPREG, SPEC_IMM, 0},
	{0xc0, 0xc1, GROUP_2, SPEC_RM, SPEC_IMM, EXEC_W | EXEC_GROUP},
	{0xc6, 0xc7, GROUP_MOV, SPEC_RM, SPEC_IMM, EXEC_W | EXEC_GROUP},
	{0xd0, 0xd1, GROUP_2, SPEC_RM, SPEC_ONE, EXEC_W | EXEC_GROUP},
	{0xd2, 0xd3, GROUP_2, SPEC_RM, SPEC_CL, EXEC_W | EXEC_GROUP},
	{0xe4, 0xe5, INSN_IN, SPEC_ACC, SPEC_IMM, EXEC_W},
	{0xe6, 0xe7, INSN_OUT, SPEC_IMM, SPEC_ACC, EXEC_W},
	{0xec, 0xed, INSN_IN, SPEC_ACC, SPEC_DX, EXEC_W},
	{0xee, 0xef, INSN_OUT, SPEC_DX, SPEC_ACC, EXEC_W},
	{0xf6, 0xf7, GROUP_3, SPEC_RM, SPEC_IMM, EXEC_W | EXEC_GROUP},
	{0xfe, 0xff, GROUP_5, SPEC_RM, SPEC_NONE, EXEC_W | EXEC_GROUP},
};

static const struct exec_row exec_two[] = {
	{0x40, 0x4f, INSN_CMOV, SPEC_REG, SPEC_RM, 0},
	{0x90, 0x9f, INSN_SET, SPEC_RM, SPEC_NONE, EXEC_BYTE},
	{0xa3, 0xa3, INSN_BT, SPEC_RM, SPEC_REG, 0},
	{0xab, 0xab, INSN_BTS, SPEC_RM, SPEC_REG, 0},
	{0xaf, 0xaf, INSN_IMUL_DST, SPEC_REG, SPEC_RM, 0},
	{0xb0, 0xb1, INSN_CMPXCHG, SPEC_RM, SPEC_REG, EXEC_W},
	{0xb3, 0xb3, INSN_BTR, SPEC_RM, SPEC_REG, 0},
	{0xb6, 0xb6, INSN_MOVZX, SPEC_REG, SPEC_RM, EXEC_SRC8},
	{0xb7, 0xb7, INSN_MOVZX, SPEC_REG, SPEC_RM, EXEC_SRC16},
	{0xba, 0xba, GROUP_8, SPEC_RM, SPEC_IMM, EXEC_GROUP},
	{0xbb, 0xbb, INSN_BTC, SPEC_RM, SPEC_REG, 0},
	{0xbe, 0xbe, INSN_MOVSX, SPEC_REG, SPEC_RM, EXEC_SRC8},
	{0xbf, 0xbf, INSN_MOVSX, SPEC_REG, SPEC_RM, EXEC_SRC16},
	{0xc0, 0xc1, INSN_XADD, SPEC_RM, SPEC_REG, EXEC_W},
	{0xc3, 0xc3, INSN_MOV, SPEC_RM, SPEC_REG, 0},
	{0xc7, 0xc7, GROUP_9, SPEC_RM, SPEC_NONE, EXEC_GROUP},
};

static const struct exec_row exec_38[] = {
	{0xf0, 0xf0, INSN_MOVBE, SPEC_REG, SPEC_RM, 0},
	{0xf1, 0xf1, INSN_MOVBE, SPEC_RM, SPEC_REG, 0},
};

static const u8 groups[][8] = {
	[GROUP_1] = {INSN_ADD, INSN_OR, INSN_ADC, INSN_SBB, INSN_AND, INSN_SUB, INSN_XOR, INSN_CMP},
	[GROUP_2] = {INSN_ROL, INSN_ROR, INSN_RCL, INSN_RCR, INSN_SHL, INSN_SHR, INSN_SAL, INSN_SAR},
	[GROUP_3] = {INSN_TEST, INSN_TEST, INSN_NOT, INSN_NEG, INSN_MUL, INSN_IMUL, INSN_DIV, INSN_IDIV},
	[GROUP_5] = {INSN_INC, INSN_DEC, [6] = INSN_PUSH},
	[GROUP_8] = {[4] = INSN_BT, [5] = INSN_BTS, [6] = INSN_BTR, [7] = INSN_BTC},
	[GROUP_9] = {[1] = INSN_CMPXCHG_PAIR},
	[GROUP_MOV] = {INSN_MOV},
	[GROUP_POP] = {INSN_POP},
};
// clang-format on

/* Returns NULL if the executor does not know the opcode. */
static const struct exec_row *find_row(enum insn_map map, u8 opcode)
{
	static const struct {
		const struct exec_row *rows;
		size_t count;
	} maps[] = {
		[MAP_ONE] = {exec_one, ARRAY_SIZE(exec_one)},
		[MAP_TWO] = {exec_two, ARRAY_SIZE(exec_two)},
		[MAP_38] = {exec_38, ARRAY_SIZE(exec_38)},
	};
	size_t low = 0, high = map < ARRAY_SIZE(maps) ? maps[map].count : 0;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct exec_row *row = &maps[map].rows[middle];

		if (opcode < row->first)
			high = middle;
		else if (opcode > row->last)
			low = middle + 1;
		else
			return row;
	}
	return NULL;
}

/* Without any REX, byte registers 4 to 7 are AH, CH, DH and BH. */
static struct insn_operand gpr_operand(const struct insn_parse *p, unsigned reg, unsigned size)
{
	if (size == 1 && !p->rex && reg >= RSP)
		return (struct insn_operand){INSN_REG_HIGH, (u8)(reg - RSP)};
	return (struct insn_operand){INSN_REG, (u8)reg};
}

static struct insn_operand rm_operand(const struct insn_parse *p, unsigned size)
{
	if (modrm_mod(p) != 3)
		return (struct insn_operand){INSN_MEM, 0};
	return gpr_operand(p, modrm_rm(p) + rex_extend(p, REX_B), size);
}

/* Also sets out->imm for SPEC_ONE, and the displacement of out->mem for SPEC_MOFFS. */
static struct insn_operand operand(const struct insn_parse *p, enum operand_spec spec,
				   unsigned size, struct insn *out)
{
	switch (spec) {
	case SPEC_RM:
		return rm_operand(p, size);
	case SPEC_REG:
		return gpr_operand(p, modrm_reg(p) + rex_extend(p, REX_R), size);
	case SPEC_OPREG:
		return gpr_operand(p, (p->opcode & 7) + rex_extend(p, REX_B), size);
	case SPEC_ACC:
		return (struct insn_operand){INSN_REG, RAX};
	case SPEC_CL:
		return (struct insn_operand){INSN_REG, RCX};
	case SPEC_DX:
		return (struct insn_operand){INSN_REG, RDX};
	case SPEC_SREG:
		return (struct insn_operand){INSN_REG, (u8)modrm_reg(p)};
	case SPEC_ONE:
		out->imm = 1;
		return (struct insn_operand){INSN_IMM, 0};
	case SPEC_IMM:
		return (struct insn_operand){INSN_IMM, 0};
	case SPEC_MOFFS:
		out->mem.displacement = p->imm;
		return (struct insn_operand){INSN_MEM, 0};
	default:
		return (struct insn_operand){INSN_NONE, 0};
	}
}

unsigned decode_operands_size(const struct insn_parse *p)
{
	if (p->rex & REX_W)
		return 8;
	return (p->mode == INSN_16) == p->operand_prefix ? 4 : 2;
}

/* SDM 1 "Operand Size and Address Size in 64-Bit Mode": a push or pop has 8 bytes, or 2. */
static unsigned row_operand_size(const struct insn_parse *p, const struct exec_row *row,
				 enum insn_op op)
{
	if (row->flags & EXEC_BYTE || (row->flags & EXEC_W && !(p->opcode & 1)))
		return 1;
	if ((op == INSN_PUSH || op == INSN_POP) && p->mode == INSN_64)
		return p->operand_prefix && !(p->rex & REX_W) ? 2 : 8;
	return decode_operands_size(p);
}

static unsigned row_source_size(const struct exec_row *row, unsigned operand_size)
{
	if (row->flags & EXEC_SRC8)
		return 1;
	if (row->flags & EXEC_SRC16)
		return 2;
	if (row->flags & EXEC_SRC32)
		return operand_size < 4 ? operand_size : 4;
	return operand_size;
}

/* Corrects kinds and sizes of operands for the operations that differ from their row. */
static void adjust(const struct insn_parse *p, struct insn *out)
{
	switch (out->op) {
	case INSN_NOT:
	case INSN_NEG:
	case INSN_MUL:
	case INSN_IMUL:
	case INSN_DIV:
	case INSN_IDIV:
		out->src.kind = INSN_NONE;
		break;
	case INSN_PUSH:
		if (out->src.kind == INSN_NONE)
			out->src = out->dst;
		out->dst.kind = INSN_NONE;
		break;
	case INSN_MOV_FROM_SEGMENT:
		if (out->dst.kind == INSN_MEM)
			out->operand_size = 2;
		break;
	case INSN_CMPXCHG_PAIR:
		out->operand_size = out->source_size = p->rex & REX_W ? 8 : 4;
		break;
	case INSN_IN:
	case INSN_OUT:
	case INSN_INS:
	case INSN_OUTS:
		if (out->operand_size > MAX_PORT_SIZE)
			out->operand_size = out->source_size = MAX_PORT_SIZE;
		break;
	default:
		break;
	}
}

/*
 * Clears *known if mode or mandatory prefix makes the opcode an instruction that the executor does
 * not know. ERR_INVALID: they make it undefined.
 */
static enum status check_prefixes(const struct insn_parse *p, bool *known)
{
	if (p->map == MAP_ONE && p->opcode == OPCODE_MOVSXD && p->mode != INSN_64)
		*known = false; /* ARPL */
	if (p->map == MAP_TWO && p->opcode == OPCODE_MOVNTI && (p->operand_prefix || p->repeat))
		return ERR_INVALID;
	if (p->map == MAP_38 && p->repeat == INSN_REPNE)
		*known = false; /* CRC32 */
	else if (p->map == MAP_38 && (p->repeat || modrm_mod(p) == 3))
		return ERR_INVALID; /* MOVBE */
	return OK;
}

static void fill(const struct insn_parse *p, const struct exec_row *row, struct insn *out)
{
	/* The operand order of the eight ALU operations' first six opcodes. */
	static const u8 alu_specs[][2] = {
		{SPEC_RM, SPEC_REG}, {SPEC_REG, SPEC_RM}, {SPEC_ACC, SPEC_IMM}};
	const u8 *alu = row->flags & EXEC_ALU ? alu_specs[p->opcode >> 1 & 3] : NULL;

	out->op = row->op;
	if (row->flags & EXEC_GROUP)
		out->op = groups[row->op][modrm_reg(p)];
	if (out->op == INSN_OTHER)
		return;
	out->operand_size = (u8)row_operand_size(p, row, (enum insn_op)out->op);
	out->source_size = (u8)row_source_size(row, out->operand_size);
	out->repeat = p->repeat;
	out->condition = p->opcode & 0xf;
	out->mem = p->mem;
	out->imm = p->imm;
	out->dst = operand(p, (enum operand_spec)(alu ? alu[0] : row->dst), out->operand_size, out);
	out->src = operand(p, (enum operand_spec)(alu ? alu[1] : row->src), out->source_size, out);
	out->lock = p->lock || (out->op == INSN_XCHG && out->dst.kind == INSN_MEM);
	adjust(p, out);
}

enum status decode_operands(const struct insn_parse *p, struct insn *out)
{
	const struct exec_row *row = find_row(p->map, p->opcode);
	bool known = row != NULL;

	if (known) {
		enum status status = check_prefixes(p, &known);

		if (status != OK)
			return status;
		if (known)
			fill(p, row, out);
	}
	if (p->lock && (!op_lockable[out->op] || out->dst.kind != INSN_MEM))
		return ERR_INVALID;
	return OK;
}
