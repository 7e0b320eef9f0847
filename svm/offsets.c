/* SPDX-License-Identifier: BSD-2-Clause */
/* Offsets for svm/entry.asm; see core/guest/offsets.c. */
#include "core/base/offsets.h"

#include "svm/vcpu.h"

void offsets(void);

void offsets(void)
{
	static_assert(offsetof(struct svm_vcpu, vcpu) == 0, "VCPU_ offsets hold for both");
	OFFSET(SVM_VCPU_VMCB_PA, svm_vcpu, vmcb_pa);
}
