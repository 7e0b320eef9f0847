/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers that a guest has in the CPU and the host never uses: FPU, DR0 to DR3, XCR0. */
#pragma once

#include "core/base/types.h"

struct svm_vcpu;

void svm_switch_in(struct svm_vcpu *v);	 /* this vCPU's into this CPU */
void svm_switch_out(struct svm_vcpu *v); /* back into memory, if they are in this CPU */
