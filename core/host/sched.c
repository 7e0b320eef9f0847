/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The run queues. Owns thread states, deadlines and the CPU's timer; knows
 * nothing of guests.
 */
#include "core/host/sched.h"

#include "apic/host/lapic.h"
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/base/lock.h"
#include "core/base/log.h"
#include "core/base/string.h"
#include "core/base/time.h"
#include "core/base/vectors.h"
#include "core/base/x86.h"
#include "core/host/alarm.h"
#include "core/host/cpu.h"
#include "core/host/trace.h"
#include "core/host/traps.h"
#include "core/sched/run_queue.h"
#include "drivers/host/clock.h"
#include "mm/host/heap.h"
#include "mm/host/stack.h"

enum { SLICE_NS = 10 * NS_PER_MS };

struct sched_cpu {
	u32 cpu; /* whose queue this is; constant */
	struct spinlock lock;
	struct run_queue run;	/* every thread of this CPU; lock */
	struct thread *current; /* NULL: idle */
	struct thread *leaving; /* its stack is still in use until the next switch */
	u64 slice_end;
	struct alarm alarm;
	u64 idle_sp;
};

void switch_stack(u64 *old_sp, u64 new_sp);
void switch_first(void);

static struct sched_cpu *this_queue(void)
{
	return cpu_this()->sched;
}

/*
 * The queue of the thread's home CPU, locked. A thread changes its home under the
 * old home's lock, so it stays where it is while that lock is held. Acquire: the
 * mover has seen the new CPU online, with its queue.
 */
static struct sched_cpu *lock_home(const struct thread *thread)
{
	for (;;) {
		u32 cpu = atomic_load_acquire(&thread->cpu);
		struct sched_cpu *queue = cpu_by_number(cpu)->sched;

		spin_lock(&queue->lock);
		if (atomic_get(&thread->cpu) == cpu)
			return queue;
		spin_unlock(&queue->lock);
	}
}

static void poke(const struct sched_cpu *queue)
{
	if (queue != this_queue())
		cpu_send_kick(queue->cpu);
}

/* A time slice ends only while another thread is ready for the CPU. */
static void slice_begin(struct sched_cpu *queue)
{
	queue->slice_end = UINT64_MAX;
	if (!queue->run.ready_first || !queue->current)
		return;
	queue->slice_end = x86_rdtsc() + clock_tsc_from_ns(SLICE_NS);
	alarm_lower(&queue->alarm, queue->slice_end);
}

/* Makes a blocked thread ready. An urgent thread is first, and the running thread yields to it. */
static void wake(struct sched_cpu *queue, struct thread *thread)
{
	(thread->urgent ? run_queue_add_first : run_queue_add)(&queue->run, thread);
	if (thread->urgent && queue->current)
		atomic_or(&queue->current->pending, PENDING_RESCHED);
}

static void expire(struct sched_cpu *queue, struct thread *thread)
{
	thread->deadline = UINT64_MAX;
	atomic_or(&thread->pending, PENDING_TIMER);
	if (thread->state == THREAD_BLOCKED)
		wake(queue, thread);
}

/* A CPU whose alarm was lost would never leave a guest that spins: its neighbour interrupts it. */
static void watch_neighbour(const struct sched_cpu *queue)
{
	const struct cpu *next = cpu_by_number((queue->cpu + 1) % cpu_count());

	if (next->sched && cpu_is_online(next) && alarm_is_lost(&next->sched->alarm))
		cpu_send_kick(next->number);
}

static void timer_interrupt(struct trap_frame *frame)
{
	struct sched_cpu *queue = this_queue();
	u64 now = x86_rdtsc(), next = UINT64_MAX;

	(void)frame;
	lapic_eoi();
	spin_lock(&queue->lock);
	for (struct thread *t = queue->run.home; t; t = t->next_home) {
		if (t->deadline <= now)
			expire(queue, t);
		if (t->deadline < next)
			next = t->deadline;
	}
	if (queue->current && queue->run.ready_first) {
		if (queue->slice_end <= now)
			atomic_or(&queue->current->pending, PENDING_RESCHED);
		else if (queue->slice_end == UINT64_MAX)
			queue->slice_end = now + clock_tsc_from_ns(SLICE_NS);
		if (queue->slice_end > now && queue->slice_end < next)
			next = queue->slice_end;
	}
	queue->alarm.armed = UINT64_MAX;
	alarm_lower(&queue->alarm, next);
	spin_unlock(&queue->lock);
	watch_neighbour(queue);
}

