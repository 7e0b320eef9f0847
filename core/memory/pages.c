/* SPDX-License-Identifier: BSD-2-Clause */
/* Absent pages of a guest. */
#include "core/memory/pages.h"

#include "boot/config.h"
#include "core/base/atomic.h"
#include "core/base/log.h"
#include "core/base/x86.h"
#include "core/host/sched.h"
#include "core/memory/types.h"
#include "mm/host/heap.h"
#include "mm/host/ram.h"
#include "mm/host/window.h"

enum {
	LIST_PAGES = 16, /* of struct absent_page */
	GIVEN_AT_ONCE = 2 * MIB,
	POOL = 16 * MIB,
	TRIES = 4, /* of pages_require: the operator or an MTRR may change the page meanwhile */
	STEP = 256 * PAGE_SIZE, /* removed between two yields */
	/* Free memory that stays for page tables after a guest's access, after the hypervisor's. */
	RESERVE = 8 * MIB,
	RESERVE_REQUIRED = 4 * MIB,
};

/* Lock held. */
static enum page_state state_of(const struct guest_memory *memory, u64 gpa)
{
	struct pt_found found;
	struct hpa host;

	if (pt_lookup(&memory->nested, gpa, &found))
		return PAGE_IS_PRESENT;
	return absent_find(&memory->absent, gpa, &host) == ABSENT_FAILED ? PAGE_HAS_FAILED
									 : PAGE_IS_ABSENT;
}

enum page_state pages_state(struct guest_memory *memory, u64 gpa)
{
	enum page_state state;

	spin_lock(&memory->lock);
	state = state_of(memory, gpa);
	spin_unlock(&memory->lock);
	return state;
}

/*
 * Allocates the memory of the next new pages in one piece, so that guests that grow at the same
 * time own few extents of memory. False: no piece of that size is free. pools.lock held.
 */
static bool refill(struct guest_memory *memory, struct guest_pool *pool, u64 size, u64 reserve)
{
	const struct frames_request request = {
		.size = size,
		.align = min_u64(size, GIVEN_AT_ONCE),
		.owner = memory->owner,
		.reserve = reserve,
	};
	struct hpa at;

	if (ram_alloc(&request, &at) != OK)
		return false;
	*pool = (struct guest_pool){at.addr, at.addr + size};
	return true;
}

/* The pool that the next size bytes come from; NULL: memory is used up. pools.lock held. */
static struct guest_pool *pool_for(struct guest_memory *memory, u64 size, u64 reserve)
{
	struct guest_pool *large = &memory->pools.large, *small = &memory->pools.small;

	if (size == PAGE_SIZE && small->at < small->end)
		return small;
	if (large->at == large->end &&
	    !(reserve == RESERVE && refill(memory, large, POOL, reserve)) &&
	    !refill(memory, large, GIVEN_AT_ONCE, reserve))
		return size == PAGE_SIZE && refill(memory, small, PAGE_SIZE, reserve) ? small
										      : NULL;
	if (size == GIVEN_AT_ONCE)
		return large;
	*small = (struct guest_pool){large->at, large->at + GIVEN_AT_ONCE};
	large->at += GIVEN_AT_ONCE;
	return small;
}

/*
 * Returns the size of the block around gpa, 2 MiB or a page, that is new and of one type, and its
 * start. 0: the page at gpa is not new.
 */
static u64 new_around(struct guest_memory *memory, u64 gpa, u64 *start)
{
	struct pt_found found;
	u64 size = 0;

	spin_lock(&memory->lock);
	if (!pt_lookup(&memory->nested, gpa, &found)) {
		size = GIVEN_AT_ONCE;
		*start = align_down(gpa, size);
		if (memory->config->lazy == VM_LAZY_PAGER || found.level == PT_LEVEL_4K ||
		    absent_any(&memory->absent, *start, size) ||
		    !memory_is_ram(memory, *start, size) ||
		    !memory_types_same(memory, *start, size)) {
			size = PAGE_SIZE;
			*start = align_down(gpa, size);
		}
		if (absent_any(&memory->absent, *start, size))
			size = 0;
	}
	spin_unlock(&memory->lock);
	return size;
}

/*
 * Maps a new block. False: the operator has changed one of its pages or the guest an MTRR since
 * new_around; or there is no memory for a page table.
 */
