/* SPDX-License-Identifier: BSD-2-Clause */
/* SDM 3A "Memory Type Range Registers (MTRRs)". */
#include "core/host/mtrr.h"

#include "core/base/cpuid_bits.h"
#include "core/base/msr_index.h"
#include "core/base/regs.h"
#include "core/base/x86.h"

#define MTRRCAP_FIX BIT(8)

static const u16 fixed_msrs[MTRR_FIXED] = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
					   0x26b, 0x26c, 0x26d, 0x26e, 0x26f};

static u32 variable_count(const struct cpu_caps *caps)
{
	return (u32)min_u64(bits_get(caps->mtrr_cap, 7, 0), MTRR_VARIABLE_MAX);
}

void mtrr_read(struct cpu_caps *caps)
{
	if (!(x86_cpuid(CPUID_LEAF_FEATURES, 0).edx & CPUID_1_EDX_MTRR))
		return;
	caps->mtrr_cap = x86_rdmsr(MSR_MTRRCAP);
	caps->mtrr_def_type = x86_rdmsr(MSR_MTRR_DEF_TYPE);
	if (caps->mtrr_cap & MTRRCAP_FIX)
		for (u32 i = 0; i < MTRR_FIXED; i++)
			caps->mtrr_fixed[i] = x86_rdmsr(fixed_msrs[i]);
	for (u32 i = 0; i < variable_count(caps); i++) {
		u64 mask = x86_rdmsr(MSR_MTRR_PHYSBASE0 + 2 * i + 1);

		/*
		 * A disabled range counts as 0, so that its contents make no difference between
		 * CPUs.
		 */
		bool valid = mask & MTRR_PHYS_VALID;

		caps->mtrr_base[i] = valid ? x86_rdmsr(MSR_MTRR_PHYSBASE0 + 2 * i) : 0;
		caps->mtrr_mask[i] = valid ? mask : 0;
	}
}

bool mtrr_are_on(const struct cpu_caps *caps)
{
	return caps->mtrr_def_type & MTRR_DEF_ENABLE;
}

void mtrr_of(const struct cpu_caps *caps, struct mtrrs *out)
{
	*out = (struct mtrrs){
		.def_type = caps->mtrr_def_type,
		.fixed = caps->mtrr_fixed,
		.base = caps->mtrr_base,
		.mask = caps->mtrr_mask,
		.stride = 1,
		.variable = (u8)variable_count(caps),
		.phys_bits = PHYS_BITS_MAX, /* address bits that the CPU lacks are 0 in all masks */
	};
}

static void flush_tlb(void)
{
	u64 cr4 = x86_read_cr4();

	x86_write_cr4(cr4 & ~CR4_PGE);
	x86_write_cr3(x86_read_cr3());
	x86_write_cr4(cr4);
}

/*
 * The steps of SDM 3A "MTRR Considerations in MP Systems" for one CPU: caches and
 * TLB must not keep contents of the old types.
 */
void mtrr_write(const struct cpu_caps *caps)
{
	u64 cr0 = x86_read_cr0();

	x86_write_cr0((cr0 & ~CR0_NW) | CR0_CD);
	x86_wbinvd();
	flush_tlb();
	x86_wrmsr(MSR_MTRR_DEF_TYPE, caps->mtrr_def_type & ~MTRR_DEF_ENABLE);
	if (caps->mtrr_cap & MTRRCAP_FIX)
		for (u32 i = 0; i < MTRR_FIXED; i++)
			x86_wrmsr(fixed_msrs[i], caps->mtrr_fixed[i]);
	for (u32 i = 0; i < variable_count(caps); i++) {
		x86_wrmsr(MSR_MTRR_PHYSBASE0 + 2 * i, caps->mtrr_base[i]);
		x86_wrmsr(MSR_MTRR_PHYSBASE0 + 2 * i + 1, caps->mtrr_mask[i]);
	}
	x86_wrmsr(MSR_MTRR_DEF_TYPE, caps->mtrr_def_type);
	x86_wbinvd();
	flush_tlb();
	x86_write_cr0(cr0);
}
