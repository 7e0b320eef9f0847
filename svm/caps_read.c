/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads what the SVM of the CPU that runs this can do. Judges nothing. */
#include "core/base/x86.h"
#include "core/host/traps.h"
#include "svm/caps.h"
#include "svm/svm.h"

enum {
	CPUID_EXTENDED_MAX = (int)0x80000000,
	CPUID_EXTENDED_FEATURES = (int)0x80000001,
	CPUID_SVM = (int)0x8000000a,
};

#define CPUID_ECX_SVM BIT(2)

void svm_caps_read(struct svm_caps *caps)
{
	struct cpuid_result svm;

	if (x86_cpuid((u32)CPUID_EXTENDED_MAX, 0).eax < (u32)CPUID_SVM)
		return;
	caps->present = (x86_cpuid((u32)CPUID_EXTENDED_FEATURES, 0).ecx & CPUID_ECX_SVM) != 0;
	if (!caps->present)
		return;
	svm = x86_cpuid((u32)CPUID_SVM, 0);
	caps->revision = svm.eax & 0xff;
	caps->asids = svm.ebx;
	caps->features = svm.edx;
	traps_rdmsr((u32)MSR_VM_CR, &caps->vm_cr);
}