static bool map_new(struct guest_memory *memory, u64 start, u64 size, struct hpa at)
{
	struct pt_leaf leaf;
	bool done;

	spin_lock(&memory->lock);
	leaf = memory_types_leaf(memory, start);
	if (leaf.type != MEMTYPE_WB) /* accesses that bypass caches must see the contents */
		x86_wbinvd();
	done = memory_types_same(memory, start, size) &&
	       !absent_any(&memory->absent, start, size) &&
	       pt_map(&memory->nested, (struct pt_range){start, size}, at, leaf) == OK;
	if (done)
		memory_sync_views(memory);
	spin_unlock(&memory->lock);
	return done;
}

/* pools.lock lets one thread of a VM in at a time; the second thread finds the page present. */
static enum page_state add_if_new(struct guest_memory *memory, u64 gpa, u64 reserve)
{
	struct guest_pool *pool;
	u64 start, size;

	if (memory->paged)
		return pages_state(memory, gpa);
	spin_lock(&memory->pools.lock);
	size = new_around(memory, gpa, &start);
	pool = size ? pool_for(memory, size, reserve) : NULL;
	if (!pool && size > PAGE_SIZE) {
		start = align_down(gpa, PAGE_SIZE);
		size = PAGE_SIZE;
		pool = pool_for(memory, size, reserve);
	}
	if (pool) {
		window_zero(hpa_make(pool->at), size);
		if (map_new(memory, start, size, hpa_make(pool->at)))
			pool->at += size;
	}
	spin_unlock(&memory->pools.lock);
	return pages_state(memory, gpa);
}

enum page_state pages_add(struct guest_memory *memory, u64 gpa)
{
	return add_if_new(memory, gpa, RESERVE);
}

static void map_evicted(struct guest_memory *memory, u64 gpa)
{
	struct pt_range page = {align_down(gpa, PAGE_SIZE), PAGE_SIZE};
	struct hpa host;

	spin_lock(&memory->lock);
	if (absent_find(&memory->absent, page.start, &host) == ABSENT_EVICTED &&
	    pt_map(&memory->nested, page, host, memory_types_leaf(memory, page.start)) == OK) {
		absent_remove(&memory->absent, page.start);
		memory_sync_views(memory);
	}
	spin_unlock(&memory->lock);
}

enum page_state pages_restore(struct guest_memory *memory, u64 gpa)
{
	map_evicted(memory, gpa);
	return pages_add(memory, gpa);
}

/* True if the pager must bring an absent page: the page is not in the list. */
static bool is_pagers(struct guest_memory *memory, u64 gpa)
{
	bool listed;

	spin_lock(&memory->lock);
	listed = absent_any(&memory->absent, align_down(gpa, PAGE_SIZE), PAGE_SIZE);
	spin_unlock(&memory->lock);
	return memory->paged && !listed;
}

enum page_state pages_require(struct guest_memory *memory, u64 gpa)
{
	enum page_state state = PAGE_IS_ABSENT;

	if (!memory_is_ram(memory, gpa, 1))
		return PAGE_NOT_RAM;
	for (unsigned i = 0; i < TRIES && state == PAGE_IS_ABSENT; i++) {
		map_evicted(memory, gpa);
		state = add_if_new(memory, gpa, RESERVE_REQUIRED);
	}
	return state == PAGE_IS_ABSENT && !is_pagers(memory, gpa) ? PAGE_USED_UP : state;
}

enum status pages_prepare(struct guest_memory *memory, struct error *err)
{
	if (!memory->absent.page) {
		memory->absent.page = heap_alloc_pages(LIST_PAGES);
		memory->absent.max = LIST_PAGES * PAGE_SIZE / sizeof(*memory->absent.page);
	}
	if (!memory->absent.page)
		return fail(err, ERR_NO_MEMORY, "%s: no memory for a list of absent pages",
			    memory->config->name);
	return OK;
}

enum status pages_enable_changes(struct guest_memory *memory, bool *flush, struct error *err)
{
	*flush = !memory->changes;
	if (pages_prepare(memory, err) != OK)
		return err->status;
	/*
	 * No order is needed: vcpu_flush_all wakes each vCPU, which orders both stores before it.
	 */
	atomic_set(&memory->changes, true);
	atomic_set(&memory->extent_count, 0);
	return OK;
}

