/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parses an instruction from its prefixes to its immediate and so finds its
 * length: first the opcode maps as data (what follows each opcode, and which
 * are undefined), then the parser. Pure. SDM 2A "Instruction Format", SDM 2D
 * "Opcode Map", APM3 "Instruction Encoding", "Opcode and Operand Encodings".
 */
#include "core/insn/decode.h"

#include "core/base/string.h"
#include "core/insn/decode_operands.h"

enum {
	ESCAPE_TWO = 0x0f,
	ESCAPE_38 = 0x38,
	ESCAPE_3A = 0x3a,
	PREFIX_EVEX = 0x62,
	PREFIX_XOP = 0x8f,
	PREFIX_VEX3 = 0xc4,
	PREFIX_VEX2 = 0xc5,
	XOP_FIRST_MAP = 8,
	OPCODE_EXTRQ = 0x78,
	OPCODE_VZEROUPPER = 0x77,
};

/* A byte of an opcode map: the bytes that follow the opcode, and where it is invalid. */
enum opcode_attr {
	ATTR_IMM_MASK = 0xf, /* enum opcode_imm */
	ATTR_MODRM = BIT(4),
	ATTR_NOT_64 = BIT(5),	/* invalid in 64-bit mode */
	ATTR_INVALID = BIT(6),	/* undefined in every mode, or a prefix */
	ATTR_REGISTER = BIT(7), /* ModRM names registers, whatever its mod field is */
};

enum opcode_imm {
	IMM_NONE,
	IMM_8,
	IMM_16,
	IMM_Z,	   /* operand size, but at most 4 bytes */
	IMM_V,	   /* operand size */
	IMM_MOFFS, /* address size */
	IMM_ENTER, /* 2 + 1 bytes */
	IMM_FAR,   /* selector after an offset of IMM_Z */
	IMM_NEAR,  /* as IMM_Z, but 4 bytes in 64-bit mode */
	IMM_TEST,  /* opcodes F6 and F7: only /0 and /1 have an immediate */
	IMM_32,
};

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
/* Prefixes are invalid as opcodes. 62, 8F, C4 and C5 have the rows of BOUND, POP, LES and LDS. */
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

/*
 * All opcodes of 0F 38 have ModRM; all of 0F 3A have ModRM and an imm8. One bit for each opcode
 * says whether it is defined.
 */
static const u16 map_38_defined[16] = {
	0x0fff, 0x7eb1, 0x0f3f, 0xffff, 0x0003, 0x0000, 0x0000, 0x0000,
	0x0007, 0x0000, 0x0000, 0x0000, 0xbf00, 0xf900, 0x0000, 0x0f63,
};
static const u16 map_3a_defined[16] = {
	0xff00, 0x00f0, 0x0007, 0x0000, 0x0017, 0x0000, 0x000f, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0xd000, 0x8000, 0x0000, 0x0001,
};

/*
 * Opcodes for which not every /reg is defined. Bit n of memory, or of reg: /n is defined with a
 * memory operand, or with a register operand.
 */
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
// clang-format on

static bool row_bit(const u16 *rows, u8 opcode)
{
	return rows[opcode >> 4] >> (opcode & 0xf) & 1;
}

/* enum opcode_attr of an opcode; map is not MAP_VEX. */
static u8 opcode_attributes(enum insn_map map, u8 opcode)
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

/* Is this /reg defined for the opcode, with memory or with a register? */
static bool is_extension_valid(enum insn_map map, u8 opcode, u8 modrm)
{
	const struct extension_row *row = extension_rows;

	for (size_t i = 0; i < ARRAY_SIZE(extension_rows); i++, row++) {
		if (row->map == map && row->opcode == opcode)
			return (modrm >= 0xc0 ? row->reg : row->memory) >> (modrm >> 3 & 7) & 1;
	}
	return true;
}

enum insn_mode decode_mode(const struct control_state *ctl)
{
	u16 attr = ctl->seg[SEG_CS].attr;

	if (ctl->efer & EFER_LMA && attr & SEGMENT_L)
		return INSN_64;
	return attr & SEGMENT_DB ? INSN_32 : INSN_16;
}

