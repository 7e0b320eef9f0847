/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an operator can see of a vCPU: a picture that the vCPU's own thread
 * takes when it is asked to, and at its end. Kept with the VM until its next
 * start.
 */
#pragma once

#include "core/guest/vcpu.h"

struct vcpu_record {
	struct vcpu_state state;
	enum vcpu_mode mode;
	u32 cpu;
	u64 run_tsc; /* TSC ticks */
	u64 exits[EXIT_KIND_COUNT];
	u64 taken; /* atomic: how many pictures were taken; 0: none */
};

/* Makes the VM's records, blank, and forgets those of its last life. */
enum status vcpu_record_create(struct vm *vm, struct error *err) must_check;

/* The vCPU's own thread, outside the guest. */
void vcpu_record_update(struct vcpu *vcpu);

/*
 * A picture of vCPU id (below record_count) as it is now, or as it was at its
 * end. NULL with an error: it has not run, or does not come out of the guest.
 * The administrator's thread.
 */
const struct vcpu_record *vcpu_record_get(struct vm *vm, u32 id, struct error *err) must_check;
