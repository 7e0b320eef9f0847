/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes, in each mode: the decoder agrees with Zydis, and the beginning of an
 * instruction is never accepted as a whole one.
 */
/* test-libs: -lZydis -lZycore */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/decode_reference.h"

static void require(bool good, const char *what, const u8 *bytes, enum insn_mode mode)
{
	if (good)
		return;
	fprintf(stderr, "%s: mode %d:", what, (int)mode);
	for (unsigned i = 0; i < INSN_MAX_LENGTH; i++)
		fprintf(stderr, " %02x", bytes[i]);
	fprintf(stderr, "\n");
	abort();
}

static void check(const u8 *bytes, size_t size, enum insn_mode mode)
{
	u8 padded[REFERENCE_BYTES] = {0};
	struct insn whole, cut;
	const char *problem;

	memcpy(padded, bytes, size);
	problem = compare_with_reference(padded, mode);
	require(!problem, problem, padded, mode);
	for (unsigned known = 0; known < INSN_KNOWN_COUNT; known++)
		require(decode_known_length(bytes, size, mode, (enum insn_known)known) <= size,
			"known length beyond the bytes", padded, mode);
	if (decode_insn(bytes, size, mode, &whole) != OK)
		return;
	require(whole.length >= 1 && whole.length <= size, "length beyond the bytes", padded, mode);
	for (size_t len = 0; len < whole.length; len++)
		require(decode_insn(bytes, len, mode, &cut) == ERR_RANGE, "cut short but taken",
			padded, mode);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (size > INSN_MAX_LENGTH)
		size = INSN_MAX_LENGTH;
	check(data, size, INSN_16);
	check(data, size, INSN_32);
	check(data, size, INSN_64);
	return 0;
}
