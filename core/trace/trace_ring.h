/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the form of a trace: events of one size, in a ring for each CPU. Only that
 * CPU writes the ring; any CPU may read it at the same time. Pure.
 */
#pragma once

#include "core/base/types.h"

enum trace_what {
	TRACE_EXIT,	 /* kind: enum exit_kind; code: hardware's; a: RIP, b: its qualification */
	TRACE_INJECT,	 /* kind: event type; code: vector; a: error code */
	TRACE_IPI,	 /* kind: delivery mode; code: vector; a: destination; who: sender */
	TRACE_SWITCH,	 /* the CPU runs who from now on; a: const char *, its name; 0: idle */
	TRACE_WAKE,	 /* who is woken; code: pending bits */
	TRACE_HYPERCALL, /* a: number, b: result */
	TRACE_WHAT_COUNT
};

/* In place of a VM and vCPU: the thread is no vCPU. */
enum { TRACE_NOBODY = (int)0xffffffff };

/* A VM and its vCPU in one number. */
static inline u32 trace_ring_who(u32 vm, u32 vcpu)
{
	return vm << 16 | vcpu;
}

struct trace_event {
	u64 tsc;
	u32 who; /* trace_ring_who() or TRACE_NOBODY */
	u8 what, kind;
	u16 code;
	u64 a, b;
};
static_assert(sizeof(struct trace_event) == 32, "an event is half a cache line");

enum { TRACE_RING_PAGES = 4, TRACE_RING_EVENTS = TRACE_RING_PAGES * 4096 / 32 - 1 };

struct trace_ring {
	u64 written; /* atomic, owner writes: how many events there ever were */
	u64 reserved[3];
	struct trace_event event[TRACE_RING_EVENTS];
};
static_assert(sizeof(struct trace_ring) == TRACE_RING_PAGES * 4096, "whole pages");

/* Adds an event. The CPU that owns the ring only, and not while a call of its own is interrupted.
 */
void trace_ring_put(struct trace_ring *ring, const struct trace_event *event);

/* Reads the events that were in a ring when it was opened, but for those overwritten since. */
struct trace_reader {
	const struct trace_ring *ring; /* NULL: empty */
	u64 position, end;
	bool loaded; /* next is what position - 1 was */
	struct trace_event next;
};

/* Makes reader give the last `most` events of the ring. */
void trace_ring_open(struct trace_reader *reader, const struct trace_ring *ring, u64 most);

/* Gives the oldest event of all readers, and returns the index of its reader; -1: none is left. */
int trace_ring_next(struct trace_reader *readers, unsigned count, struct trace_event *out);
