/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SDM 1 "Managing State Using the XSAVE Feature Set"; SDM 3A "Debug Registers";
 * APM2 "Indirect Branch Prediction Barrier".
 */
#include "core/host/xstate.h"

#include "core/base/bits.h"
#include "core/base/cpuid_bits.h"
#include "core/base/msr_index.h"
#include "core/base/regs.h"
#include "core/base/x86.h"
#include "core/model/control.h"
#include "mm/host/heap.h"

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

static void reset(u8 *area)
{
	*(u16 *)(area + FXSAVE_FCW) = FCW_RESET;
	area[FXSAVE_FTW] = FTW_RESET;
	*(u32 *)(area + FXSAVE_MXCSR) = MXCSR_RESET;
	/* Components that the header does not name come up in their initial state. */
	*(u64 *)(area + XSAVE_XSTATE_BV) = XCR0_X87 | XCR0_SSE;
}

bool xstate_create(struct xstate *x)
{
	*x = (struct xstate){.area = heap_alloc_pages(size / PAGE_SIZE), .xcr0 = XCR0_X87};
	if (x->area)
		reset(x->area);
	return x->area;
}

void xstate_destroy(struct xstate *x)
{
	heap_free_pages(x->area, size / PAGE_SIZE);
}

u64 xstate_xcr0(void)
{
	return supported ? x86_xgetbv(0) : 0;
}

void xstate_save(struct xstate *x)
{
	x->xcr0 = xstate_xcr0();
	if (supported) {
		x86_xsetbv(0, supported);
		x86_xsave(x->area, supported);
	} else {
		x86_fxsave(x->area);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(x->dr); i++)
		x->dr[i] = x86_read_dr(i);
}

void xstate_restore(const struct xstate *x, bool ibpb)
{
	if (ibpb)
		x86_wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
	/* Restoring may leave the last x87 instruction's addresses, which are another guest's. */
	x86_forget_x87_pointers();
	if (supported) {
		x86_xsetbv(0, supported);
		x86_xrstor(x->area, supported);
		x86_xsetbv(0, x->xcr0);
	} else {
		x86_fxrstor(x->area);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(x->dr); i++)
		x86_write_dr(i, x->dr[i]);
}
