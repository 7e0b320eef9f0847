/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests that have what other guests' RAM contains (`lazy = pager:VM`): asks
 * them for pages that are wanted, and takes what they hand over.
 */
#pragma once

#include "core/base/lock.h"
#include "core/memory/pages.h"
#include "pv/pnp.h"

struct vcpu;
struct vm;

/* Of a VM that is a pager: its ring, as pv/abi.h has it. */
struct pager {
	struct spinlock lock;
	u64 ring;   /* guest-physical */
	u32 size;   /* events in it; 0: there is none */
	u32 head;   /* as the guest is to read it */
	u32 number; /* of this ring, unlike those before it; not 0 */
	u32 vcpu;
	u8 vector;
};

/*
 * The keeper's thread, about an absent page of vm, which has a pager: asks for it,
 * unless it has been asked for in the pager's present ring, and has it fail when
 * patience (`pager_timeout`) is over. What it says is the state then.
 */
enum page_state pager_want(struct vm *vm, struct page_want *want);

/* INIT: a ring that interrupts the vCPU is none any more. */
void pager_cancel(struct vcpu *vcpu);

/*
 * Hypercalls, as pv/abi.h has them. The ring's place and size, and the vector, have
 * been found good.
 */
s64 pager_ring(struct vcpu *vcpu, u64 gpa, u32 size, u8 vector);
s64 pager_give(struct vcpu *vcpu, u64 client, u64 gpa, u64 contents);
s64 pager_fail(struct vcpu *vcpu, u64 client, u64 gpa);
