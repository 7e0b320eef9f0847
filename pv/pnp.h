/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page-not-present events: which are out, and where their resolutions go. Pure:
 * the guest's memory is the caller's, who reads tail once and passes it on;
 * nothing that the guest writes can make this write outside the ring or run
 * out of tokens without an answer.
 */
#pragma once

#include "core/base/bits.h"

enum { PNP_RING_MAX = 128 };

/* An absent page that a vCPU waits for, and how far its pager (core/guest/pager.h) was asked. */
struct page_request {
	u64 gpa;
	u32 seen_ms;   /* of uptime, modulo 2^32, when it was looked at last; 0: not yet */
	u32 waited_ms; /* in all */
	u32 ring;      /* the number of the pager's ring that it was put into; 0: none */
};

struct pnp_token {
	struct page_request request;
	u32 value; /* what the guest knows it by */
	u16 vcpu;
	bool out;
};

struct pnp {
	u64 ring; /* guest-physical; size 0: none */
	u32 size; /* events in it, a power of two */
	u32 head; /* as the guest is to read it */
	u32 out;  /* tokens */
	u32 serial;
	struct pnp_token token[PNP_RING_MAX];
};

enum pnp_result {
	PNP_OK,
	PNP_BUSY,   /* no token is free */
	PNP_BROKEN, /* the guest has written an impossible tail */
};

/* May a ring have so many events? */
bool pnp_size_valid(u64 size);

/* May a guest's ring of size events stand like this? head and tail count modulo 2^32. */
static inline bool pnp_tail_valid(u32 head, u32 tail, u32 size)
{
	return head - tail <= size;
}

/* A new ring, or (size 0) none; whatever was out is forgotten. */
void pnp_set_ring(struct pnp *pnp, u64 gpa, u32 size);

/*
 * A token for an event about the page at gpa, on its way to vcpu. So that the
 * ring can never be full, those that are out and those that the guest has not
 * read yet are fewer than size together.
 */
enum pnp_result pnp_take(struct pnp *pnp, u32 tail, u64 gpa, u32 vcpu, u32 *value);

/*
 * The event of token[index] is resolved: *event is the one in the ring that is
 * to say so, before head is. Never PNP_BUSY.
 */
enum pnp_result pnp_put(struct pnp *pnp, u32 tail, unsigned index, u32 *event);

/* Forgets what is out for a vCPU. */
void pnp_cancel(struct pnp *pnp, u32 vcpu);

/* The index of the first token from from on that is out; -1: none. */
int pnp_next(const struct pnp *pnp, unsigned from);
