/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether hardware runs the APICs of a VM's vCPUs; and what it leaves to software then. */
#pragma once

#include "core/base/types.h"

struct vcpu;
struct vm;

/* Computes the VM's reasons anew, and has each vCPU look at them if hardware is to come or go. */
void vcpu_accel_sync_vm(struct vm *vm);

/* enum accel_reason, those of the VM and the vCPU's own: why hardware does not run its APIC. */
u32 vcpu_accel_reasons(const struct vcpu *vcpu);

/*
 * Sets vcpu->accel.on as the reasons say. has_pic_irq: the vCPU waits for an interrupt of the
 * 8259s. The vCPU's own thread, before an entry.
 */
void vcpu_accel_sync(struct vcpu *vcpu, bool has_pic_irq);

/* Exits of hardware that runs the APIC: does the rest of a write that it has stored, of an EOI. */
void vcpu_accel_finish_write(struct vcpu *vcpu, u32 offset);
void vcpu_accel_finish_eoi(struct vcpu *vcpu, u8 vector);
