/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies the vCPU's architectural state between the VMCB and its neutral form. */
#pragma once

#include "core/base/types.h"

struct vcpu;
struct vcpu_state;
struct svm_vcpu;

/* struct virt_ops: vcpu_set_state, vcpu_get_state. */
void svm_state_set(struct vcpu *vcpu, const struct vcpu_state *state);
void svm_state_get(struct vcpu *vcpu, struct vcpu_state *state);

/* RIP, RSP and RFLAGS, from the VMCB to vcpu.regs and back. */
void svm_state_load_regs(struct svm_vcpu *v);
void svm_state_store_regs(struct svm_vcpu *v);

/* vcpu.ctl from the VMCB: only the members that a fetch needs; all members. */
void svm_state_load_paging(struct svm_vcpu *v);
void svm_state_load_control(struct svm_vcpu *v);
