/* SPDX-License-Identifier: BSD-2-Clause */
/* FPU and SIMD state by XSAVE or FXSAVE (SDM 1 "Managing State Using the XSAVE Feature Set"). */
#include "core/host/xstate.h"

#include "core/base/bits.h"
#include "core/base/cpuid_bits.h"
#include "core/base/regs.h"
#include "core/base/x86.h"
#include "core/model/control.h"

enum {
	FXSAVE_SIZE = 512,
	FXSAVE_FCW = 0,
	FXSAVE_FTW = 4,
	FXSAVE_MXCSR = 24,
	XSAVE_XSTATE_BV = 512,
	FCW_RESET = 0x40,
	FTW_RESET = 0xff, /* abridged: no register empty */
	MXCSR_RESET = 0x1f80,
};

static u64 supported;
static size_t size = PAGE_SIZE;

void xstate_init_cpu(void)
{
	x86_write_cr4(x86_read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT);
	x86_write_cr0((x86_read_cr0() & ~(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE);
	if (x86_cpuid(CPUID_LEAF_FEATURES, 0).ecx & CPUID_1_ECX_XSAVE)
		x86_write_cr4(x86_read_cr4() | CR4_OSXSAVE);
}

void xstate_set_components(u64 xcr0)
{
	supported = xcr0;
	if (!xcr0)
		return;
	x86_xsetbv(0, xcr0);
	size = align_up(x86_cpuid(CPUID_LEAF_XSTATE, 0).ebx, PAGE_SIZE);
}

size_t xstate_size(void)
{
	return size;
}

void xstate_reset(void *area)
{
	u8 *bytes = area;

	*(u16 *)(bytes + FXSAVE_FCW) = FCW_RESET;
	bytes[FXSAVE_FTW] = FTW_RESET;
	*(u32 *)(bytes + FXSAVE_MXCSR) = MXCSR_RESET;
	/* Components that the header does not name come up in their initial state. */
	*(u64 *)(bytes + XSAVE_XSTATE_BV) = XCR0_X87 | XCR0_SSE;
}

u64 xstate_xcr0(void)
{
	return supported ? x86_xgetbv(0) : 0;
}

void xstate_save(void *area, u64 *xcr0)
{
	*xcr0 = xstate_xcr0();
	if (!supported) {
		x86_fxsave(area);
		return;
	}
	x86_xsetbv(0, supported);
	x86_xsave(area, supported);
}

void xstate_restore(const void *area, u64 xcr0)
{
	/* Restoring may leave the last x87 instruction's addresses, which are another guest's. */
	x86_forget_x87_pointers();
	if (!supported) {
		x86_fxrstor(area);
		return;
	}
	x86_xsetbv(0, supported);
	x86_xrstor(area, supported);
	x86_xsetbv(0, xcr0);
}
