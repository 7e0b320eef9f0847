/* SPDX-License-Identifier: BSD-2-Clause */
/* The two lists, linked through struct thread. Takes no lock. Pure. */
#include "core/sched/run_queue.h"

void run_queue_add(struct run_queue *queue, struct thread *thread)
{
	thread->state = THREAD_READY;
	thread->next_ready = NULL;
	if (queue->ready_first)
		queue->ready_last->next_ready = thread;
	else
		queue->ready_first = thread;
	queue->ready_last = thread;
}

void run_queue_add_first(struct run_queue *queue, struct thread *thread)
{
	thread->state = THREAD_READY;
	thread->next_ready = queue->ready_first;
	if (!queue->ready_first)
		queue->ready_last = thread;
	queue->ready_first = thread;
}

struct thread *run_queue_take(struct run_queue *queue)
{
	struct thread *thread = queue->ready_first;

	if (thread)
		queue->ready_first = thread->next_ready;
	return thread;
}

void run_queue_join(struct run_queue *queue, struct thread *thread)
{
	thread->next_home = queue->home;
	queue->home = thread;
	run_queue_add(queue, thread);
}

/* Removes thread, which must be ready, from the queue. */
static void remove_ready(struct run_queue *queue, const struct thread *thread)
{
	struct thread *before = NULL, *t = queue->ready_first;

	for (; t != thread; t = t->next_ready)
		before = t;
	if (before)
		before->next_ready = t->next_ready;
	else
		queue->ready_first = t->next_ready;
	if (queue->ready_last == t)
		queue->ready_last = before;
}

void run_queue_leave(struct run_queue *queue, struct thread *thread, enum thread_state state)
{
	struct thread **link = &queue->home;

	while (*link != thread)
		link = &(*link)->next_home;
	*link = thread->next_home;
	if (thread->state == THREAD_READY)
		remove_ready(queue, thread);
	thread->state = state;
}
