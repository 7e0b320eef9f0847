/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU touches an absent page: the vCPU is notified
 * (pv/abi.h), or sleeps, or the guest ends. When the page is present, the guest
 * gets a resolution, or the vCPU wakes.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/lock.h"
#include "pv/pnp.h"

struct vcpu;
struct vm;

/* How a vCPU is notified; its own thread. */
struct page_registration {
	bool on;
	u8 vector, resolved;
	u32 flags; /* ASHLAR_PNP_* */
	u64 data;  /* guest-physical, of a struct page_not_present_data */
};

/* An access to an absent page. Its vCPU's thread writes. */
struct page_wait {
	u64 gpa, gva;
	u32 flags;    /* PAGE_NOT_PRESENT_* */
	bool active;  /* atomic read, released last: the vCPU has made such an access */
	bool decided; /* atomic read, released after gpa: the vCPU was not notified, and sleeps */
};

/* Counts of a VM's life so far. */
struct page_counts {
	u64 notified, slept, resolved, failed; /* atomic */
	u64 late; /* pages that the pager has not brought in time; the keeper's */
};

/*
 * A nested page fault at an address where the vCPU has RAM (VCPU_PLACE_RAM). Before the vCPU
 * enters its guest again the page is present, or its absence has been dealt with.
 */
void page_events_fault(struct vcpu *vcpu, struct gpa gpa, u64 gva, u32 flags);

/* The page events of one VM. */
struct vm_page_events {
	struct spinlock lock;
	struct pnp *pnp; /* lock */
	struct page_counts counts;
};

/*
 * Before an entry, for a vCPU with wait.active: notifies it, or ends the wait if the
 * page is present. True: the vCPU must sleep. accepts: enum vcpu_accepts.
 */
bool page_events_wait(struct vcpu *vcpu, unsigned accepts);

/* INIT, or the guest's request: the vCPU is not notified any more. */
void page_events_cancel(struct vcpu *vcpu);

/*
 * The keeper's thread: makes the pages present that vCPUs wait for, where it can.
 * True: a pager must bring more, and must be asked again.
 */
bool page_events_work(struct vm *vm);

/* Hypercalls, as pv/abi.h describes them. Addresses, sizes and vectors have been checked. */
void page_events_set_ring(struct vcpu *vcpu, u64 gpa, u32 size);
s64 page_events_register(struct vcpu *vcpu, const struct page_registration *registration);
s64 page_events_query(struct vcpu *vcpu, u64 gpa);
