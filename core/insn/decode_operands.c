/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turns the parsed pieces of an executable instruction into an operation with
 * operands and their sizes. Pure. Lengths are core/insn/decode.c's.
 */
#include "core/insn/decode_tables.h"

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

/* May set out->imm or out->mem, where the operand is there and not in ModRM. */
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

/* SDM 1 "Operand Size and Address Size in 64-Bit Mode": a push is of 8 bytes, or 2. */
static unsigned row_operand_size(const struct insn_parse *p, const struct exec_row *row,
				 enum insn_op op)
{
	if (row->flags & EXEC_BYTE || (row->flags & EXEC_W && !(p->opcode & 1)))
		return 1;
	if ((op == INSN_PUSH || op == INSN_POP) && p->mode == INSN_64)
		return p->operand_prefix && !(p->rex & REX_W) ? 2 : 8;
	return insn_operand_size(p);
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

/* The operand order of the eight ALU operations' first six opcodes. */
static struct exec_row alu_row(const struct exec_row *row, u8 opcode)
{
	static const u8 specs[][2] = {
		{SPEC_RM, SPEC_REG}, {SPEC_REG, SPEC_RM}, {SPEC_ACC, SPEC_IMM}};
	struct exec_row alu = *row;

	alu.dst = specs[opcode >> 1 & 3][0];
	alu.src = specs[opcode >> 1 & 3][1];
	return alu;
}

/* What one operation has different from its row. */
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

/* Opcodes that are another instruction, or none, by mode or by mandatory prefix. */
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
	out->op = row->op;
	if (row->flags & EXEC_GROUP)
		out->op = (u8)exec_group_op((enum exec_group)row->op, modrm_reg(p));
	if (out->op == INSN_OTHER)
		return;
	out->operand_size = (u8)row_operand_size(p, row, (enum insn_op)out->op);
	out->source_size = (u8)row_source_size(row, out->operand_size);
	out->repeat = p->repeat;
	out->condition = p->opcode & 0xf;
	out->mem = p->mem;
	out->imm = p->imm;
	out->dst = operand(p, (enum operand_spec)row->dst, out->operand_size, out);
	out->src = operand(p, (enum operand_spec)row->src, out->source_size, out);
	out->lock = p->lock || (out->op == INSN_XCHG && out->dst.kind == INSN_MEM);
	adjust(p, out);
}

enum status insn_decode_operands(const struct insn_parse *p, struct insn *out)
{
	const struct exec_row *row = exec_row_find(p->map, p->opcode);
	bool known = row != NULL;

	if (known) {
		struct exec_row alu = row->flags & EXEC_ALU ? alu_row(row, p->opcode) : *row;
		enum status status = check_prefixes(p, &known);

		if (status != OK)
			return status;
		if (known)
			fill(p, &alu, out);
	}
	if (p->lock && (!op_lockable[out->op] || out->dst.kind != INSN_MEM))
		return ERR_INVALID;
	return OK;
}
