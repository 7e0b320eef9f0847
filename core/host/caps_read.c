/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads registers into a snapshot. Compares and decides nothing. */
#include "core/host/caps_read.h"

#include "apic/host/lapic.h"
#include "core/base/cpuid_bits.h"
#include "core/base/x86.h"
#include "core/host/mtrr.h"
#include "drivers/host/clock.h"

static void read_cpuid(u32 leaf, u32 subleaf, struct cpuid_regs *out)
{
	struct cpuid_result r = x86_cpuid(leaf, subleaf);

	*out = (struct cpuid_regs){{r.eax, r.ebx, r.ecx, r.edx}};
}

void caps_read(struct cpu_caps *caps)
{
	struct clock_rate tsc = clock_measure_tsc();

	caps_cpuid_read(caps, read_cpuid);
	mtrr_read(caps);
	caps->apic_version = lapic_version();
	caps->apic_id_bits = x86_cpuid(CPUID_LEAF_FEATURES, 0).ecx & CPUID_1_ECX_X2APIC ? 32 : 8;
	caps->tsc_khz = tsc.khz;
	caps->tsc_noise_khz = tsc.noise_khz;
}
