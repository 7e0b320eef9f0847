/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pagers: guests that bring the contents of other guests' RAM (`lazy = pager:VM`).
 * Asks a pager for absent pages, and fills them with what the pager gives.
 */
#pragma once

#include "core/base/lock.h"
#include "core/memory/pages.h"
#include "pv/pnp.h"

struct vcpu;
struct vm;

/* The ring of a VM that is a pager, as pv/abi.h describes it. */
struct pager {
	struct spinlock lock;
	u64 ring;   /* guest-physical */
	u32 size;   /* in events; 0: there is no ring */
	u32 head;   /* as the guest reads it */
	u32 number; /* differs from that of each earlier ring; not 0 */
	u32 vcpu;
	u8 vector;
};

/*
 * For an absent page of vm, which has a pager; the keeper's thread. Puts a request
 * into the pager's ring, unless it is there already. Marks the page failed when
 * `pager_timeout` is over. Returns the state of the page after that.
 */
enum page_state pager_request(struct vm *vm, struct page_request *request);

/* INIT of a pager's vCPU: removes the ring if its interrupts go to this vCPU. */
void pager_cancel(struct vcpu *vcpu);

/*
 * Hypercalls, as pv/abi.h describes them. The ring's address and size, and the vector,
 * have been checked.
 */
s64 pager_set_ring(struct vcpu *vcpu, u64 gpa, u32 size, u8 vector);
s64 pager_give(struct vcpu *vcpu, u64 client, u64 gpa, u64 contents);
s64 pager_fail(struct vcpu *vcpu, u64 client, u64 gpa);
