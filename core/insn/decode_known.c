/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the length of an instruction that the exit's reason has identified. Pure. Kept short
 * because it runs on frequent exits of CPUs that do not report the next RIP.
 */
#include "core/insn/decode.h"

enum { PREFIX_REX = 0x40 };

/* SDM 2D "Opcode Map", APM3 "System Instruction Reference". */
static const struct known_row {
	u8 size;
	u8 opcode[3];
	u8 immediate; /* bytes */
	u8 prefix;    /* a prefix that must be present, or 0 */
} known_rows[INSN_KNOWN_COUNT] = {
	[INSN_KNOWN_CPUID] = {2, {0x0f, 0xa2}, 0, 0},
	[INSN_KNOWN_RDMSR] = {2, {0x0f, 0x32}, 0, 0},
	[INSN_KNOWN_WRMSR] = {2, {0x0f, 0x30}, 0, 0},
	[INSN_KNOWN_RDTSC] = {2, {0x0f, 0x31}, 0, 0},
	[INSN_KNOWN_RDTSCP] = {3, {0x0f, 0x01, 0xf9}, 0, 0},
	[INSN_KNOWN_RDPMC] = {2, {0x0f, 0x33}, 0, 0},
	[INSN_KNOWN_HLT] = {1, {0xf4}, 0, 0},
	[INSN_KNOWN_PAUSE] = {1, {0x90}, 0, INSN_REP},
	[INSN_KNOWN_INVD] = {2, {0x0f, 0x08}, 0, 0},
	[INSN_KNOWN_WBINVD] = {2, {0x0f, 0x09}, 0, 0},
	[INSN_KNOWN_XSETBV] = {3, {0x0f, 0x01, 0xd1}, 0, 0},
	[INSN_KNOWN_MONITOR] = {3, {0x0f, 0x01, 0xc8}, 0, 0},
	[INSN_KNOWN_MWAIT] = {3, {0x0f, 0x01, 0xc9}, 0, 0},
	[INSN_KNOWN_CLTS] = {2, {0x0f, 0x06}, 0, 0},
	[INSN_KNOWN_RSM] = {2, {0x0f, 0xaa}, 0, 0},
	[INSN_KNOWN_INT] = {1, {0xcd}, 1, 0},
	[INSN_KNOWN_INT3] = {1, {0xcc}, 0, 0},
	[INSN_KNOWN_INTO] = {1, {0xce}, 0, 0},
	[INSN_KNOWN_ICEBP] = {1, {0xf1}, 0, 0},
	[INSN_KNOWN_VMCALL] = {3, {0x0f, 0x01, 0xc1}, 0, 0},
	[INSN_KNOWN_VMMCALL] = {3, {0x0f, 0x01, 0xd9}, 0, 0},
	[INSN_KNOWN_VMRUN] = {3, {0x0f, 0x01, 0xd8}, 0, 0},
	[INSN_KNOWN_VMLOAD] = {3, {0x0f, 0x01, 0xda}, 0, 0},
	[INSN_KNOWN_VMSAVE] = {3, {0x0f, 0x01, 0xdb}, 0, 0},
	[INSN_KNOWN_STGI] = {3, {0x0f, 0x01, 0xdc}, 0, 0},
	[INSN_KNOWN_CLGI] = {3, {0x0f, 0x01, 0xdd}, 0, 0},
	[INSN_KNOWN_SKINIT] = {3, {0x0f, 0x01, 0xde}, 0, 0},
	[INSN_KNOWN_INVLPGA] = {3, {0x0f, 0x01, 0xdf}, 0, 0},
};

static bool is_prefix(u8 byte, enum insn_mode mode)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64:
	case 0x65:
	case 0x66:
	case 0x67:
	case 0xf0:
	case INSN_REPNE:
	case INSN_REP:
		return true;
	default:
		return mode == INSN_64 && (byte & 0xf0) == PREFIX_REX;
	}
}

static bool is_opcode(const u8 *bytes, const struct known_row *row)
{
	for (unsigned i = 0; i < row->size; i++)
		if (bytes[i] != row->opcode[i])
			return false;
	return true;
}

unsigned decode_known_length(const u8 *bytes, size_t len, enum insn_mode mode,
			     enum insn_known known)
{
	const struct known_row *row = &known_rows[known];
	size_t pos = 0, limit = len < INSN_MAX_LENGTH ? len : INSN_MAX_LENGTH;
	bool seen = row->prefix == 0;

	/* No opcode begins like a prefix: if the opcode comes first, no prefix is present. */
	if (!seen || limit == 0 || bytes[0] != row->opcode[0])
		for (; pos < limit && is_prefix(bytes[pos], mode); pos++)
			seen |= bytes[pos] == row->prefix;
	if (!seen || pos + row->size + row->immediate > limit || !is_opcode(bytes + pos, row))
		return 0;
	return (unsigned)pos + row->size + row->immediate;
}