static unsigned address_size(const struct insn_parse *p)
{
	if (p->mode == INSN_64)
		return p->address_prefix ? 4 : 8;
	return (p->mode == INSN_16) == p->address_prefix ? 4 : 2;
}

/*
 * Reads the next size bytes, little-endian, sign-extended to 64 bits. ERR_INVALID: they make the
 * instruction too long. ERR_RANGE: they lie past the end of the caller's bytes.
 */
static enum status read_bytes(struct insn_parse *p, unsigned size, u64 *value)
{
	u64 raw = 0;
	unsigned shift = 64 - 8 * size;

	if (p->pos + size > INSN_MAX_LENGTH)
		return ERR_INVALID;
	if (p->pos + size > p->len)
		return ERR_RANGE;
	for (unsigned i = 0; i < size; i++)
		raw |= (u64)p->bytes[p->pos + i] << 8 * i;
	p->pos += size;
	*value = (u64)((s64)(raw << shift) >> shift);
	return OK;
}

static enum status read_byte(struct insn_parse *p, u8 *byte)
{
	u64 value;
	enum status status = read_bytes(p, 1, &value);

	if (status == OK)
		*byte = (u8)value;
	return status;
}

/* In 64-bit mode ES, CS, SS and DS overrides are ignored: they do not even cancel FS or GS. */
static void set_override(struct insn_parse *p, enum segment_register segment)
{
	if (p->mode != INSN_64 || segment >= SEG_FS)
		p->segment = (u8)segment;
}

static bool parse_legacy_prefix(struct insn_parse *p, u8 byte)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
		set_override(p, (enum segment_register)(byte >> 3 & 3));
		return true;
	case 0x64:
	case 0x65:
		set_override(p, (enum segment_register)(byte - 0x64 + SEG_FS));
		return true;
	case 0x66:
		p->operand_prefix = true;
		return true;
	case 0x67:
		p->address_prefix = true;
		return true;
	case 0xf0:
		p->lock = true;
		return true;
	case INSN_REPNE:
	case INSN_REP:
		p->repeat = byte;
		return true;
	default:
		return false;
	}
}

/*
 * Leaves the first byte that is not a prefix in p->opcode. A REX prefix is valid only immediately
 * before that byte.
 */
static enum status parse_prefixes(struct insn_parse *p)
{
	for (;;) {
		enum status status = read_byte(p, &p->opcode);

		if (status != OK)
			return status;
		if (p->mode == INSN_64 && (p->opcode & 0xf0) == 0x40)
			p->rex = p->opcode;
		else if (parse_legacy_prefix(p, p->opcode))
			p->rex = 0;
		else
			return OK;
	}
}

/*
 * Sets *yes if p->opcode is 62, C4, C5 or 8F and the next byte makes it a
 * vector prefix. Outside 64-bit mode 62, C4 and C5 are vector prefixes where
 * BOUND, LES and LDS would be undefined because they name a register instead
 * of memory. 8F is XOP where its map number is a /reg that POP does not have.
 */
static enum status is_vector_prefix(const struct insn_parse *p, bool *yes)
{
	struct insn_parse ahead = *p;
	u8 next = 0;
	enum status status;

	*yes = false;
	if (p->opcode != PREFIX_EVEX && p->opcode != PREFIX_XOP && p->opcode != PREFIX_VEX3 &&
	    p->opcode != PREFIX_VEX2)
		return OK;
	status = read_byte(&ahead, &next);
	if (p->opcode == PREFIX_XOP)
		*yes = (next & 0x1f) >= XOP_FIRST_MAP;
	else
		*yes = p->mode == INSN_64 || next >= 0xc0;
	return status;
}

/* Attributes of all opcodes in a vector map: 0 to 7 of VEX and EVEX, 8 to 10 of XOP. */
static const u8 vector_maps[] = {XX, MR, MR, MB, XX, MR, MR, XX, MB, MR, ATTR_MODRM | IMM_32};

/*
 * Attributes of an opcode after a vector prefix with this payload. An undefined opcode in a defined
 * map is valid here: the executor knows no vector instruction, so that only the length matters.
 */
