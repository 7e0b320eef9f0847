/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parses an instruction from its prefixes to its immediate and so finds its
 * length. Pure. SDM 2A "Instruction Format", APM3 "Instruction Encoding".
 */
#include "core/insn/decode.h"

#include "core/base/string.h"
#include "core/insn/decode_tables.h"

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

enum insn_mode insn_mode_of(const struct control_state *ctl)
{
	u16 attr = ctl->seg[SEG_CS].attr;

	if (ctl->efer & EFER_LMA && attr & SEGMENT_L)
		return INSN_64;
	return attr & SEGMENT_DB ? INSN_32 : INSN_16;
}

unsigned insn_operand_size(const struct insn_parse *p)
{
	if (p->rex & REX_W)
		return 8;
	return (p->mode == INSN_16) == p->operand_prefix ? 4 : 2;
}

unsigned insn_address_size(const struct insn_parse *p)
{
	if (p->mode == INSN_64)
		return p->address_prefix ? 4 : 8;
	return (p->mode == INSN_16) == p->address_prefix ? 4 : 2;
}

/* Reads size bytes, little-endian, sign-extended to 64 bits. */
static enum status take(struct insn_parse *p, unsigned size, u64 *value)
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

static enum status take_byte(struct insn_parse *p, u8 *byte)
{
	u64 value;
	enum status status = take(p, 1, &value);

	if (status == OK)
		*byte = (u8)value;
	return status;
}

/* In 64-bit mode the four old overrides are void: they don't even cancel FS or GS. */
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

/* Leaves the first byte that is no prefix in p->opcode. A REX counts only right before it. */
static enum status parse_prefixes(struct insn_parse *p)
{
	for (;;) {
		enum status status = take_byte(p, &p->opcode);

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
 * Do the bytes after 62, C4, C5 or 8F make it a vector prefix? Outside 64-bit
 * mode it is one where the older instruction would be undefined, with a
 * register for memory; and XOP's map number is a /reg that POP does not have.
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
	status = take_byte(&ahead, &next);
	if (p->opcode == PREFIX_XOP)
		*yes = (next & 0x1f) >= XOP_FIRST_MAP;
	else
		*yes = p->mode == INSN_64 || next >= 0xc0;
	return status;
}

/* Attributes of an opcode in a VEX or EVEX map; in any of them what is not defined is length only.
 */
static u8 vex_attributes(unsigned map, u8 opcode)
{
	bool immediate = (opcode >= 0x70 && opcode <= 0x73) || opcode == 0xc2 ||
			 (opcode >= 0xc4 && opcode <= 0xc6);

	switch (map) {
	case 1:
		if (opcode == OPCODE_VZEROUPPER)
			return IMM_NONE;
		return ATTR_MODRM | (immediate ? IMM_8 : IMM_NONE);
	case 2:
	case 5:
	case 6:
		return ATTR_MODRM;
	case 3:
		return ATTR_MODRM | IMM_8;
	default:
		return ATTR_INVALID;
	}
}

static u8 xop_attributes(unsigned map)
{
	switch (map) {
	case 8:
		return ATTR_MODRM | IMM_8;
	case 9:
		return ATTR_MODRM;
	case 10:
		return ATTR_MODRM | IMM_32;
	default:
		return ATTR_INVALID;
	}
}

static u8 vector_attributes(u8 prefix, u64 payload, u8 opcode)
{
	switch (prefix) {
	case PREFIX_VEX2:
		return vex_attributes(1, opcode);
	case PREFIX_VEX3:
		return (payload & 0x1f) <= 3 ? vex_attributes(payload & 0x1f, opcode)
					     : ATTR_INVALID;
	case PREFIX_XOP:
		return xop_attributes(payload & 0x1f);
	default: /* EVEX: bit 3 of the first payload byte is 0, bit 2 of the second is 1 */
		return (payload & (BIT(3) | BIT(10))) == BIT(10)
			       ? vex_attributes(payload & 7, opcode)
			       : ATTR_INVALID;
	}
}

/* SDM 2A "Intel Advanced Vector Extensions (Intel AVX)": no 66, F2, F3, LOCK or REX before it. */
static enum status parse_vector(struct insn_parse *p, u8 *attr)
{
	u8 prefix = p->opcode;
	unsigned size = prefix == PREFIX_VEX2 ? 1 : prefix == PREFIX_EVEX ? 3 : 2;
	u64 payload;
	enum status status;

	p->map = MAP_VEX;
	if (p->rex || p->operand_prefix || p->repeat || p->lock)
		return ERR_INVALID;
	status = take(p, size, &payload);
	if (status == OK)
		status = take_byte(p, &p->opcode);
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
		status = take_byte(p, &p->opcode);
		if (status == OK && (p->opcode == ESCAPE_38 || p->opcode == ESCAPE_3A)) {
			p->map = p->opcode == ESCAPE_38 ? MAP_38 : MAP_3A;
			status = take_byte(p, &p->opcode);
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
		return take(p, 2, &p->mem.displacement);
	}
	return mod == 0 ? OK : take(p, mod, &p->mem.displacement);
}

/* Returns whether the SIB byte has no base but a 32-bit displacement. */
static enum status parse_sib(struct insn_parse *p, bool *no_base)
{
	u8 sib = 0;
	enum status status = take_byte(p, &sib);
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
		return take(p, 4, &p->mem.displacement);
	return mod == 1 ? take(p, 1, &p->mem.displacement) : OK;
}

static enum status parse_modrm(struct insn_parse *p, u8 attr)
{
	enum status status = take_byte(p, &p->modrm);

	if (status != OK)
		return status;
	if (!opcode_extension_valid(p->map, p->opcode, p->modrm))
		return ERR_INVALID;
	if (modrm_mod(p) == 3 || attr & ATTR_REGISTER)
		return OK;
	return insn_address_size(p) == 2 ? parse_memory_16(p) : parse_memory_32(p);
}

static unsigned immediate_size(const struct insn_parse *p, u8 attr)
{
	unsigned operand = insn_operand_size(p), z = operand == 2 ? 2 : 4;

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
		return insn_address_size(p);
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

/* From the first byte to the last. */
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
	return take(p, immediate_size(p, attr), &p->imm);
}

enum status insn_decode(const u8 *bytes, size_t len, enum insn_mode mode, struct insn *out)
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
	out->address_size = (u8)insn_address_size(&p);
	if (p.segment != SEG_COUNT)
		p.mem.segment = p.segment;
	return insn_decode_operands(&p, out);
}
