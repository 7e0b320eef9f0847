/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest reads and writes any MSRs. A fault must change nothing, a stored MTRR must have
 * valid types and addresses, and no access may leave the table.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/bytes.h"
#include "core/model/control.h"
#include "core/model/msr.h"

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool type_valid(u64 type)
{
	return type <= 6 && type != 2 && type != 3;
}

/* SDM 3A "Memory Type Range Registers", written again for the test. */
static void check_mtrrs(const struct msr_state *state, const struct cpu_model *model)
{
	const u64 address = BITS(model->phys_bits - 1, 12);

	for (unsigned i = 0; i < MSR_MTRR_VARIABLE; i++) {
		u64 base = state->slot[MSR_SLOT_MTRR_PHYS + 2 * i];
		u64 mask = state->slot[MSR_SLOT_MTRR_PHYS + 2 * i + 1];

		require(type_valid(base & 0xff) && !(base & ~(address | 0xff)));
		require(!(mask & ~(address | BIT(11))));
	}
	for (unsigned i = 0; i < 8 * MTRR_FIXED; i++)
		require(type_valid(state->slot[MSR_SLOT_MTRR_FIX64K + i / 8] >> (i % 8 * 8) &
				   0xff));
	require(type_valid(state->slot[MSR_SLOT_MTRR_DEF_TYPE] & 0xff));
	require(!(state->slot[MSR_SLOT_MTRR_DEF_TYPE] & ~0xcffULL));
}

static void access(struct msr_state *state, const struct cpu_model *model, u32 index, u64 value)
{
	struct msr_state before = *state;
	struct msr_result old = msr_read(state, model, index);
	struct msr_result result;

	require(memcmp(&before, state, sizeof(before)) == 0);
	result = msr_write(state, model, index, value);
	require(result.verdict <= MSR_FORWARD);
	require(old.verdict != MSR_FAULT || result.verdict == MSR_FAULT);
	if (result.verdict != MSR_DONE)
		require(memcmp(&before, state, sizeof(before)) == 0);
	if (result.verdict == MSR_FORWARD)
		require(result.place == old.place && result.place != MSR_IN_TABLE);
	if (result.verdict == MSR_DONE)
		require(msr_read(state, model, index).value == result.value);
	check_mtrrs(state, model);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct cpu_model model = {.linear_bits = 48};
	struct msr_state state;

	if (size < 10)
		return 0;
	model.vendor = data[0] & 1 ? CPU_VENDOR_AMD : CPU_VENDOR_INTEL;
	model.phys_bits = 32 + data[1] % 21;
	model.features = bytes_get64(data + 2) | BIT(FEATURE_ALWAYS);
	control_derive(&model);
	msr_reset(&state);
	for (data += 10, size -= 10; size >= 12; data += 12, size -= 12)
		access(&state, &model, bytes_get32(data), bytes_get64(data + 4));
	return 0;
}