static u8 vector_attributes(u8 prefix, u64 payload, u8 opcode)
{
	unsigned map = payload & 0x1f;

	if (prefix == PREFIX_VEX2)
		map = 1;
	else if (prefix == PREFIX_VEX3 && map > 3)
		return ATTR_INVALID;
	else if (prefix == PREFIX_EVEX) {
		/* Bit 3 of the first payload byte must be 0, bit 2 of the second 1. */
		if ((payload & (BIT(3) | BIT(10))) != BIT(10))
			return ATTR_INVALID;
		map = payload & 7;
	}
	if (map >= ARRAY_SIZE(vector_maps))
		return ATTR_INVALID;
	if (map == 1 && opcode == OPCODE_VZEROUPPER)
		return NO;
	if (map == 1 && ((opcode >= 0x70 && opcode <= 0x73) || opcode == 0xc2 ||
			 (opcode >= 0xc4 && opcode <= 0xc6)))
		return MB;
	return vector_maps[map];
}

/*
 * SDM 2A "Intel Advanced Vector Extensions (Intel AVX)": 66, F2, F3, LOCK or REX before it is
 * invalid.
 */
static enum status parse_vector(struct insn_parse *p, u8 *attr)
{
	u8 prefix = p->opcode;
	unsigned size = prefix == PREFIX_VEX2 ? 1 : prefix == PREFIX_EVEX ? 3 : 2;
	u64 payload;
	enum status status;

	p->map = MAP_VEX;
	if (p->rex || p->operand_prefix || p->repeat || p->lock)
		return ERR_INVALID;
	status = read_bytes(p, size, &payload);
	if (status == OK)
		status = read_byte(p, &p->opcode);
	if (status == OK)
		*attr = vector_attributes(prefix, payload, p->opcode);
	return status;
}

static enum status parse_opcode(struct insn_parse *p, u8 *attr)
{
	bool vector;
	enum status status = is_vector_prefix(p, &vector);

	if (status != OK)
		return status;
	if (vector)
		return parse_vector(p, attr);
	p->map = MAP_ONE;
	if (p->opcode == ESCAPE_TWO) {
		p->map = MAP_TWO;
		status = read_byte(p, &p->opcode);
		if (status == OK && (p->opcode == ESCAPE_38 || p->opcode == ESCAPE_3A)) {
			p->map = p->opcode == ESCAPE_38 ? MAP_38 : MAP_3A;
			status = read_byte(p, &p->opcode);
		}
	}
	*attr = opcode_attributes(p->map, p->opcode);
	return status;
}

/* SDM 2A "16-Bit Addressing Forms with the ModR/M Byte". */
static enum status parse_memory_16(struct insn_parse *p)
{
	static const struct {
		u8 base, index, segment;
	} forms[8] = {
		{RBX, RSI, SEG_DS},	      {RBX, RDI, SEG_DS},
		{RBP, RSI, SEG_SS},	      {RBP, RDI, SEG_SS},
		{RSI, INSN_REG_NONE, SEG_DS}, {RDI, INSN_REG_NONE, SEG_DS},
		{RBP, INSN_REG_NONE, SEG_SS}, {RBX, INSN_REG_NONE, SEG_DS},
	};
	unsigned rm = modrm_rm(p), mod = modrm_mod(p);

	p->mem.base = forms[rm].base;
	p->mem.index = forms[rm].index;
	p->mem.segment = forms[rm].segment;
	if (mod == 0 && rm == 6) {
		p->mem.base = INSN_REG_NONE;
		p->mem.segment = SEG_DS;
		return read_bytes(p, 2, &p->mem.displacement);
	}
	return mod == 0 ? OK : read_bytes(p, mod, &p->mem.displacement);
}

/* *no_base: the SIB byte names no base, and a 32-bit displacement follows. */
static enum status parse_sib(struct insn_parse *p, bool *no_base)
{
	u8 sib = 0;
	enum status status = read_byte(p, &sib);
	unsigned index = (sib >> 3 & 7) + rex_extend(p, REX_X);

	p->mem.scale = (u8)(1 << (sib >> 6));
	p->mem.index = index == RSP ? INSN_REG_NONE : (u8)index;
	p->mem.base = (u8)((sib & 7) + rex_extend(p, REX_B));
	*no_base = (sib & 7) == RBP && modrm_mod(p) == 0;
	return status;
}

