/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Defines a thread: its state, its home, and its pending word. Never schedules one:
 * core/host/sched.c does.
 */
#pragma once

#include "core/base/atomic.h"
#include "core/base/types.h"

/*
 * The pending word has a bit for each asynchronous event that a thread must handle.
 * Any CPU sets bits (sched_wake); only the thread itself clears them.
 */
enum pending {
	PENDING_IRQ = 1 << 0,	  /* an interrupt was posted, or may have become deliverable */
	PENDING_TIMER = 1 << 1,	  /* the thread's deadline has passed */
	PENDING_RESCHED = 1 << 2, /* the thread's time slice has ended */
	PENDING_STOP = 1 << 3,	  /* the vCPU must end: its guest is being stopped */
	PENDING_FLUSH = 1 << 4,	  /* flush the vCPU's cached translations */
	PENDING_INPUT = 1 << 5,	 /* for the administrator: input has arrived or a guest has ended */
	PENDING_ALARM = 1 << 6,	 /* compute the thread's deadline again */
	PENDING_PAUSE = 1 << 7,	 /* the guest is paused or resumed */
	PENDING_RECORD = 1 << 8, /* an operator requests the vCPU's record */
	PENDING_MOVE = 1 << 9,	 /* move to another CPU */
	PENDING_APIC = 1 << 10,	 /* acceleration of the VM's APICs changes; check IRR again */
	PENDING_END = 1 << 11,	 /* the first unused bit; trace_text.c names those below */
};

enum thread_state {
	THREAD_NEW,
	THREAD_READY,
	THREAD_RUNNING,
	THREAD_BLOCKED,
	THREAD_MOVING, /* to another CPU, but the old CPU still uses its stack */
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
	u32 number; /* distinguishes threads of the same name, such as vCPUs */
	u32 who;    /* for the trace: trace_ring_who() or TRACE_NOBODY; constant once started */
};

/*
 * Clears the pending word and returns its old value. Only the thread itself may call
 * this, and must do so before it reads the data that the bits announce. The swap
 * orders both, so that data announced later sets a bit again.
 */
static inline u32 thread_take_pending(struct thread *thread)
{
	return atomic_swap(&thread->pending, 0);
}
