/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks a guest's writes to CR0, CR4, EFER and XCR0 by the features of its CPU.
 * Never writes: the backend stores the value and acts on the change.
 * Sources: SDM 3A "Control Registers", "Mode Switching"; SDM 2 "MOV - Move
 * to/from Control Registers", "XSETBV"; APM2 "Extended Feature Enable Register".
 */
#include "core/model/control.h"

struct control_bit {
	u64 bit;
	enum cpu_feature feature;
};

static const struct control_bit cr4_bits[] = {
	{CR4_VME, FEATURE_VME},		  {CR4_PVI, FEATURE_VME},
	{CR4_TSD, FEATURE_TSC},		  {CR4_DE, FEATURE_DE},
	{CR4_PSE, FEATURE_PSE},		  {CR4_PAE, FEATURE_PAE},
	{CR4_MCE, FEATURE_MCE},		  {CR4_PGE, FEATURE_PGE},
	{CR4_PCE, FEATURE_ALWAYS},	  {CR4_OSFXSR, FEATURE_FXSR},
	{CR4_OSXMMEXCPT, FEATURE_SSE},	  {CR4_UMIP, FEATURE_UMIP},
	{CR4_FSGSBASE, FEATURE_FSGSBASE}, {CR4_PCIDE, FEATURE_PCID},
	{CR4_OSXSAVE, FEATURE_XSAVE},	  {CR4_SMEP, FEATURE_SMEP},
	{CR4_SMAP, FEATURE_SMAP},	  {CR4_PKE, FEATURE_PKU},
};

static const struct control_bit efer_bits[] = {
	{EFER_SCE, FEATURE_SYSCALL},
	{EFER_LME, FEATURE_LM},
	{EFER_NXE, FEATURE_NX},
	{EFER_FFXSR, FEATURE_FFXSR},
};

static u64 derive_bits(const struct cpu_model *model, const struct control_bit *bits, size_t count)
{
	u64 allowed = 0;

	for (size_t i = 0; i < count; i++) {
		if (cpu_model_has(model, bits[i].feature))
			allowed |= bits[i].bit;
	}
	return allowed;
}

void control_derive(struct cpu_model *model)
{
	model->cr4 = derive_bits(model, cr4_bits, ARRAY_SIZE(cr4_bits));
	model->efer = derive_bits(model, efer_bits, ARRAY_SIZE(efer_bits));
}

bool control_canonical(const struct cpu_model *model, u64 linear)
{
	unsigned shift = 64 - model->linear_bits;

	return (u64)((s64)(linear << shift) >> shift) == linear;
}

/* Setting PG with LME set activates long mode: needs PAE, and CS must not be 64-bit code yet. */
static bool long_mode_may_start(const struct control_state *state)
{
	return (state->cr4 & CR4_PAE) && !(state->seg[SEG_CS].attr & SEGMENT_L);
}

/* Clearing PG is refused in 64-bit code and with PCIDs. */
static bool paging_may_stop(const struct control_state *state)
{
	bool mode64 = (state->efer & EFER_LMA) && (state->seg[SEG_CS].attr & SEGMENT_L);

	return !(state->cr4 & CR4_PCIDE) && !mode64;
}

bool control_cr0_valid(const struct control_state *state, u64 value)
{
	u64 changed = value ^ state->cr0;

	if (value & BITS(63, 32))
		return false;
	if ((value & CR0_NW) && !(value & CR0_CD))
		return false;
	if ((value & CR0_PG) && !(value & CR0_PE))
		return false;
	if (!(changed & CR0_PG))
		return true;
	if (!(value & CR0_PG))
		return paging_may_stop(state);
	return !(state->efer & EFER_LME) || long_mode_may_start(state);
}

bool control_cr4_valid(const struct cpu_model *model, const struct control_state *state, u64 value)
{
	bool long_mode = state->efer & EFER_LMA;
	u64 set = value & ~state->cr4;

	if (value & ~model->cr4)
		return false;
	if (long_mode && !(value & CR4_PAE))
		return false;
	if (!(set & CR4_PCIDE))
		return true;
	return long_mode && !(state->cr3 & CR3_PCID);
}

bool control_efer_valid(const struct cpu_model *model, const struct control_state *state, u64 value)
{
	if (value & ~(model->efer | EFER_LMA))
		return false;
	return !((value ^ state->efer) & EFER_LME) || !(state->cr0 & CR0_PG);
}

bool control_xcr0_valid(u64 value, u64 supported)
{
	u64 avx512 = value & XCR0_AVX512;

	if ((value & ~supported) || !(value & XCR0_X87))
		return false;
	if ((value & XCR0_AVX) && !(value & XCR0_SSE))
		return false;
	return !avx512 || (avx512 == XCR0_AVX512 && (value & XCR0_AVX));
}

u64 control_xcr0_offered(u64 host)
{
	u64 xcr0 = host & XCR0_OFFERED;

	if (!(xcr0 & XCR0_X87) || !(xcr0 & XCR0_SSE))
		return 0;
	if (!(xcr0 & XCR0_AVX) || (xcr0 & XCR0_AVX512) != XCR0_AVX512)
		xcr0 &= ~XCR0_AVX512;
	return xcr0;
}
