/* SPDX-License-Identifier: BSD-2-Clause */
/* Absent pages of a guest. */
#include "core/memory/pages.h"

#include "core/base/log.h"
#include "core/base/x86.h"
#include "core/guest/vm.h"
#include "core/memory/types.h"
#include "mm/host/host.h"
#include "mm/host/ram.h"

enum {
	LIST_PAGES = 16, /* of struct absent_page */
	GIVEN_AT_ONCE = 2 * MIB,
	POOL = 16 * MIB,
	TRIES = 4,  /* of a fetch: an operator, or an MTRR, may be faster now and then */
	STEP = 256, /* pages taken away between looks at others */
	/* What touches leave of the pool: page tables come from there. The hypervisor's accesses go
	   further. */
	RESERVE = 8 * MIB,
	RESERVE_FETCH = 4 * MIB,
};

bool guest_pages_are_ram(const struct vm *vm, u64 gpa, u64 size)
{
	for (u32 i = 0; i < vm->memory.map.backing_count; i++) {
		const struct guest_range *range = &vm->memory.map.backing[i];

		if (gpa - range->base < range->size)
			return size <= range->size - (gpa - range->base);
	}
	return false;
}

/* Lock held. */
static enum page_state state_of(const struct vm *vm, u64 gpa)
{
	struct pt_found found;
	struct hpa host;

	if (pt_lookup(&vm->memory.nested, gpa, &found))
		return PAGE_IS_THERE;
	return absent_find(&vm->memory.absent, gpa, &host) == ABSENT_FAILED ? PAGE_HAS_FAILED
									    : PAGE_IS_ABSENT;
}

enum page_state guest_page_state(struct vm *vm, u64 gpa)
{
	enum page_state state;

	spin_lock(&vm->memory.lock);
	state = state_of(vm, gpa);
	spin_unlock(&vm->memory.lock);
	return state;
}

/*
 * Memory that is zeroed and given next, in one piece of host memory, so that a
 * guest that grows beside others leaves few extents behind. pools.lock held.
 */
static bool refill(struct vm *vm, struct guest_pool *pool, u64 size, u64 reserve)
{
	const struct frames_request request = {
		.size = size,
		.align = min_u64(size, GIVEN_AT_ONCE),
		.owner = vm_owner(vm),
		.reserve = reserve,
	};
	struct hpa at;

	if (ram_alloc(&request, &at) != OK)
		return false;
	*pool = (struct guest_pool){at.addr, at.addr + size};
	return true;
}

/* The pool that the next size bytes come from; NULL: memory is used up. */
static struct guest_pool *pool_for(struct vm *vm, u64 size, u64 reserve)
{
	struct guest_pool *large = &vm->memory.pools.large, *small = &vm->memory.pools.small;

	if (size == PAGE_SIZE && small->at < small->end)
		return small;
	if (large->at == large->end && !(reserve == RESERVE && refill(vm, large, POOL, reserve)) &&
	    !refill(vm, large, GIVEN_AT_ONCE, reserve))
		return size == PAGE_SIZE && refill(vm, small, PAGE_SIZE, reserve) ? small : NULL;
	if (size == GIVEN_AT_ONCE)
		return large;
	*small = (struct guest_pool){large->at, large->at + GIVEN_AT_ONCE};
	large->at += GIVEN_AT_ONCE;
	return small;
}

/* Its pages are the pager's to bring, but for what it is loaded with. */
static bool is_paged(const struct vm *vm)
{
	return vm->pager && vm->life.state != VM_STARTING;
}

/* How much around gpa is new and of one type, and its start; 0: the page is not new. */
static u64 new_around(struct vm *vm, u64 gpa, u64 *start)
{
	struct pt_found found;
	u64 size = 0;

	spin_lock(&vm->memory.lock);
	if (!pt_lookup(&vm->memory.nested, gpa, &found)) {
		size = GIVEN_AT_ONCE;
		*start = align_down(gpa, size);
		if (vm->pager || found.level == PT_LEVEL_4K ||
		    absent_any(&vm->memory.absent, *start, size) ||
		    !guest_pages_are_ram(vm, *start, size) ||
		    !guest_memtype_is_one(vm, *start, size)) {
			size = PAGE_SIZE;
			*start = align_down(gpa, size);
		}
		if (absent_any(&vm->memory.absent, *start, size))
			size = 0;
	}
	spin_unlock(&vm->memory.lock);
	return size;
}

/* False: an operator or an MTRR was faster; or no page table is to be had. */
static bool map_new(struct vm *vm, u64 start, u64 size, struct hpa at)
{
	struct pt_leaf leaf;
	bool done;

	spin_lock(&vm->memory.lock);
	leaf = guest_memtype_leaf(vm, start);
	if (leaf.type !=
	    MEMTYPE_WB) /* the zeros must be where who does not look into caches looks */
		x86_wbinvd();
	done = guest_memtype_is_one(vm, start, size) &&
	       !absent_any(&vm->memory.absent, start, size) &&
	       pt_map(&vm->memory.nested, (struct pt_range){start, size}, at, leaf) == OK;
	if (done)
		guest_memory_mapped(vm);
	spin_unlock(&vm->memory.lock);
	return done;
}