/* Removes one page; lock held. ERR_RANGE: the list is full; ERR_NO_MEMORY. */
static enum status remove_page(struct guest_memory *memory, u64 gpa, enum absent_why why)
{
	struct pt_found found;
	struct hpa host = hpa_make(0);
	enum absent_why was = absent_find(&memory->absent, gpa, &host);
	bool present = pt_lookup(&memory->nested, gpa, &found);
	enum status status = OK;

	if (was == ABSENT_FAILED || (why == ABSENT_EVICTED && !present))
		return OK;
	if (was == ABSENT_NOT && memory->absent.count == memory->absent.max)
		return ERR_RANGE;
	if (present)
		status = pt_unmap(&memory->nested, (struct pt_range){gpa, PAGE_SIZE});
	if (status == OK && !absent_add(&memory->absent, gpa, present ? found.to : host, why))
		panic("%s: a list of absent pages has no room after all", memory->config->name);
	return status;
}

enum status pages_remove(struct guest_memory *memory, struct pt_range range, enum absent_why why,
			 struct error *err)
{
	enum status status = OK;

	for (u64 done = 0; status == OK && done < range.size; done += PAGE_SIZE) {
		if (done % STEP == STEP - PAGE_SIZE)
			sched_yield(); /* after which the guest may have ended */
		if (!memory->nested.format)
			break;
		spin_lock(&memory->lock);
		status = remove_page(memory, range.start + done, why);
		spin_unlock(&memory->lock);
	}
	if (status == ERR_RANGE)
		return fail(err, status, "%u pages are absent already, which is the limit",
			    memory->absent.max);
	if (status != OK)
		return fail(err, status, "no memory for nested page tables");
	return OK;
}

/* pools.lock held: the life cannot end before the lock is released. */
static enum status check_life(const struct guest_memory *memory, u32 life, u64 gpa)
{
	if (!life || memory->pools.life != life)
		return ERR_NOT_FOUND;
	return memory_is_ram(memory, gpa, PAGE_SIZE) ? OK : ERR_RANGE;
}

static enum status fill_new(struct guest_memory *memory, u64 gpa, struct hpa from)
{
	struct guest_pool *pool;
	u64 start;

	if (new_around(memory, gpa, &start) == 0)
		return ERR_BUSY;
	pool = pool_for(memory, PAGE_SIZE, RESERVE);
	if (!pool)
		return ERR_NO_MEMORY;
	window_copy(hpa_make(pool->at), from, PAGE_SIZE);
	if (!map_new(memory, gpa, PAGE_SIZE, hpa_make(pool->at)))
		return ERR_NO_MEMORY;
	pool->at += PAGE_SIZE;
	memory->pools.brought++;
	return OK;
}

enum status pages_fill(struct guest_memory *memory, u32 life, u64 gpa, struct hpa from)
{
	enum status status;

	spin_lock(&memory->pools.lock);
	status = check_life(memory, life, gpa);
	if (status == OK)
		status = fill_new(memory, gpa, from);
	spin_unlock(&memory->pools.lock);
	return status;
}

enum status pages_fail(struct guest_memory *memory, u32 life, u64 gpa)
{
	enum status status;

	spin_lock(&memory->pools.lock);
	status = check_life(memory, life, gpa);
	if (status == OK) {
		spin_lock(&memory->lock);
		if (state_of(memory, gpa) != PAGE_IS_ABSENT ||
		    absent_any(&memory->absent, gpa, PAGE_SIZE))
			status = ERR_BUSY;
		else if (!absent_add(&memory->absent, gpa, hpa_make(0), ABSENT_FAILED))
			status = ERR_NO_MEMORY;
		spin_unlock(&memory->lock);
	}
	spin_unlock(&memory->pools.lock);
	return status;
}

static void set_life(struct guest_memory *memory, u32 life)
{
	spin_lock(&memory->pools.lock);
	memory->pools.life = life;
	spin_unlock(&memory->pools.lock);
}

void pages_start(struct guest_memory *memory, u32 life)
{
	memory->paged = memory->config->lazy == VM_LAZY_PAGER;
	set_life(memory, life);
}

void pages_stop(struct guest_memory *memory)
{
	set_life(memory, 0);
}

void pages_release(struct guest_memory *memory)
{
	heap_free_pages(memory->absent.page, LIST_PAGES);
	memory->absent = (struct absent){0};
	memory->pools.large = memory->pools.small = (struct guest_pool){0};
}
