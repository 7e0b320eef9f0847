/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the list of the threads at home on one CPU and the queue of those that are
 * ready, in the order in which they run. Never switches threads and takes no lock:
 * the caller holds the lock of the run queue. Pure.
 */
#pragma once

#include "core/sched/thread.h"

struct run_queue {
	struct thread *home;			 /* all threads at home here */
	struct thread *ready_first, *ready_last; /* last: valid only if first is not NULL */
};

/* Makes thread, which must be at home here, ready and puts it at the end. */
void run_queue_add(struct run_queue *queue, struct thread *thread);

/* As run_queue_add, but puts thread at the front. */
void run_queue_add_first(struct run_queue *queue, struct thread *thread);

/* Removes and returns the first ready thread; the caller sets its state. NULL: none is ready. */
struct thread *run_queue_take(struct run_queue *queue);

/* Makes this thread's home, and the thread ready. */
void run_queue_join(struct run_queue *queue, struct thread *thread);

/* Ends thread's home here, removes it from the queue if it is ready, and sets its state. */
void run_queue_leave(struct run_queue *queue, struct thread *thread, enum thread_state state);
