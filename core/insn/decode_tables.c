/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The opcode maps as data: how each opcode goes on, which are undefined, and
 * what the executable ones do to which operands. Pure; no parsing here.
 * SDM 2D "Opcode Map", APM3 "Opcode and Operand Encodings".
 */
#include "core/insn/decode_tables.h"

enum {
	XX = ATTR_INVALID,
	NO = 0, /* nothing follows */
	IB = IMM_8,
	IW = IMM_16,
	IZ = IMM_Z,
	IV = IMM_V,
	MO = IMM_MOFFS,
	EN = IMM_ENTER,
	FP = IMM_FAR | ATTR_NOT_64,
	JZ = IMM_NEAR,
	N6 = ATTR_NOT_64,
	NB = IMM_8 | ATTR_NOT_64,
	MR = ATTR_MODRM,
	MB = ATTR_MODRM | IMM_8,
	MZ = ATTR_MODRM | IMM_Z,
	MN = ATTR_MODRM | ATTR_NOT_64,
	BN = ATTR_MODRM | IMM_8 | ATTR_NOT_64,
	MT = ATTR_MODRM | IMM_TEST,
	CR = ATTR_MODRM | ATTR_REGISTER,
};

// clang-format off
/* Prefixes are invalid as opcodes; 62, 8F, C4 and C5 are here for what they are without VEX. */
static const u8 map_one[256] = {
	/*      0   1   2   3   4   5   6   7   8   9   a   b   c   d   e   f */
	/* 0 */ MR, MR, MR, MR, IB, IZ, N6, N6, MR, MR, MR, MR, IB, IZ, N6, XX,
	/* 1 */ MR, MR, MR, MR, IB, IZ, N6, N6, MR, MR, MR, MR, IB, IZ, N6, N6,
	/* 2 */ MR, MR, MR, MR, IB, IZ, XX, N6, MR, MR, MR, MR, IB, IZ, XX, N6,
	/* 3 */ MR, MR, MR, MR, IB, IZ, XX, N6, MR, MR, MR, MR, IB, IZ, XX, N6,
	/* 4 */ N6, N6, N6, N6, N6, N6, N6, N6, N6, N6, N6, N6, N6, N6, N6, N6,
	/* 5 */ NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	/* 6 */ N6, N6, MN, MR, XX, XX, XX, XX, IZ, MZ, IB, MB, NO, NO, NO, NO,
	/* 7 */ IB, IB, IB, IB, IB, IB, IB, IB, IB, IB, IB, IB, IB, IB, IB, IB,
	/* 8 */ MB, MZ, BN, MB, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR,
	/* 9 */ NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, FP, NO, NO, NO, NO, NO,
	/* a */ MO, MO, MO, MO, NO, NO, NO, NO, IB, IZ, NO, NO, NO, NO, NO, NO,
	/* b */ IB, IB, IB, IB, IB, IB, IB, IB, IV, IV, IV, IV, IV, IV, IV, IV,
	/* c */ MB, MB, IW, NO, MN, MN, MB, MZ, EN, NO, IW, NO, NO, IB, N6, NO,
	/* d */ MR, MR, MR, MR, NB, NB, N6, NO, MR, MR, MR, MR, MR, MR, MR, MR,
	/* e */ IB, IB, IB, IB, IB, IB, IB, IB, JZ, JZ, FP, IB, NO, NO, NO, NO,
	/* f */ XX, NO, XX, XX, NO, NO, MT, MT, NO, NO, NO, NO, NO, NO, MR, MR,
};

static const u8 map_two[256] = {
	/*      0   1   2   3   4   5   6   7   8   9   a   b   c   d   e   f */
	/* 0 */ MR, MR, MR, MR, XX, NO, NO, NO, NO, NO, XX, NO, XX, MR, NO, MB,
	/* 1 */ MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR,
	/* 2 */ CR, CR, CR, CR, XX, XX, XX, XX, MR, MR, MR, MR, MR, MR, MR, MR,
	/* 3 */ NO, NO, NO, NO, NO, NO, XX, NO, XX, XX, XX, XX, XX, XX, XX, XX,
	/* 4 */ MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR,
	/* 5 */ MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR,
	/* 6 */ MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR,
	/* 7 */ MB, MB, MB, MB, MR, MR, MR, NO, MR, MR, XX, XX, MR, MR, MR, MR,
	/* 8 */ JZ, JZ, JZ, JZ, JZ, JZ, JZ, JZ, JZ, JZ, JZ, JZ, JZ, JZ, JZ, JZ,
	/* 9 */ MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR,
	/* a */ NO, NO, NO, MR, MB, MR, XX, XX, NO, NO, NO, MR, MB, MR, MR, MR,
	/* b */ MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MB, MR, MR, MR, MR, MR,
	/* c */ MR, MR, MB, MR, MB, MB, MB, MR, NO, NO, NO, NO, NO, NO, NO, NO,
	/* d */ MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR,
	/* e */ MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR,
	/* f */ MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR, MR,
};

