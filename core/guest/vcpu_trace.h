/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events that a vCPU writes into the trace, and its account of time while the trace is on.
 * All functions but vcpu_trace_has_times need trace_on() to have been true just before.
 */
#pragma once

#include "core/base/types.h"
#include "core/trace/exit_kind.h"

struct apic_message;
struct vcpu;
struct vm;

/* True if the trace is on and vcpu->times belongs to it. */
bool vcpu_trace_has_times(const struct vcpu *vcpu);

/* Adds the time since the last call to *spent, a member of vcpu->times. The vCPU's own thread. */
void vcpu_trace_account(struct vcpu *vcpu, u64 *spent);

/* At an exit; code and info are hardware's. */
void vcpu_trace_exit(struct vcpu *vcpu, enum exit_kind kind, u16 code, u64 rip, u64 info);

/* After its handler; call: RAX at the exit. */
void vcpu_trace_handled(struct vcpu *vcpu, enum exit_kind kind, u64 call);

/* Before an entry with vcpu->event. */
void vcpu_trace_entry(struct vcpu *vcpu);

void vcpu_trace_ipi(const struct vm *vm, const struct apic_message *message, u32 sender);
