/* SPDX-License-Identifier: BSD-2-Clause */
/* Hardware that runs the guest's APIC: APIC-register virtualization, posted interrupts. */
#pragma once

#include "apic/virt/accel.h"
#include "core/host/traps.h"

struct vmx_vcpu;

extern struct accel_hardware vmx_accel;

void vmx_accel_switch(struct vmx_vcpu *v); /* before an entry: hardware on or off for this vCPU */
u64 vmx_accel_eptp(const struct vmx_vcpu *v); /* of the root that its APIC's mode needs */
void vmx_accel_posted(struct trap_frame *frame);

/* Exits: a register was written; an EOI of a vector in eoi_exits. */
void vmx_accel_write(struct vmx_vcpu *v);
void vmx_accel_eoi(struct vmx_vcpu *v);
