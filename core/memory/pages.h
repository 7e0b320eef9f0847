/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of a guest's RAM that are absent: never touched (lazy = zero), evicted by
 * the operator, failed, or not yet brought by the pager. Knows the state of each
 * page and makes pages present; core/guest/page_events.c makes vCPUs wait for them.
 */
#pragma once

#include "core/memory/memory.h"

/* The state of a page of RAM: PAGE_IS_PRESENT, PAGE_IS_ABSENT or PAGE_HAS_FAILED. */
enum page_state pages_state(struct guest_memory *memory, u64 gpa);

/*
 * Both return the state of the page after the call. pages_add: gives memory to a page that has
 * never been touched, unless memory is scarce. pages_restore: also maps a page that was evicted.
 */
enum page_state pages_add(struct guest_memory *memory, u64 gpa);
enum page_state pages_restore(struct guest_memory *memory, u64 gpa);

/*
 * For an access by the hypervisor, at any address: as pages_restore, but also uses the memory
 * that is reserved for such accesses. PAGE_IS_ABSENT: the pager must bring the page.
 */
enum page_state pages_require(struct guest_memory *memory, u64 gpa) must_check;

/*
 * Precondition: all of range is RAM, and pages_enable_changes has succeeded. Evicts the pages
 * that are present (ABSENT_EVICTED; an access makes them present again), or marks all pages
 * failed (ABSENT_FAILED). The administrator's thread; the VM may have ended on return. The
 * caller flushes, after an error too, since some pages may have been removed. ERR_RANGE: the
 * list of absent pages is full; ERR_NO_MEMORY: no page table.
 */
enum status pages_remove(struct guest_memory *memory, struct pt_range range, enum absent_why why,
			 struct error *err) must_check;

/*
 * Allows changes of the nested tables while the VM runs. *flush: extents were in use until now,
 * so every vCPU must flush before the first change. ERR_NO_MEMORY.
 */
enum status pages_enable_changes(struct guest_memory *memory, bool *flush,
				 struct error *err) must_check;

/*
 * A pager's answers to a request for a page of its client, on the thread of one of the pager's
 * vCPUs. life: the client's life when the page was requested. pages_fill: makes a page that has
 * never been touched present, with a copy of the page at from. pages_fail: marks it failed.
 * ERR_NOT_FOUND: that life is over; ERR_RANGE: not RAM; ERR_BUSY: the page is present, was
 * evicted, or has failed; ERR_NO_MEMORY: none for the page, or the list of absent pages is full.
 */
enum status pages_fill(struct guest_memory *memory, u32 life, u64 gpa, struct hpa from) must_check;
enum status pages_fail(struct guest_memory *memory, u32 life, u64 gpa) must_check;

/* Allocates the list of absent pages, if there is none. ERR_NO_MEMORY. */
enum status pages_prepare(struct guest_memory *memory, struct error *err) must_check;

/* The VM is loaded: from now on its pager, if it has one, brings new pages. life: not 0. */
void pages_start(struct guest_memory *memory, u32 life);

/* The life is over: no pager changes pages after the return. */
void pages_stop(struct guest_memory *memory);

/* Frees the list of absent pages and clears the pools. The VM does not run any more. */
void pages_release(struct guest_memory *memory);
