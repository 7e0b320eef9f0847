/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMCS that is current on a CPU, and the registers in it that the host never uses. */
#pragma once

#include "core/base/types.h"

struct vmx_vcpu;

struct vmcs_guest;

void vmx_switch_prepare(struct vmx_vcpu *v); /* the VMCS of a new vCPU */

/* The vCPU becomes live on this CPU, and no longer is. */
void vmx_switch_open(struct vmx_vcpu *v, const struct vmcs_guest *guest);
void vmx_switch_close(struct vmx_vcpu *v);

/* The vCPU's VMCS, FPU, debug registers and MSRs into this CPU; and out, unless it is live. */
void vmx_switch_in(struct vmx_vcpu *v);
void vmx_switch_out(struct vmx_vcpu *v);
