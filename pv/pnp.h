/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the tokens of a guest's page-not-present events (pv/abi.h) and computes the
 * places of their resolutions in the guest's ring. Never accesses guest memory: the
 * caller reads the ring's tail once and passes that value. No value that a guest can
 * write leads to a place outside the ring; without a free token the result is
 * PNP_BUSY. Pure.
 */
#pragma once

#include "core/base/bits.h"

enum { PNP_RING_MAX = 128 };

/* An absent page that a vCPU waits for, and the state of the request to its pager
 * (core/guest/pager.h). */
struct page_request {
	u64 gpa;
	u32 seen_ms;   /* uptime modulo 2^32 when the request was last examined; 0: not yet */
	u32 waited_ms; /* total */
	u32 ring;      /* the number of the pager's ring that holds the request; 0: none */
};

struct pnp_token {
	struct page_request request;
	u32 value; /* the number that the guest sees */
	u16 vcpu;  /* number of the event's vCPU */
	bool out;  /* in use: the event is not yet resolved */
};

struct pnp {
	u64 ring;   /* guest-physical; no ring while size is 0 */
	u32 size;   /* number of events in the ring, a power of two */
	u32 head;   /* the value of head in the guest's memory; modulo 2^32 */
	u32 out;    /* number of tokens in use */
	u32 serial; /* of the next token; makes token values differ */
	struct pnp_token token[PNP_RING_MAX];
};

enum pnp_result {
	PNP_OK,
	PNP_BUSY,   /* no token is free */
	PNP_BROKEN, /* the tail that the guest wrote is impossible */
};

/* True if a ring may have this many events. */
bool pnp_size_valid(u64 size);

/* True if head and tail, both modulo 2^32, are possible in a ring of size events. */
static inline bool pnp_tail_valid(u32 head, u32 tail, u32 size)
{
	return head - tail <= size;
}

/* Sets a new ring, or none (size 0). All tokens become free without a resolution. */
void pnp_set_ring(struct pnp *pnp, u64 gpa, u32 size);

/*
 * Allocates a token for an event about the page at gpa, to be delivered to vcpu, and
 * stores the token's value in *value. So that the ring always has room for the
 * resolutions, the number of tokens in use plus that of unread events stays below
 * size: PNP_BUSY otherwise.
 */
enum pnp_result pnp_take(struct pnp *pnp, u32 tail, u64 gpa, u32 vcpu, u32 *value);

/*
 * Frees token[index], whose event is resolved, and advances head. The caller must
 * write the resolution to the ring at index *event first and the new head after that.
 * Never returns PNP_BUSY.
 */
enum pnp_result pnp_put(struct pnp *pnp, u32 tail, unsigned index, u32 *event);

/* Frees all tokens of a vCPU without a resolution. */
void pnp_cancel(struct pnp *pnp, u32 vcpu);

/* Returns the index of the first token in use at or after index from; -1: none. */
int pnp_next(const struct pnp *pnp, unsigned from);