/* One at a time in a VM: who comes second finds the page there. */
static enum page_state give_if_new(struct vm *vm, u64 gpa, u64 reserve)
{
	struct guest_pool *pool;
	u64 start, size;

	if (is_paged(vm))
		return guest_page_state(vm, gpa);
	spin_lock(&vm->memory.pools.lock);
	size = new_around(vm, gpa, &start);
	pool = size ? pool_for(vm, size, reserve) : NULL;
	if (!pool && size > PAGE_SIZE) {
		start = align_down(gpa, PAGE_SIZE);
		size = PAGE_SIZE;
		pool = pool_for(vm, size, reserve);
	}
	if (pool) {
		phys_zero(hpa_make(pool->at), size);
		if (map_new(vm, start, size, hpa_make(pool->at)))
			pool->at += size;
	}
	spin_unlock(&vm->memory.pools.lock);
	return guest_page_state(vm, gpa);
}

enum page_state guest_page_give(struct vm *vm, u64 gpa)
{
	return give_if_new(vm, gpa, RESERVE);
}

static void bring_back(struct vm *vm, u64 gpa)
{
	struct pt_range page = {align_down(gpa, PAGE_SIZE), PAGE_SIZE};
	struct hpa host;

	spin_lock(&vm->memory.lock);
	if (absent_find(&vm->memory.absent, page.start, &host) == ABSENT_EVICTED &&
	    pt_map(&vm->memory.nested, page, host, guest_memtype_leaf(vm, page.start)) == OK) {
		absent_remove(&vm->memory.absent, page.start);
		guest_memory_mapped(vm);
	}
	spin_unlock(&vm->memory.lock);
}

enum page_state guest_page_bring(struct vm *vm, u64 gpa)
{
	bring_back(vm, gpa);
	return guest_page_give(vm, gpa);
}

/*
 * The vCPU whose thread this is comes back when its pager has brought the page. False: it
 * is none, or the page is not the pager's to bring.
 */
static bool wait_for_pager(struct vm *vm, struct vcpu *vcpu, u64 gpa)
{
	bool listed;

	if (!is_paged(vm) || !vcpu)
		return false;
	spin_lock(&vm->memory.lock);
	listed = absent_any(&vm->memory.absent, align_down(gpa, PAGE_SIZE), PAGE_SIZE);
	spin_unlock(&vm->memory.lock);
	if (listed)
		return false;
	vcpu->wait = (struct page_wait){.gpa = gpa, .wanted = true};
	vcpu_reconsider(vcpu);
	return true;
}

bool guest_page_fetch(struct vm *vm, u64 gpa)
{
	enum page_state state = PAGE_IS_ABSENT;
	struct vcpu *vcpu;
	struct error err;

	if (!guest_pages_are_ram(vm, gpa, 1))
		return false;
	for (unsigned i = 0; i < TRIES && state == PAGE_IS_ABSENT; i++) {
		bring_back(vm, gpa);
		state = give_if_new(vm, gpa, RESERVE_FETCH);
	}
	if (state == PAGE_IS_THERE)
		return true;
	if (vm->life.state == VM_STARTING) /* who loads it says so */
		return false;
	vcpu = vcpu_current(vm);
	if (vcpu && vcpu->prefetches)
		return false;
	if (state == PAGE_IS_ABSENT && wait_for_pager(vm, vcpu, gpa))
		return false;
	fail(&err, ERR_NO_MEMORY,
	     "the page at 0x%llx, which an instruction needs that is executed in "
	     "software, %s",
	     gpa, state == PAGE_HAS_FAILED ? "has failed" : "cannot be had: memory is used up");
	vm_stop(vm, VM_END_CRASH, err.text);
	return false;
}

enum status guest_pages_prepare(struct vm *vm, struct error *err)
{
	if (!vm->memory.absent.page) {
		vm->memory.absent.page = heap_alloc_pages(LIST_PAGES);
		vm->memory.absent.max = LIST_PAGES * PAGE_SIZE / sizeof(*vm->memory.absent.page);
	}
	if (!vm->memory.absent.page)
		return fail(err, ERR_NO_MEMORY, "%s: no memory for a list of absent pages",
			    vm->config->name);
	return OK;
}

/* From now on page tables change while the VM runs: nobody may use its extents any more. */
static enum status make_changeable(struct vm *vm, struct error *err)
{
	if (guest_pages_prepare(vm, err) != OK)
		return err->status;
	if (!vm->memory.changes) {
		__atomic_store_n(&vm->memory.changes, true, __ATOMIC_SEQ_CST);
		__atomic_store_n(&vm->memory.extent_count, 0, __ATOMIC_SEQ_CST);
		vcpu_flush_all(vm, NULL);
	}
	return OK;
}

