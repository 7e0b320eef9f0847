/* SPDX-License-Identifier: BSD-2-Clause */
/* Chooses the backend by what the CPU is. */
#include "core/host/virt.h"

#include "core/base/cpuid_bits.h"
#include "core/base/x86.h"
#include "svm/caps.h"
#include "vmx/caps.h"

const struct virt_ops *virt;

/* svm/svm.c, vmx/vmx.c: all that is known of them outside. */
extern const struct virt_ops svm_ops, vmx_ops;

enum status virt_select(struct error *err)
{
	if (x86_cpuid(CPUID_LEAF_EXTENDED_FEATURES, 0).ecx & CPUID_80000001_ECX_SVM)
		virt = &svm_ops;
	else if (x86_cpuid(CPUID_LEAF_FEATURES, 0).ecx & CPUID_1_ECX_VMX)
		virt = &vmx_ops;
	if (!virt)
		return fail(err, ERR_UNSUPPORTED,
			    "this CPU has neither VMX (CPUID 1 ECX bit 5) nor SVM (CPUID 8000_0001 "
			    "ECX bit 2): guests need a CPU with VT-x or AMD-V, turned on in the "
			    "firmware setup");
	return OK;
}
