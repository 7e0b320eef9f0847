/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens when a vCPU touches a page that is not there: it is told
 * (pv/abi.h), or sleeps, or the guest ends; and what happens when the page is.
 */
#pragma once

#include "core/base/addr.h"
#include "pv/pnp.h"

struct vcpu;
struct vm;

/* How a vCPU is to be told; its own thread. */
struct page_teller {
	bool on;
	u8 vector, resolved;
	u32 flags; /* ASHLAR_PNP_* */
	u64 data;  /* guest-physical, of a struct page_not_present_data */
};

/* The access that cannot go on; its own thread but for what is said. */
struct page_wait {
	u64 gpa, gva;
	u32 flags;    /* PAGE_NOT_PRESENT_* */
	bool wanted;  /* atomic read, released last: there is one */
	bool decided; /* atomic read, released after gpa: it was not told, and sleeps */
};

/* Of a VM's life so far. */
struct page_counts {
	u64 told, slept, resolved, failed; /* atomic */
	u64 late;			   /* what it has not brought in time; the keeper's */
};

/*
 * A nested page fault at an address where the vCPU has RAM (VCPU_PLACE_RAM). Before the vCPU
 * enters its guest again the page is present, or its absence has been dealt with.
 */
void page_events_fault(struct vcpu *vcpu, struct gpa gpa, u64 gva, u32 flags);

/* On the way to an entry, for a vCPU with wait.wanted. True: it sleeps on. accepts: enum
 * vcpu_accepts. */
bool page_events_wait(struct vcpu *vcpu, unsigned accepts);

/* INIT: the vCPU is told nothing more. */
void page_events_cancel(struct vcpu *vcpu);

/*
 * The keeper's thread: brings what running vCPUs wait for, as far as it can be had.
 * True: a pager is to bring more, and is to be reminded.
 */
bool page_events_work(struct vm *vm);

/* Hypercalls, as pv/abi.h has them. Places, sizes and vectors have been found good. */
void page_events_ring(struct vcpu *vcpu, u64 gpa, u32 size);
s64 page_events_register(struct vcpu *vcpu, const struct page_teller *teller);
s64 page_events_query(struct vcpu *vcpu, u64 gpa);
