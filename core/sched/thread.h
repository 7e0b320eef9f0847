/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a thread is: its state, its home, and its pending word. Scheduling it is
 * core/host/sched.c's.
 */
#pragma once

#include "core/base/atomic.h"
#include "core/base/types.h"

/*
 * The pending word: everything asynchronous that happens to a thread is a bit
 * here. Anyone sets bits (sched_wake), the thread alone clears them.
 */
enum pending {
	PENDING_IRQ = 1 << 0,	  /* an interrupt was posted, or may have become deliverable */
	PENDING_TIMER = 1 << 1,	  /* the thread's deadline has passed */
	PENDING_RESCHED = 1 << 2, /* the time slice is over */
	PENDING_STOP = 1 << 3,	  /* leave: the guest is being stopped */
	PENDING_FLUSH = 1 << 4,	  /* forget guest translations */
	PENDING_INPUT = 1 << 5,	  /* the administrator: something came in or a guest has ended */
	PENDING_ALARM = 1 << 6,	  /* the thread's deadline is to be computed anew */
	PENDING_PAUSE = 1 << 7,	  /* the guest is paused, or goes on */
	PENDING_RECORD = 1 << 8,  /* the operator wants to see the vCPU's state */
	PENDING_MOVE = 1 << 9,	  /* leave for another CPU */
	PENDING_APIC = 1 << 10,	  /* hardware comes or goes for the VM's APICs; look at IRR again */
	PENDING_END = 1 << 11,	  /* behind the last; core/trace/trace_text.c names them all */
};

enum thread_state {
	THREAD_NEW,
	THREAD_READY,
	THREAD_RUNNING,
	THREAD_BLOCKED,
	THREAD_MOVING, /* to another CPU, its stack still in use on the old one */
	THREAD_LEAVING,
	THREAD_DONE
};

struct thread {
	u64 sp;				       /* saved stack pointer while not running */
	u32 pending;			       /* atomic */
	u32 cpu;			       /* home CPU; atomic read, lock: home run queue */
	bool urgent;			       /* runs at once when it wakes; owner writes */
	enum thread_state state;	       /* lock: home run queue */
	u64 deadline;			       /* TSC; UINT64_MAX: none. lock: home run queue */
	u64 run_tsc;			       /* TSC ticks spent running; home CPU writes */
	struct thread *next_ready, *next_home; /* lock: home run queue */
	void *stack;
	const char *name;
	u32 number; /* tells those of one name apart: a vCPU's */
	u32 who;    /* for the trace: trace_ring_who() or TRACE_NOBODY; constant once started */
};

/*
 * Clears the pending word and returns what it was. The thread itself only, before it looks at
 * what the bits stand for: a swap, so that what is announced later sets a bit again.
 */
static inline u32 thread_take_pending(struct thread *thread)
{
	return atomic_swap(&thread->pending, 0);
}
