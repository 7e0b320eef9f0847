/* SPDX-License-Identifier: BSD-2-Clause */
/* AVIC and x2AVIC, the hardware that runs the guest's APIC: on, off, and exits. */
#pragma once

#include "apic/virt/accel.h"
#include "core/base/status.h"

struct vm;
struct svm_vcpu;

extern struct accel_hardware svm_accel;

/* struct virt_ops: accel_create, accel_destroy, accel_sync. */
enum status svm_accel_create(struct vm *vm, struct error *err) must_check;
void svm_accel_destroy(struct vm *vm);
void svm_accel_sync(struct vm *vm);

/* Before svm_vcpu_run sets the nested root: turns AVIC on or off as the APIC needs it. */
void svm_accel_switch(struct svm_vcpu *v);

/* Directly before and after svm_entry_run: the vCPU runs on this CPU; it runs nowhere. */
void svm_accel_enter(const struct svm_vcpu *v);
void svm_accel_leave(const struct svm_vcpu *v);

/* The two exits: an access that AVIC leaves to software (true: the caller emulates the
 * instruction), and an IPI that AVIC has not completed. */
bool svm_accel_access(struct svm_vcpu *v);
void svm_accel_ipi(struct svm_vcpu *v);