/* One page; lock held. */
static enum status take(struct vm *vm, u64 gpa, enum absent_why why)
{
	struct pt_found found;
	struct hpa host = hpa_make(0);
	enum absent_why was = absent_find(&vm->memory.absent, gpa, &host);
	bool there = pt_lookup(&vm->memory.nested, gpa, &found);
	enum status status = OK;

	if (was == ABSENT_FAILED || (why == ABSENT_EVICTED && !there))
		return OK;
	if (was == ABSENT_NOT && vm->memory.absent.count == vm->memory.absent.max)
		return ERR_RANGE;
	if (there)
		status = pt_unmap(&vm->memory.nested, (struct pt_range){gpa, PAGE_SIZE});
	if (status == OK && !absent_add(&vm->memory.absent, gpa, there ? found.to : host, why))
		panic("%s: a list of absent pages has no room after all", vm->config->name);
	return status;
}

enum status guest_pages_take(struct vm *vm, u64 gpa, u64 count, enum absent_why why,
			     struct error *err)
{
	u64 start = align_down(gpa, PAGE_SIZE), done = 0;
	enum status status;

	if (count == 0 || count > vm->memory.size / PAGE_SIZE ||
	    !guest_pages_are_ram(vm, start, count * PAGE_SIZE))
		return fail(err, ERR_NOT_FOUND, "%llu pages at 0x%llx: not all of it is RAM", count,
			    start);
	status = make_changeable(vm, err);
	for (; status == OK && done < count; done++) {
		if (done % STEP == STEP - 1)
			sched_yield(); /* ... after which there may be no such guest */
		if (!vm->memory.nested.format)
			break;
		spin_lock(&vm->memory.lock);
		status = take(vm, start + done * PAGE_SIZE, why);
		spin_unlock(&vm->memory.lock);
	}
	if (vm->memory.nested.format)
		guest_memory_settle(vm, NULL);
	vm_notify_keeper(); /* of pages that somebody waits for already */
	if (status == ERR_RANGE)
		fail(err, status, "%u pages are absent already, which is the limit",
		     vm->memory.absent.max);
	else if (status != OK && err->status == OK)
		fail(err, status, "no memory for nested page tables");
	return status;
}

/* pools.lock held: the VM stays what it is. */
static enum status check_life(const struct vm *vm, u32 life, u64 gpa)
{
	if (__atomic_load_n(&vm->life.state, __ATOMIC_ACQUIRE) != VM_RUNNING ||
	    vm->life.starts != life)
		return ERR_NOT_FOUND;
	return guest_pages_are_ram(vm, gpa, PAGE_SIZE) ? OK : ERR_RANGE;
}

static enum status put_new(struct vm *vm, u64 gpa, struct hpa from)
{
	struct guest_pool *pool;
	u64 start;

	if (new_around(vm, gpa, &start) == 0)
		return ERR_BUSY;
	pool = pool_for(vm, PAGE_SIZE, RESERVE);
	if (!pool)
		return ERR_NO_MEMORY;
	phys_copy(hpa_make(pool->at), from, PAGE_SIZE);
	if (!map_new(vm, gpa, PAGE_SIZE, hpa_make(pool->at)))
		return ERR_NO_MEMORY;
	pool->at += PAGE_SIZE;
	vm->page_events.counts.brought++;
	return OK;
}

enum status guest_page_put(struct vm *vm, u32 life, u64 gpa, struct hpa from)
{
	enum status status;

	spin_lock(&vm->memory.pools.lock);
	status = check_life(vm, life, gpa);
	if (status == OK)
		status = put_new(vm, gpa, from);
	spin_unlock(&vm->memory.pools.lock);
	return status;
}

enum status guest_page_fail(struct vm *vm, u32 life, u64 gpa)
{
	enum status status;

	spin_lock(&vm->memory.pools.lock);
	status = check_life(vm, life, gpa);
	if (status == OK) {
		spin_lock(&vm->memory.lock);
		if (state_of(vm, gpa) != PAGE_IS_ABSENT ||
		    absent_any(&vm->memory.absent, gpa, PAGE_SIZE))
			status = ERR_BUSY;
		else if (!absent_add(&vm->memory.absent, gpa, hpa_make(0), ABSENT_FAILED))
			status = ERR_NO_MEMORY;
		spin_unlock(&vm->memory.lock);
	}
	if (status == ERR_NO_MEMORY)
		vm_stop(vm, VM_END_CRASH, "more of its pages have failed than can be kept in mind");
	spin_unlock(&vm->memory.pools.lock);
	return status;
}

void guest_pages_stop(struct vm *vm)
{
	spin_lock(&vm->memory.pools.lock);
	spin_unlock(&vm->memory.pools.lock);
}

void guest_pages_release(struct vm *vm)
{
	if (vm->memory.absent.page)
		heap_free_pages(vm->memory.absent.page, LIST_PAGES);
	vm->memory.absent = (struct absent){0};
	vm->memory.pools.large = vm->memory.pools.small = (struct guest_pool){0};
}
