/* SPDX-License-Identifier: BSD-2-Clause */
/* The one line that chooses the backend. */
#include "core/virt.h"

#include "core/x86.h"
#include "svm/svm.h"

const struct virt_ops *virt;

enum { CPUID_EXTENDED_FEATURES = (int)0x80000001 };
#define CPUID_ECX_SVM BIT(2)

enum status virt_select(struct error *err)
{
	if (x86_cpuid((u32)CPUID_EXTENDED_FEATURES, 0).ecx & CPUID_ECX_SVM)
		virt = &svm_ops;
	if (!virt)
		return fail(err, ERR_UNSUPPORTED,
			    "this CPU has no SVM (CPUID 8000_0001 ECX bit 2 is clear): guests need a "
			    "CPU with AMD-V and nested paging, turned on in the firmware setup");
	return OK;
}
