/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the format of a trace: events of equal size, in one ring for each CPU. Only
 * that CPU writes to its ring; any CPU may read the ring at the same time. Never
 * waits and takes no lock. Pure.
 */
#pragma once

#include "core/base/types.h"

enum trace_what {
	TRACE_EXIT,   /* kind: enum exit_kind; code: hardware's; a: RIP, b: exit information */
	TRACE_INJECT, /* kind: event type; code: vector; a: error code */
	TRACE_IPI,    /* kind: delivery mode; code: vector; a: destination; who: sender */
	TRACE_SWITCH, /* the CPU runs thread who from now on; a: its name (const char *); 0: idle */
	TRACE_WAKE,   /* thread who is woken; code: pending bits */
	TRACE_HYPERCALL, /* a: number, b: result */
	TRACE_WHAT_COUNT
};

/* The value of `who` for a thread that is not a vCPU. */
enum { TRACE_NOBODY = (int)0xffffffff };

/* Returns the value of `who` for a vCPU: the numbers of its VM and of the vCPU. */
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
	u64 written; /* atomic, owner writes: number of all events ever written */
	u64 reserved[3];
	struct trace_event event[TRACE_RING_EVENTS];
};
static_assert(sizeof(struct trace_ring) == TRACE_RING_PAGES * 4096, "whole pages");

/*
 * Adds an event. Only the CPU that owns the ring may call this, and not from an
 * interrupt handler that may have interrupted another call.
 */
void trace_ring_put(struct trace_ring *ring, const struct trace_event *event);

/* Reads the events that a ring had at trace_ring_open; skips events overwritten since then. */
struct trace_reader {
	const struct trace_ring *ring; /* NULL: empty */
	u64 position, end;
	bool loaded; /* next holds the event at position - 1 */
	struct trace_event next;
};

/* Initializes reader for the last `most` events of the ring; without events if ring is NULL. */
void trace_ring_open(struct trace_reader *reader, const struct trace_ring *ring, u64 most);

/* Stores the oldest unread event of all readers in *out. Returns its reader's index; -1: none. */
int trace_ring_next(struct trace_reader *readers, unsigned count, struct trace_event *out);