/*
 * Another CPU has put a thread on this queue or set a pending bit. The interrupt
 * itself ends the guest's run or the halt, after which this CPU looks at both.
 */
static void kick_interrupt(struct trap_frame *frame)
{
	struct sched_cpu *queue = this_queue();

	(void)frame;
	lapic_eoi();
	spin_lock(&queue->lock);
	if (queue->slice_end == UINT64_MAX)
		slice_begin(queue);
	spin_unlock(&queue->lock);
}

/* A CPU that was offline still has its queue, which is empty. */
enum status sched_init_cpu(struct error *err)
{
	struct sched_cpu *queue = cpu_this()->sched;

	if (!queue)
		queue = heap_alloc_pages(1);
	if (!queue)
		return fail(err, ERR_NO_MEMORY, "no memory for the run queue");
	queue->cpu = cpu_this()->number;
	queue->slice_end = UINT64_MAX;
	queue->alarm.armed = UINT64_MAX;
	cpu_this()->sched = queue;
	traps_set_handler(VECTOR_TIMER, timer_interrupt);
	traps_set_handler(VECTOR_KICK, kick_interrupt);
	return OK;
}

/*
 * Runs first on the stack that was switched to, with the lock that was taken on
 * the stack before. A thread that has left this CPU no longer uses its stack now.
 */
static void switch_finish(void)
{
	struct sched_cpu *queue = this_queue();
	struct thread *left = queue->leaving;
	bool moves = left && left->state == THREAD_MOVING;

	queue->leaving = NULL;
	if (left && !moves)
		left->state = THREAD_DONE;
	spin_unlock(&queue->lock);
	if (moves)
		sched_start(left);
}

enum status sched_create(struct thread *thread, const char *name, u32 cpu, void (*entry)(void *),
			 void *arg, struct error *err)
{
	u64 *sp;

	memset(thread, 0, sizeof(*thread));
	thread->stack = stack_alloc(THREAD_STACK_SIZE);
	if (!thread->stack)
		return fail(err, ERR_NO_MEMORY, "%s: no memory for a stack", name);
	thread->name = name;
	thread->who = (u32)TRACE_NOBODY;
	thread->cpu = cpu;
	thread->deadline = UINT64_MAX;
	/* switch_stack pops r15 r14 r13 r12 rbp rbx and the return address. */
	sp = (u64 *)thread->stack - 8;
	sp[0] = 0;
	sp[1] = (u64)switch_finish;
	sp[2] = (u64)arg;
	sp[3] = (u64)entry;
	sp[4] = 0;
	sp[5] = 0;
	sp[6] = (u64)switch_first;
	thread->sp = (u64)sp;
	return OK;
}

void sched_start(struct thread *thread)
{
	struct sched_cpu *queue = lock_home(thread);

	run_queue_join(&queue->run, thread);
	if (queue == this_queue() && queue->slice_end == UINT64_MAX)
		slice_begin(queue);
	spin_unlock(&queue->lock);
	poke(queue);
}

void sched_wake(struct thread *thread, u32 bits)
{
	struct sched_cpu *queue;
	bool running;

	if ((atomic_or(&thread->pending, bits) & bits) == bits)
		return; /* the call that set them has woken the thread */
	trace_wake(thread->who, (u16)bits);
	queue = lock_home(thread);
	running = queue->current == thread;
	if (thread->state == THREAD_BLOCKED) {
		wake(queue, thread);
		running = true; /* its CPU must look at the queue */
		if (queue == this_queue() && queue->slice_end == UINT64_MAX)
			slice_begin(queue);
	}
	spin_unlock(&queue->lock);
	if (running)
		poke(queue);
}

/* Lock held; returns with it released, when this context runs again. */
static void switch_away(struct sched_cpu *queue, struct thread *from)
{
	struct thread *to = run_queue_take(&queue->run);
	u64 now = x86_rdtsc();

	if (to == from && to) {
		to->state = THREAD_RUNNING;
		spin_unlock(&queue->lock);
		return;
	}
	if (from)
		from->run_tsc += now;
	queue->current = to;
	trace_switch(to ? to->who : (u32)TRACE_NOBODY, to ? to->name : NULL);
	if (to) {
		to->state = THREAD_RUNNING;
		to->run_tsc -= now;
	}
	slice_begin(queue);
	switch_stack(from ? &from->sp : &queue->idle_sp, to ? to->sp : queue->idle_sp);
	switch_finish();
}