/* All of 0F 38 have ModRM and all of 0F 3A an imm8 too: a bit an opcode says whether it exists. */
static const u16 map_38_defined[16] = {
	0x0fff, 0x7eb1, 0x0f3f, 0xffff, 0x0003, 0x0000, 0x0000, 0x0000,
	0x0007, 0x0000, 0x0000, 0x0000, 0xbf00, 0xf900, 0x0000, 0x0f63,
};
static const u16 map_3a_defined[16] = {
	0xff00, 0x00f0, 0x0007, 0x0000, 0x0017, 0x0000, 0x000f, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0xd000, 0x8000, 0x0000, 0x0001,
};

/* Opcodes for which not every /reg exists: a bit for each, with memory and with a register. */
static const struct extension_row {
	u8 map, opcode, memory, reg;
} extension_rows[] = {
	{MAP_ONE, 0x62, 0xff, 0x00}, /* BOUND */
	{MAP_ONE, 0x8c, 0x3f, 0x3f}, /* MOV from segment register */
	{MAP_ONE, 0x8d, 0xff, 0x00}, /* LEA */
	{MAP_ONE, 0x8e, 0x3d, 0x3d}, /* MOV to segment register, not CS */
	{MAP_ONE, 0x8f, 0x01, 0x01}, /* POP */
	{MAP_ONE, 0xc6, 0x01, 0x81}, /* MOV, XABORT */
	{MAP_ONE, 0xc7, 0x01, 0x81}, /* MOV, XBEGIN */
	{MAP_ONE, 0xfe, 0x03, 0x03}, /* INC, DEC */
	{MAP_ONE, 0xff, 0x7f, 0x57}, /* far CALL and JMP: memory only */
	{MAP_TWO, 0x00, 0x3f, 0x3f}, /* SLDT ... VERW */
	{MAP_TWO, 0x13, 0xff, 0x00}, /* MOVLPS store */
	{MAP_TWO, 0x17, 0xff, 0x00}, /* MOVHPS store */
	{MAP_TWO, 0x20, 0x1d, 0x1d}, /* MOV from CR0, 2, 3, 4, 8 */
	{MAP_TWO, 0x22, 0x1d, 0x1d}, /* MOV to them */
	{MAP_TWO, 0x2b, 0xff, 0x00}, /* MOVNTPS */
	{MAP_TWO, 0x50, 0x00, 0xff}, /* MOVMSKPS */
	{MAP_TWO, 0x71, 0x00, 0x54}, /* shifts of words */
	{MAP_TWO, 0x72, 0x00, 0x54}, /* of doublewords */
	{MAP_TWO, 0x73, 0x00, 0xcc}, /* of quadwords */
	{MAP_TWO, 0xb2, 0xff, 0x00}, /* LSS */
	{MAP_TWO, 0xb4, 0xff, 0x00}, /* LFS */
	{MAP_TWO, 0xb5, 0xff, 0x00}, /* LGS */
	{MAP_TWO, 0xba, 0xf0, 0xf0}, /* BT ... BTC */
	{MAP_TWO, 0xc3, 0xff, 0x00}, /* MOVNTI */
	{MAP_TWO, 0xc5, 0x00, 0xff}, /* PEXTRW */
	{MAP_TWO, 0xc7, 0xfa, 0xc0}, /* CMPXCHG8B ... RDSEED */
	{MAP_TWO, 0xd7, 0x00, 0xff}, /* PMOVMSKB */
	{MAP_TWO, 0xe7, 0xff, 0x00}, /* MOVNTQ */
	{MAP_TWO, 0xf7, 0x00, 0xff}, /* MASKMOVQ */
};

/* In the order of their opcodes. */
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

static bool row_bit(const u16 *rows, u8 opcode)
{
	return rows[opcode >> 4] >> (opcode & 0xf) & 1;
}

u8 opcode_attributes(enum insn_map map, u8 opcode)
{
	switch (map) {
	case MAP_ONE:
		return map_one[opcode];
	case MAP_TWO:
		return map_two[opcode];
	case MAP_38:
		return row_bit(map_38_defined, opcode) ? MR : XX;
	default:
		return row_bit(map_3a_defined, opcode) ? MB : XX;
	}
}

bool opcode_extension_valid(enum insn_map map, u8 opcode, u8 modrm)
{
	const struct extension_row *row = extension_rows;

	for (size_t i = 0; i < ARRAY_SIZE(extension_rows); i++, row++) {
		if (row->map == map && row->opcode == opcode)
			return (modrm >= 0xc0 ? row->reg : row->memory) >> (modrm >> 3 & 7) & 1;
	}
	return true;
}

static const struct exec_row *row_search(const struct exec_row *rows, size_t count, u8 opcode)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (opcode < rows[middle].first)
			high = middle;
		else if (opcode > rows[middle].last)
			low = middle + 1;
		else
			return &rows[middle];
	}
	return NULL;
}

const struct exec_row *exec_row_find(enum insn_map map, u8 opcode)
{
	switch (map) {
	case MAP_ONE:
		return row_search(exec_one, ARRAY_SIZE(exec_one), opcode);
	case MAP_TWO:
		return row_search(exec_two, ARRAY_SIZE(exec_two), opcode);
	case MAP_38:
		return row_search(exec_38, ARRAY_SIZE(exec_38), opcode);
	default:
		return NULL;
	}
}

enum insn_op exec_group_op(enum exec_group group, unsigned reg)
{
	return groups[group][reg & 7];
}
