/* SPDX-License-Identifier: BSD-2-Clause */
/* Failures that end a guest: logs them as exactly as hardware describes them. */
#pragma once

#include "core/base/types.h"

struct svm_vcpu;

/* VMRUN has refused the VMCB: logs its registers and stops the VM. */
void svm_failure_invalid(struct svm_vcpu *v);

/* After a shutdown of the guest: panics if a machine check of this CPU caused it. */
void svm_failure_check_machine(const struct svm_vcpu *v);
