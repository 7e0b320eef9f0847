/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU's local APIC and the world outside it: messages between APICs, the line at
 * LINT0, and the effects that the model returns.
 */
#pragma once

#include "core/base/types.h"

struct apic_message;
struct vcpu;
struct vcpu_set;
struct vlapic;
struct vlapic_effects;
struct vm;

/* --- On the vCPU's own thread --- */

/* The vCPU's APIC after an exit, with what hardware has done to its registers. */
struct vlapic *vcpu_apic(struct vcpu *vcpu);

/* Performs the effects that the vCPU's own APIC has returned. */
void vcpu_apic_apply(struct vcpu *vcpu, const struct vlapic_effects *fx);

/* The IDs or modes that the APIC answers to have changed: updates the VM's routing map. */
void vcpu_apic_sync_route(struct vcpu *vcpu);

/* LINT0 has become masked, unmasked or something else: the line wakes this vCPU, or no more. */
void vcpu_apic_sync_lint0(struct vcpu *vcpu);

/* Gives the APIC what LINT0's line has done since the last call. */
void vcpu_apic_sample_lint0(struct vcpu *vcpu);

/* --- On any thread --- */

/*
 * Sends an interrupt message to the APICs that it names; sender is a vCPU's index.
 * False: no APIC was named.
 */
bool vcpu_apic_send(struct vm *vm, const struct apic_message *message, u32 sender);

/* Puts the message into the targets' inboxes. */
void vcpu_apic_post(struct vm *vm, const struct vcpu_set *targets,
		    const struct apic_message *message);

/* Posts an edge-triggered interrupt of the hypervisor's own to vCPU id. */
void vcpu_apic_interrupt(struct vm *vm, u32 id, u8 vector);
