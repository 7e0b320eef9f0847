/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a vCPU notes while the trace is on, and where its time goes meanwhile.
 * Every call but the first two is made by who has seen trace_on().
 */
#pragma once

#include "core/guest/vcpu.h"

/* Is vcpu->times of the trace that is on now? */
bool vcpu_trace_has_times(const struct vcpu *vcpu);

/* The vCPU's own thread: the time since the last call was spent on *spent. */
void vcpu_trace_account(struct vcpu *vcpu, u64 *spent);

/* An exit has come; code and info are hardware's. */
void vcpu_trace_exit(struct vcpu *vcpu, enum exit_kind kind, u16 code, u64 rip, u64 info);

/* ... and is dealt with; call is what RAX held before. */
void vcpu_trace_handled(struct vcpu *vcpu, enum exit_kind kind, u64 call);

/* The guest is about to be entered, with vcpu->event. */
void vcpu_trace_entry(struct vcpu *vcpu);

void vcpu_trace_ipi(const struct vm *vm, const struct apic_message *message, u32 sender);
