/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRs in the VMCB or the CPU, and the map of MSRs that a guest accesses without an exit. */
#pragma once

#include "core/base/status.h"

struct svm_vcpu;

/* place: enum msr_place. False: the guest gets #GP. */
bool svm_msr_read(struct svm_vcpu *v, unsigned place, u64 *value);
bool svm_msr_write(struct svm_vcpu *v, unsigned place, u64 value);

enum status svm_msr_map_init(struct error *err) must_check;
u64 svm_msr_map(bool x2apic); /* physical; x2apic: hardware runs the APIC in x2APIC mode */
