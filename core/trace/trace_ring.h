/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a trace is made of: events of one size in a ring a CPU, which that CPU
 * alone writes and anyone may read meanwhile. Pure.
 */
#pragma once

#include "core/base/types.h"

enum trace_what {
	TRACE_EXIT,	 /* kind: enum exit_kind; code: hardware's; a: RIP, b: its qualification */
	TRACE_INJECT,	 /* kind: event type; code: vector; a: error code */
	TRACE_IPI,	 /* kind: delivery mode; code: vector; a: destination; who: sender */
	TRACE_SWITCH,	 /* the CPU goes to who; a: const char *, the thread's name; 0: idle */
	TRACE_WAKE,	 /* who is told; code: pending bits */
	TRACE_HYPERCALL, /* a: number, b: result */
	TRACE_WHAT_COUNT
};

/* VM and vCPU in one number. */
enum { TRACE_NOBODY = (int)0xffffffff };

static inline u32 trace_who(u32 vm, u32 vcpu)
{
	return vm << 16 | vcpu;
}

struct trace_event {
	u64 tsc;
	u32 who; /* trace_who() or TRACE_NOBODY */
	u8 what, kind;
	u16 code;
	u64 a, b;
};
static_assert(sizeof(struct trace_event) == 32, "an event is half a cache line");

enum { TRACE_RING_PAGES = 4, TRACE_RING_EVENTS = TRACE_RING_PAGES * 4096 / 32 - 1 };

struct trace_ring {
	u64 written; /* atomic, owner writes: events ever */
	u64 reserved[3];
	struct trace_event event[TRACE_RING_EVENTS];
};
static_assert(sizeof(struct trace_ring) == TRACE_RING_PAGES * 4096, "whole pages");

/* The owner alone, never interrupted by another of its own. */
void trace_ring_put(struct trace_ring *ring, const struct trace_event *event);

/* Reads what was there when it was opened, less what is overwritten meanwhile. */
struct trace_reader {
	const struct trace_ring *ring; /* NULL: empty */
	u64 position, end;
	bool loaded; /* next is what position - 1 was */
	struct trace_event next;
};

/* The last `most` events of the ring. */
void trace_reader_open(struct trace_reader *reader, const struct trace_ring *ring, u64 most);

/* The oldest event of all readers, and whose it is; -1: there are none left. */
int trace_next(struct trace_reader *readers, unsigned count, struct trace_event *out);
