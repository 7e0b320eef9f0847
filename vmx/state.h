/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies the vCPU's architectural state between the VMCS and its neutral form. */
#pragma once

#include "core/base/types.h"

struct vcpu;
struct vcpu_state;
struct vmx_vcpu;

/* struct virt_ops: vcpu_set_state, vcpu_get_state. */
void vmx_state_set(struct vcpu *vcpu, const struct vcpu_state *state);
void vmx_state_get(struct vcpu *vcpu, struct vcpu_state *state);

/* The functions below need the vCPU's VMCS to be current. */

/* RIP, RSP and RFLAGS, from the VMCS to vcpu.regs and back. */
void vmx_state_load_regs(struct vmx_vcpu *v);
void vmx_state_store_regs(struct vmx_vcpu *v);

void vmx_state_load_control(struct vmx_vcpu *v); /* vcpu.ctl from the VMCS */
bool vmx_state_is_64bit(void);
