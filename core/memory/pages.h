/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of a guest's RAM that are absent: never touched (lazy = zero), evicted by
 * the operator, failed, or not yet brought by the pager. Knows the state of each
 * page and makes pages present; core/guest/page_events.c has the vCPUs wait.
 */
#pragma once

#include "core/memory/memory.h"

/* The state of a page of RAM: PAGE_IS_PRESENT, PAGE_IS_ABSENT or PAGE_HAS_FAILED. */
enum page_state pages_state(struct guest_memory *memory, u64 gpa);

/*
 * Each returns the state of the page after it. pages_add: gives a page that has
 * never been touched memory, while there is enough. pages_restore: also maps a page
 * that was evicted.
 */
enum page_state pages_add(struct guest_memory *memory, u64 gpa);
enum page_state pages_restore(struct guest_memory *memory, u64 gpa);

/*
 * For an access by the hypervisor, at any address: as pages_restore, and uses the
 * memory that is reserved for such accesses. PAGE_IS_ABSENT: the pager must bring it.
 */
enum page_state pages_require(struct guest_memory *memory, u64 gpa) must_check;

/*
 * Removes count pages from gpa on, all of them RAM (ABSENT_EVICTED: those that are
 * present; they come back when they are touched) or marks them failed
 * (ABSENT_FAILED). Needs pages_enable_changes. The administrator's thread; the VM may
 * have ended on return. The caller flushes. ERR_RANGE: too many are absent;
 * ERR_NO_MEMORY: no page table: some may have been removed.
 */
enum status pages_remove(struct guest_memory *memory, struct pt_range range, enum absent_why why,
			 struct error *err) must_check;

/*
 * Allows changes while the VM runs. *flush: extents were in use until now: every
 * vCPU must flush before the first change. ERR_NO_MEMORY.
 */
enum status pages_enable_changes(struct guest_memory *memory, bool *flush,
				 struct error *err) must_check;

/*
 * What a pager does to a page of a guest, from the thread of a vCPU of its own; life: of the
 * guest, when the page was requested. fill: the page, which has never been touched,
 * has the contents at from. fail: the page has failed. ERR_NOT_FOUND: that life is
 * over; ERR_RANGE: not RAM; ERR_BUSY: the page is present, was evicted, or has
 * failed; ERR_NO_MEMORY: none for the page, or no room for one more that has failed.
 */
enum status pages_fill(struct guest_memory *memory, u32 life, u64 gpa, struct hpa from) must_check;
enum status pages_fail(struct guest_memory *memory, u32 life, u64 gpa) must_check;

/* Allocates the list of absent pages, if there is none. ERR_NO_MEMORY. */
enum status pages_prepare(struct guest_memory *memory, struct error *err) must_check;

/* The VM is loaded: from now on new pages are its pager's to bring, if it has one. life: not 0. */
void pages_start(struct guest_memory *memory, u32 life);

/* The life is over: no pager changes pages after the return. */
void pages_stop(struct guest_memory *memory);

/* Frees the list and forgets the pools; the VM does not run any more. */
void pages_release(struct guest_memory *memory);
