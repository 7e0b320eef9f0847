/* SPDX-License-Identifier: BSD-2-Clause */
/* APIC-register virtualization and posted interrupts, the hardware that runs the APIC. */
#pragma once

#include "apic/virt/accel.h"
#include "core/host/traps.h"

struct vmx_vcpu;

extern struct accel_hardware vmx_accel;

/* Before an entry: turns APIC virtualization on or off as the vCPU's APIC needs it. */
void vmx_accel_switch(struct vmx_vcpu *v);

u64 vmx_accel_eptp(const struct vmx_vcpu *v);	 /* the root that the present APIC mode needs */
void vmx_accel_posted(struct trap_frame *frame); /* the handler of VECTOR_POSTED */
