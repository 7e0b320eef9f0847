/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ticket spinlock. Interrupts are off in all code that takes locks: they are on
 * only in the idle loop, and for one instruction where a CPU takes what is pending
 * (x86_sti_nop_cli). So a lock never saves flags.
 *
 * Lock order, outer first:
 *	a VM's chips (struct chips.lock) -> run queue, console
 *	log -> console
 *	page-not-present events (struct vm_page_events.lock) -> a VM's pools, run queue
 *	a pager's ring (struct pager.lock) -> its own pools, run queue
 *	a VM's pools (struct guest_pools.lock) -> its nested tables, ram, run queue
 *	a VM's nested tables (struct guest_memory.lock) -> heap
 *	heap -> host tables, ram
 *	stacks -> host tables, ram
 * While the lock of a VM's routing map (struct vm_apics.lock) is held, no other lock is
 * held. Code that holds any lock must not log: the log's lock is taken with no other held.
 */
#pragma once

#include "core/base/atomic.h"
#include "core/base/types.h"

struct spinlock {
	u16 next;    /* atomic: ticket to hand out */
	u16 serving; /* atomic: owner writes */
};

static inline void spin_lock(struct spinlock *lock)
{
	u16 ticket = atomic_add(&lock->next, 1);

	while (atomic_load_acquire(&lock->serving) != ticket)
		__builtin_ia32_pause();
}

static inline void spin_unlock(struct spinlock *lock)
{
	atomic_store_release(&lock->serving, (u16)(lock->serving + 1));
}
