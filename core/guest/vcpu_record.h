/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of a vCPU, which an operator can see: its state, written by the vCPU's own
 * thread on request and at its end, and kept with the VM until its next start.
 */
#pragma once

#include "core/guest/vcpu.h"
#include "core/trace/exit_kind.h"

struct vcpu_record {
	struct vcpu_state state;
	enum vcpu_mode mode;
	u32 cpu;
	u64 run_tsc; /* TSC ticks */
	u64 exits[EXIT_KIND_COUNT];
	u64 updates; /* atomic: how often it was written; 0: never */
};

/* Creates blank records for the VM's vCPUs, and frees those of its last life. ERR_NO_MEMORY. */
enum status vcpu_record_create(struct vm *vm, struct error *err) must_check;

/* Writes the vCPU's record. Its own thread, outside the guest. */
void vcpu_record_update(struct vcpu *vcpu);

/*
 * The record of vCPU id (below the VM's records.count), with its state of now or at its end.
 * NULL with ERR_BUSY: it has not run, or does not leave the guest in time. The administrator's
 * thread, which waits meanwhile.
 */
const struct vcpu_record *vcpu_record_get(struct vm *vm, u32 id, struct error *err) must_check;
