/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The threads at home on one CPU, and those of them that are ready, first come
 * first served. Pure; its caller holds the lock.
 */
#pragma once

#include "core/sched/thread.h"

struct run_queue {
	struct thread *home;			 /* all */
	struct thread *ready_first, *ready_last; /* last: meaningless while first is NULL */
};

/* Makes thread, which is at home here, ready: it comes last. */
void run_queue_add(struct run_queue *queue, struct thread *thread);

/* As run_queue_add, but it comes first. */
void run_queue_add_first(struct run_queue *queue, struct thread *thread);

/* The one whose turn it is, which is no longer ready. NULL: none is. */
struct thread *run_queue_take(struct run_queue *queue);

/* thread is at home here, and ready. */
void run_queue_join(struct run_queue *queue, struct thread *thread);

/* It no longer is: its state is now state. */
void run_queue_leave(struct run_queue *queue, struct thread *thread, enum thread_state state);