/* SDM 2A "32-Bit Addressing Forms with the ModR/M Byte", "RIP-Relative Addressing". */
static enum status parse_memory_32(struct insn_parse *p)
{
	unsigned mod = modrm_mod(p);
	bool no_base = false;
	enum status status = OK;

	p->mem.base = (u8)(modrm_rm(p) + rex_extend(p, REX_B));
	if (modrm_rm(p) == RSP)
		status = parse_sib(p, &no_base);
	else if (modrm_rm(p) == RBP && mod == 0)
		p->mem.base = INSN_REG_RIP;
	if (no_base || (p->mem.base == INSN_REG_RIP && p->mode != INSN_64))
		p->mem.base = INSN_REG_NONE;
	p->mem.segment = p->mem.base == RSP || p->mem.base == RBP ? SEG_SS : SEG_DS;
	if (status != OK)
		return status;
	if (mod == 2 || no_base || p->mem.base >= INSN_REG_NONE)
		return read_bytes(p, 4, &p->mem.displacement);
	return mod == 1 ? read_bytes(p, 1, &p->mem.displacement) : OK;
}

static enum status parse_modrm(struct insn_parse *p, u8 attr)
{
	enum status status = read_byte(p, &p->modrm);

	if (status != OK)
		return status;
	if (!is_extension_valid(p->map, p->opcode, p->modrm))
		return ERR_INVALID;
	if (modrm_mod(p) == 3 || attr & ATTR_REGISTER)
		return OK;
	return address_size(p) == 2 ? parse_memory_16(p) : parse_memory_32(p);
}

static unsigned immediate_size(const struct insn_parse *p, u8 attr)
{
	unsigned operand = decode_operands_size(p), z = operand == 2 ? 2 : 4;

	switch (attr & ATTR_IMM_MASK) {
	case IMM_8:
		if (p->map == MAP_TWO && p->opcode == OPCODE_EXTRQ)
			return 2;
		return 1;
	case IMM_16:
		return 2;
	case IMM_Z:
		return z;
	case IMM_V:
		return operand;
	case IMM_MOFFS:
		return address_size(p);
	case IMM_ENTER:
		return 3;
	case IMM_FAR:
		return z + 2;
	case IMM_NEAR:
		return p->mode == INSN_64 ? 4 : z;
	case IMM_TEST:
		return modrm_reg(p) > 1 ? 0 : p->opcode & 1 ? z : 1;
	case IMM_32:
		return 4;
	default:
		return 0;
	}
}

static enum status parse(struct insn_parse *p)
{
	u8 attr = ATTR_INVALID;
	enum status status = parse_prefixes(p);

	if (status == OK)
		status = parse_opcode(p, &attr);
	if (status != OK)
		return status;
	if (attr & ATTR_INVALID || (attr & ATTR_NOT_64 && p->mode == INSN_64))
		return ERR_INVALID;
	if (attr & ATTR_MODRM)
		status = parse_modrm(p, attr);
	if (status != OK)
		return status;
	if (p->map == MAP_TWO && p->opcode == OPCODE_EXTRQ &&
	    (p->operand_prefix || p->repeat == INSN_REPNE))
		attr |= IMM_8;
	if (!immediate_size(p, attr))
		return OK;
	return read_bytes(p, immediate_size(p, attr), &p->imm);
}

enum status decode_insn(const u8 *bytes, size_t len, enum insn_mode mode, struct insn *out)
{
	struct insn_parse p = {
		.bytes = bytes,
		.len = len,
		.mode = mode,
		.segment = SEG_COUNT,
		.mem = {.segment = SEG_DS,
			.base = INSN_REG_NONE,
			.index = INSN_REG_NONE,
			.scale = 1},
	};
	enum status status = parse(&p);

	if (status != OK)
		return status;
	memset(out, 0, sizeof(*out));
	memcpy(out->bytes, bytes, p.pos);
	out->length = (u8)p.pos;
	out->mode = (u8)mode;
	out->address_size = (u8)address_size(&p);
	if (p.segment != SEG_COUNT)
		p.mem.segment = p.segment;
	return decode_operands(&p, out);
}
