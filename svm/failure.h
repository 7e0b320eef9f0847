/* SPDX-License-Identifier: BSD-2-Clause */
/* What ends a guest, said as exactly as hardware permits. */
#pragma once

#include "core/base/types.h"

struct svm_vcpu;

/* VMRUN refuses the VMCB. */
void svm_failure_invalid(struct svm_vcpu *v);

/* After a shutdown of the guest: panics if it was the machine's own failure. */
void svm_failure_check_machine(const struct svm_vcpu *v);
