/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the VMX capabilities of the CPU that runs this. Never judges them. */
#include "core/base/cpuid_bits.h"
#include "core/base/msr_index.h"
#include "core/base/x86.h"
#include "vmx/caps.h"

enum {
	MSR_VMX_BASIC = 0x480,
	MSR_VMX_PIN = 0x481,
	MSR_VMX_PROC = 0x482,
	MSR_VMX_EXIT = 0x483,
	MSR_VMX_ENTRY = 0x484,
	MSR_VMX_MISC = 0x485,
	MSR_VMX_CR0_FIXED0 = 0x486,
	MSR_VMX_CR0_FIXED1 = 0x487,
	MSR_VMX_CR4_FIXED0 = 0x488,
	MSR_VMX_CR4_FIXED1 = 0x489,
	MSR_VMX_PROC2 = 0x48b,
	MSR_VMX_EPT_VPID = 0x48c,
	MSR_VMX_TRUE_PIN = 0x48d,
	MSR_VMX_TRUE_PROC = 0x48e,
	MSR_VMX_TRUE_EXIT = 0x48f,
	MSR_VMX_TRUE_ENTRY = 0x490,
	MSR_VMX_VMFUNC = 0x491,
	MSR_VMX_PROC3 = 0x492,
};

#define PROC_ALLOWS_TERTIARY  BIT(32 + 17)
#define PROC_ALLOWS_SECONDARY BIT(32 + 31)
#define PROC2_ALLOWS_VMFUNC   BIT(32 + 13)
#define PROC2_ALLOWS_PAGING   (BIT(32 + 1) | BIT(32 + 5)) /* EPT, VPID */

/* Some registers exist only if another one has a bit set; otherwise reading them is #GP. */
void vmx_caps_read(void *snapshot)
{
	struct vmx_caps *caps = snapshot;

	if (!(x86_cpuid(CPUID_LEAF_FEATURES, 0).ecx & CPUID_1_ECX_VMX))
		return;
	*caps = (struct vmx_caps){
		.present = true,
		.feature_control = x86_rdmsr(MSR_FEATURE_CONTROL),
		.basic = x86_rdmsr(MSR_VMX_BASIC),
		.pin = x86_rdmsr(MSR_VMX_PIN),
		.proc = x86_rdmsr(MSR_VMX_PROC),
		.exit = x86_rdmsr(MSR_VMX_EXIT),
		.entry = x86_rdmsr(MSR_VMX_ENTRY),
		.misc = x86_rdmsr(MSR_VMX_MISC),
		.cr0_fixed0 = x86_rdmsr(MSR_VMX_CR0_FIXED0),
		.cr0_fixed1 = x86_rdmsr(MSR_VMX_CR0_FIXED1),
		.cr4_fixed0 = x86_rdmsr(MSR_VMX_CR4_FIXED0),
		.cr4_fixed1 = x86_rdmsr(MSR_VMX_CR4_FIXED1),
	};
	if (caps->basic & VMX_BASIC_TRUE_CTLS) {
		caps->true_pin = x86_rdmsr(MSR_VMX_TRUE_PIN);
		caps->true_proc = x86_rdmsr(MSR_VMX_TRUE_PROC);
		caps->true_exit = x86_rdmsr(MSR_VMX_TRUE_EXIT);
		caps->true_entry = x86_rdmsr(MSR_VMX_TRUE_ENTRY);
	}
	if (caps->proc & PROC_ALLOWS_SECONDARY)
		caps->proc2 = x86_rdmsr(MSR_VMX_PROC2);
	if (caps->proc & PROC_ALLOWS_TERTIARY)
		caps->proc3 = x86_rdmsr(MSR_VMX_PROC3);
	if (caps->proc2 & PROC2_ALLOWS_PAGING)
		caps->ept_vpid = x86_rdmsr(MSR_VMX_EPT_VPID);
	if (caps->proc2 & PROC2_ALLOWS_VMFUNC)
		caps->vmfunc = x86_rdmsr(MSR_VMX_VMFUNC);
}
