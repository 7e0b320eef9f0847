/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the SVM capabilities of the CPU that runs this. Never judges them. */
#include "core/base/cpuid_bits.h"
#include "core/base/msr_index.h"
#include "core/base/x86.h"
#include "core/host/traps.h"
#include "svm/caps.h"

void svm_caps_read(void *snapshot)
{
	struct svm_caps *caps = snapshot;
	struct cpuid_result svm;

	if (x86_cpuid(CPUID_LEAF_EXTENDED_MAX, 0).eax < CPUID_LEAF_SVM)
		return;
	caps->present =
		(x86_cpuid(CPUID_LEAF_EXTENDED_FEATURES, 0).ecx & CPUID_80000001_ECX_SVM) != 0;
	if (!caps->present)
		return;
	svm = x86_cpuid(CPUID_LEAF_SVM, 0);
	caps->revision = svm.eax & 0xff;
	caps->asids = svm.ebx;
	caps->features = svm.edx;
	traps_rdmsr(MSR_VM_CR, &caps->vm_cr);
}