/* Acquire: if not, nothing that it did before it stopped is still to come. */
bool sched_runs(const struct thread *thread)
{
	return atomic_load_acquire(&thread->state) == THREAD_RUNNING;
}

void sched_block(void)
{
	struct sched_cpu *queue = this_queue();
	struct thread *self = queue->current;

	spin_lock(&queue->lock);
	/* A thread that has work already stays ready, but other threads run first. */
	if (atomic_get(&self->pending))
		run_queue_add(&queue->run, self);
	else
		self->state = THREAD_BLOCKED;
	switch_away(queue, self);
}

void sched_yield(void)
{
	struct sched_cpu *queue = this_queue();

	x86_sti_nop_cli();
	spin_lock(&queue->lock);
	run_queue_add(&queue->run, queue->current);
	switch_away(queue, queue->current);
}

void sched_arm(u64 deadline)
{
	struct sched_cpu *queue = this_queue();

	spin_lock(&queue->lock);
	queue->current->deadline = deadline;
	alarm_lower(&queue->alarm, deadline);
	spin_unlock(&queue->lock);
}

/*
 * The thread is on no queue until it has left its stack: switch_finish, on the
 * old CPU, then puts it on the queue of its new home. Pending bits that are set
 * in between are kept.
 */
void sched_move(u32 cpu)
{
	struct sched_cpu *queue = this_queue();
	struct thread *self = queue->current;

	if (queue->cpu == cpu)
		return;
	spin_lock(&queue->lock);
	run_queue_leave(&queue->run, self, THREAD_MOVING);
	queue->leaving = self;
	atomic_store_release(&self->cpu, cpu);
	switch_away(queue, self);

	queue = this_queue();
	spin_lock(&queue->lock);
	alarm_lower(&queue->alarm, self->deadline);
	spin_unlock(&queue->lock);
}

void sched_send(struct thread *thread, u32 cpu)
{
	struct sched_cpu *queue = this_queue();

	spin_lock(&queue->lock);
	run_queue_leave(&queue->run, thread, THREAD_MOVING);
	thread->deadline = UINT64_MAX;
	atomic_or(&thread->pending, PENDING_TIMER);
	atomic_store_release(&thread->cpu, cpu);
	spin_unlock(&queue->lock);
	sched_start(thread);
}

_Noreturn void sched_exit(void)
{
	struct sched_cpu *queue = this_queue();
	struct thread *self = queue->current;

	spin_lock(&queue->lock);
	run_queue_leave(&queue->run, self, THREAD_LEAVING);
	queue->leaving = self;
	self->deadline = UINT64_MAX;
	switch_away(queue, self);
	panic("thread %s runs after its end", self->name);
}

bool sched_reap(struct thread *thread)
{
	struct sched_cpu *queue = lock_home(thread);
	bool done = thread->state == THREAD_DONE || thread->state == THREAD_NEW;

	spin_unlock(&queue->lock);
	if (done && thread->stack) {
		stack_free(thread->stack, THREAD_STACK_SIZE);
		thread->stack = NULL;
	}
	return done;
}

/* While a thread runs, run_tsc lacks the TSC of now (switch_away subtracts the start). */
u64 sched_run_time(const struct thread *thread)
{
	struct sched_cpu *queue = lock_home(thread);
	u64 ticks = thread->run_tsc + (queue->current == thread ? x86_rdtsc() : 0);

	spin_unlock(&queue->lock);
	return ticks;
}

struct thread *sched_current(void)
{
	return this_queue()->current;
}

void sched_idle(void)
{
	struct sched_cpu *queue = this_queue();

	for (;;) {
		spin_lock(&queue->lock);
		if (queue->run.ready_first) {
			switch_away(queue, NULL);
			continue;
		}
		if (!queue->run.home && !cpu_is_online(cpu_this()))
			break;
		alarm_lower(&queue->alarm, UINT64_MAX);
		spin_unlock(&queue->lock);
		x86_sti_hlt_cli();
	}
	spin_unlock(&queue->lock);
}
