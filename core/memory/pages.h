/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of a guest's RAM that are not there: not given yet (lazy = zero), taken
 * away by the operator, or failed. Decides where a page is and gives it; whom
 * that concerns is core/guest/page_events.c's.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "mm/absent.h"

struct vm;

enum page_state {
	PAGE_IS_THERE,
	PAGE_IS_ABSENT, /* and may come */
	PAGE_HAS_FAILED,
};

/* Is all of [gpa, gpa + size) RAM of the guest's, there or not? */
bool guest_pages_are_ram(const struct vm *vm, u64 gpa, u64 size);

/* Of a page of RAM. */
enum page_state guest_page_state(struct vm *vm, u64 gpa);

/* Gives memory that has never been touched, while there is enough. What it says is the state then.
 */
enum page_state guest_page_give(struct vm *vm, u64 gpa);

/* The same, and brings back what was evicted. */
enum page_state guest_page_bring(struct vm *vm, u64 gpa);

/*
 * For an access of the hypervisor's own: brings the page, by memory that is not for
 * guests if it must. False: this is not RAM; or the guest's pager must bring it, and
 * the vCPU whose thread this is waits for it (vcpu->wait), to try again; or there is
 * no such page to be had, and the guest ends.
 */
bool guest_page_fetch(struct vm *vm, u64 gpa) must_check;

/*
 * Takes count pages from gpa on away (ABSENT_EVICTED: those that are there; they
 * come back when they are touched) or marks them failed (ABSENT_FAILED), for a
 * VM that runs. On return no vCPU uses them. The administrator's thread.
 * ERR_NOT_FOUND: part of it is not RAM, and nothing has changed. ERR_RANGE: too
 * many are absent; ERR_NO_MEMORY: no page table: some may have been taken.
 */
enum status guest_pages_take(struct vm *vm, u64 gpa, u64 count, enum absent_why why,
			     struct error *err) must_check;

/*
 * What a pager does to a page of a guest, from its own vCPU's thread; life: struct
 * vm.starts when it was asked. put: the page, which has never been touched, has what
 * is at from. fail: there is nothing to be had for it. ERR_NOT_FOUND: that life is
 * over; ERR_RANGE: not RAM; ERR_BUSY: the page is there, was taken away, or has
 * failed; ERR_NO_MEMORY: none for a page; or too many have failed, and the VM ends.
 */
enum status guest_page_put(struct vm *vm, u32 life, u64 gpa, struct hpa from) must_check;
enum status guest_page_fail(struct vm *vm, u32 life, u64 gpa) must_check;

/* Room for a VM that has a pager, before it is built. ERR_NO_MEMORY. */
enum status guest_pages_prepare(struct vm *vm, struct error *err) must_check;

/* The VM's state is not 'running' any more: on return no pager is at its pages. */
void guest_pages_stop(struct vm *vm);

/* Forgets all of it; the VM does not run any more. */
void guest_pages_release(struct vm *vm);
