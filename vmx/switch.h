/* SPDX-License-Identifier: BSD-2-Clause */
/* A CPU's current VMCS, and a CPU's registers that guests use and the host does not. */
#pragma once

#include "core/base/types.h"

struct vmcs_guest;
struct vmx_vcpu;

void vmx_switch_prepare(struct vmx_vcpu *v); /* initializes the VMCS of a new vCPU */

/* Makes the vCPU live on this CPU; ends this and clears its VMCS. See struct vmx_vcpu. */
void vmx_switch_open(struct vmx_vcpu *v, const struct vmcs_guest *guest);
void vmx_switch_close(struct vmx_vcpu *v);

/* Loads VMCS, FPU, debug registers and MSRs into this CPU; saves them, unless v is live. */
void vmx_switch_in(struct vmx_vcpu *v);
void vmx_switch_out(struct vmx_vcpu *v);
