/* SPDX-License-Identifier: BSD-2-Clause */
/* A CPU's registers that guests use and the host does not: FPU, DR0 to DR3, XCR0, TSC_AUX. */
#pragma once

#include "core/base/types.h"

struct svm_vcpu;

void svm_switch_in(struct svm_vcpu *v);	 /* loads this vCPU's registers into this CPU */
void svm_switch_out(struct svm_vcpu *v); /* saves them, if this CPU holds them */
