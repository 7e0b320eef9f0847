/* SPDX-License-Identifier: BSD-2-Clause */
/* Chooses the backend by what the CPU is. */
#include "core/host/virt.h"

#include "core/base/cpuid_bits.h"
#include "core/base/x86.h"
#include "svm/caps.h"
#include "vmx/caps.h"

extern const struct virt_ops svm_virt, vmx_virt; /* svm/virt.c, vmx/virt.c */

const struct virt_ops *virt_select(struct error *err)
{
	if (x86_cpuid(CPUID_LEAF_EXTENDED_FEATURES, 0).ecx & CPUID_80000001_ECX_SVM)
		return &svm_virt;
	if (x86_cpuid(CPUID_LEAF_FEATURES, 0).ecx & CPUID_1_ECX_VMX)
		return &vmx_virt;
	(void)fail(err, ERR_UNSUPPORTED,
		   "this CPU has neither VMX (CPUID 1 ECX bit 5) nor SVM (CPUID 8000_0001 "
		   "ECX bit 2): guests need a CPU with VT-x or AMD-V, turned on in the "
		   "firmware setup");
	return NULL;
}
