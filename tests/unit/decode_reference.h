/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compares core/insn/decode.h with Zydis on the same bytes. Shared by the unit test and the
 * fuzzer. The permitted differences of the two are in this file only.
 */
#pragma once

#include <Zydis/Zydis.h>
#include <string.h>

#include "core/insn/decode.h"

enum { REFERENCE_BYTES = INSN_MAX_LENGTH + 4 };

static inline void reference_init(ZydisDecoder *decoder, enum insn_mode mode)
{
	switch (mode) {
	case INSN_16:
		ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16);
		break;
	case INSN_32:
		ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
		break;
	default:
		ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
		break;
	}
}

/* The position of the opcode, after prefixes and REX. */
static inline size_t opcode_offset(const u8 *bytes, enum insn_mode mode)
{
	size_t i = 0;

	while (i < INSN_MAX_LENGTH &&
	       (memchr("\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3", bytes[i], 11) ||
		(mode == INSN_64 && (bytes[i] & 0xf0) == 0x40)))
		i++;
	return i;
}

/* JKZD and JKNZD of the first Xeon Phi: VEX with the opcodes of JE and JNE. */
static inline bool is_phi_jump(const u8 *opcode)
{
	u8 last = opcode[0] == 0xc5 ? opcode[2] : opcode[3];

	return (opcode[0] == 0xc4 || opcode[0] == 0xc5) &&
	       ((last & 0xfe) == 0x74 || (last & 0xfe) == 0x84);
}

/*
 * Instructions that Zydis accepts, but that the decoder refuses or measures differently:
 * those of is_phi_jump, MVEX, and VIA's PadLock.
 */
static inline bool is_exotic(const u8 *opcode, const ZydisDecodedInstruction *reference)
{
	if (opcode[0] == 0x0f && (opcode[1] == 0xa6 || opcode[1] == 0xa7))
		return true;
	return reference->encoding == ZYDIS_INSTRUCTION_ENCODING_MVEX || is_phi_jump(opcode);
}

/*
 * Instructions that Zydis refuses, but that the decoder accepts, for their length alone:
 * undefined combinations of mandatory prefix, /reg, W, L and vvvv in the maps of vector and
 * system instructions, in x87's opcodes and in XABORT and XBEGIN.
 */
static inline bool may_be_undefined(const u8 *opcode)
{
	switch (opcode[0]) {
	case 0x0f:
	case 0x62:
	case 0x8f:
	case 0xc4:
	case 0xc5:
	case 0xc6:
	case 0xc7:
		return true;
	default:
		return opcode[0] >= 0xd8 && opcode[0] <= 0xdf;
	}
}

/*
 * NULL if both agree, else a description of the difference. bytes: always REFERENCE_BYTES
 * of them.
 */
static inline const char *compare_with_reference(const u8 *bytes, enum insn_mode mode)
{
	ZydisDecoder decoder;
	ZydisDecodedInstruction reference;
	struct insn insn;
	const u8 *opcode = bytes + opcode_offset(bytes, mode);
	bool ours = decode_insn(bytes, INSN_MAX_LENGTH, mode, &insn) == OK;
	bool theirs;

	reference_init(&decoder, mode);
	theirs = ZYAN_SUCCESS(
		ZydisDecoderDecodeInstruction(&decoder, NULL, bytes, INSN_MAX_LENGTH, &reference));
	if (theirs && is_exotic(opcode, &reference))
		return NULL;
	if (theirs && !ours)
		return "refused, but Zydis takes it";
	if (theirs && insn.length != reference.length)
		return "another length than Zydis's";
	if (ours && !theirs && insn.op != INSN_OTHER)
		return "executable, but Zydis refuses it";
	if (ours && !theirs && !may_be_undefined(opcode))
		return "taken, but Zydis refuses it";
	return NULL;
}
