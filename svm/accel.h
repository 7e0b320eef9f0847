/* SPDX-License-Identifier: BSD-2-Clause */
/* Hardware that runs the guest's APIC: AVIC and x2AVIC. */
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

void svm_accel_switch(struct svm_vcpu *v); /* before an entry: hardware on or off for this vCPU */
void svm_accel_enter(const struct svm_vcpu *v); /* around svm_entry_run */
void svm_accel_leave(const struct svm_vcpu *v);
bool svm_accel_access(struct svm_vcpu *v); /* true: the instruction is to be emulated */
void svm_accel_ipi(struct svm_vcpu *v);
