/* SPDX-License-Identifier: BSD-2-Clause */
/* Offsets for vmx/entry.asm; see core/guest/offsets.c. */
#include "core/base/offsets.h"
#include "vmx/vcpu.h"

void offsets(void);

void offsets(void)
{
	static_assert(offsetof(struct vmx_vcpu, vcpu) == 0, "VCPU_ offsets hold for both");
	OFFSET(VCPU_EVENT_VALID, vcpu, event.valid);
	OFFSET(VMX_VCPU_HOST_RSP, vmx_vcpu, host_rsp);
	OFFSET(VMX_VCPU_LAUNCHED, vmx_vcpu, launched);
}
