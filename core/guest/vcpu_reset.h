/* SPDX-License-Identifier: BSD-2-Clause */
/* The states in which a vCPU begins: after reset, INIT and SIPI. */
#pragma once

#include "core/base/types.h"

struct vcpu;
struct vcpu_state;

/* The state after RESET. signature: CPUID leaf 1's EAX. */
void vcpu_reset_state(struct vcpu_state *state, u32 signature);

/* The signature in this vCPU's CPUID. */
u32 vcpu_reset_signature(const struct vcpu *vcpu);

/* INIT has arrived, and SIPI at a vCPU that waits for it. The vCPU's thread. */
void vcpu_reset_on_init(struct vcpu *vcpu);
void vcpu_reset_on_sipi(struct vcpu *vcpu, u8 vector);
