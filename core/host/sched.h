/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads, one run queue a CPU: a vCPU is a thread, so is the administrator.
 * A thread stays on its home CPU until it moves to another by itself; it runs
 * until it blocks, yields, or its time slice ends while another is ready. It is
 * never preempted inside the hypervisor: whoever runs looks at its pending word.
 */
#pragma once

#include "core/base/status.h"
#include "core/sched/thread.h"

enum { THREAD_STACK_SIZE = 16 * 1024 };

/* Makes this CPU's run queue, or readies it anew: before any other call there. */
enum status sched_init_cpu(struct error *err) must_check;

/*
 * Gives the thread a stack on which entry(arg) will run on CPU cpu; entry
 * never returns, it ends with sched_exit(). ERR_NO_MEMORY.
 */
enum status sched_create(struct thread *thread, const char *name, u32 cpu, void (*entry)(void *),
			 void *arg, struct error *err) must_check;

/* Lets a created thread run. Callable on any CPU. */
void sched_start(struct thread *thread);

/*
 * Sets bits in the thread's pending word, wakes the thread if it is blocked and
 * interrupts its CPU if it runs. Any CPU, interrupt handlers included.
 */
void sched_wake(struct thread *thread, u32 bits);

/* The running thread only: lets other threads run until the pending word is not zero. */
void sched_block(void);

/* The running thread only: takes interrupts, then lets all ready threads run before it. */
void sched_yield(void);

/*
 * Sets the running thread's deadline, in TSC ticks; UINT64_MAX clears it. When
 * the deadline has passed PENDING_TIMER is set.
 */
void sched_arm(u64 deadline);

/* Moves the running thread to a CPU that is online; returns on that CPU. */
void sched_move(u32 cpu);

/*
 * Moves a thread whose home is this CPU and that does not run. Its deadline
 * counts as passed. The thread must keep no state in its CPU while it sleeps.
 */
void sched_send(struct thread *thread, u32 cpu);

/* Ends the running thread. sched_reap may then take it apart. */
_Noreturn void sched_exit(void);

/* True if the thread has ended and left its stack; the stack is then free, and the caller may
 * free the thread. */
bool sched_reap(struct thread *thread);

/*
 * True if the thread is running. A false answer means it was not running at some
 * point after the call began; it may run again at any time. Any CPU.
 */
bool sched_runs(const struct thread *thread);

/* TSC ticks that the thread has run so far. Any CPU. */
u64 sched_run_time(const struct thread *thread);

/* The running thread, NULL in the idle context. */
struct thread *sched_current(void);

/* Runs on the boot stack of a CPU and returns when the CPU is offline and no thread's home. */
void sched_idle(void);
