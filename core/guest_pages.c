/* SPDX-License-Identifier: BSD-2-Clause */
/* Absent pages of a guest. */
#include "core/guest_pages.h"

#include "core/guest_memtype.h"
#include "core/log.h"
#include "core/vm.h"
#include "mm/host.h"
#include "mm/ram.h"

enum {
	LIST_PAGES = 16, /* of struct absent_page */
	GIVEN_AT_ONCE = 2 * MIB,
	/* What touches leave of the pool: page tables come from there. The hypervisor's accesses go
	   further. */
	RESERVE = 8 * MIB,
	RESERVE_FETCH = 4 * MIB,
};

bool guest_pages_are_ram(const struct vm *vm, u64 gpa, u64 size)
{
	for (u32 i = 0; i < vm->map.backing_count; i++) {
		const struct guest_range *range = &vm->map.backing[i];

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

	if (pt_lookup(&vm->nested, gpa, &found))
		return PAGE_IS_THERE;
	return absent_find(&vm->absent, gpa, &host) == ABSENT_FAILED ? PAGE_HAS_FAILED
								     : PAGE_IS_ABSENT;
}

enum page_state guest_page_state(struct vm *vm, u64 gpa)
{
	enum page_state state;

	guest_memory_lock(vm);
	state = state_of(vm, gpa);
	guest_memory_unlock(vm);
	return state;
}

/* Memory for [gpa, gpa + size), all zeros. ERR_BUSY: something is there, or was. */
static enum status give(struct vm *vm, u64 gpa, u64 size, u64 reserve)
{
	const struct frames_request request = {.size = size, .align = size, .owner = vm_owner(vm)};
	struct hpa at;
	enum status status;

	if (ram_total(FRAMES_FREE) < size + reserve || ram_alloc(&request, &at) != OK)
		return ERR_NO_MEMORY;
	phys_zero(at, size);
	guest_memory_lock(vm);
	status = absent_any(&vm->absent, gpa, size)
			 ? ERR_BUSY
			 : pt_map(&vm->nested, (struct pt_range){gpa, size}, at,
				  guest_memtype_leaf(vm, gpa));
	guest_memory_unlock(vm);
	if (status != OK && ram_free(at.addr, at.addr + size, vm_owner(vm)) != OK)
		panic("%s: memory just taken cannot be given back", vm->config->name);
	return status;
}

/* As much around gpa as can be given in one, or the page alone. */
static void give_around(struct vm *vm, u64 gpa, u64 reserve)
{
	u64 start = align_down(gpa, GIVEN_AT_ONCE);

	if (guest_pages_are_ram(vm, start, GIVEN_AT_ONCE) &&
	    guest_memtype_is_one(vm, start, GIVEN_AT_ONCE) &&
	    give(vm, start, GIVEN_AT_ONCE, reserve) == OK)
		return;
	(void)!give(vm, align_down(gpa, PAGE_SIZE), PAGE_SIZE, reserve);
}

static enum page_state give_if_new(struct vm *vm, u64 gpa, u64 reserve)
{
	struct hpa host;
	bool is_new;

	guest_memory_lock(vm);
	is_new = state_of(vm, gpa) == PAGE_IS_ABSENT &&
		 absent_find(&vm->absent, gpa, &host) == ABSENT_NOT;
	guest_memory_unlock(vm);
	if (is_new)
		give_around(vm, gpa, reserve);
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

	guest_memory_lock(vm);
	if (absent_find(&vm->absent, page.start, &host) == ABSENT_EVICTED &&
	    pt_map(&vm->nested, page, host, guest_memtype_leaf(vm, page.start)) == OK)
		absent_remove(&vm->absent, page.start);
	guest_memory_unlock(vm);
}

enum page_state guest_page_bring(struct vm *vm, u64 gpa)
{
	bring_back(vm, gpa);
	return guest_page_give(vm, gpa);
}

bool guest_page_fetch(struct vm *vm, u64 gpa)
{
	enum page_state state;
	struct error err;

	if (!guest_pages_are_ram(vm, gpa, 1))
		return false;
	bring_back(vm, gpa);
	state = give_if_new(vm, gpa, RESERVE_FETCH);
	if (state == PAGE_IS_THERE)
		return true;
	fail(&err, ERR_NO_MEMORY,
	     "the page at 0x%llx, which an instruction needs that is executed in "
	     "software, %s",
	     (unsigned long long)gpa,
	     state == PAGE_HAS_FAILED ? "has failed" : "cannot be had: memory is used up");
	vm_stop(vm, VM_END_CRASH, err.text);
	return false;
}

/* From now on page tables change while the VM runs: nobody may use its extents any more. */
static enum status make_changeable(struct vm *vm, struct error *err)
{
	if (!vm->absent.page) {
		vm->absent.page = heap_alloc_pages(LIST_PAGES);
		vm->absent.max = LIST_PAGES * PAGE_SIZE / sizeof(*vm->absent.page);
	}
	if (!vm->absent.page)
		return fail(err, ERR_NO_MEMORY, "no memory for a list of absent pages");
	if (!vm->ram.changes) {
		__atomic_store_n(&vm->ram.changes, true, __ATOMIC_SEQ_CST);
		__atomic_store_n(&vm->ram.extent_count, 0, __ATOMIC_SEQ_CST);
		vcpu_flush_all(vm, NULL);
	}
	return OK;
}

/* One page; lock held. */
static enum status take(struct vm *vm, u64 gpa, enum absent_why why)
{
	struct pt_found found;
	struct hpa host = hpa_make(0);
	enum absent_why was = absent_find(&vm->absent, gpa, &host);
	bool there = pt_lookup(&vm->nested, gpa, &found);
	enum status status = OK;

	if (was == ABSENT_FAILED || (why == ABSENT_EVICTED && !there))
		return OK;
	if (was == ABSENT_NOT && vm->absent.count == vm->absent.max)
		return ERR_RANGE;
	if (there)
		status = pt_unmap(&vm->nested, (struct pt_range){gpa, PAGE_SIZE});
	if (status == OK && !absent_add(&vm->absent, gpa, there ? found.to : host, why))
		panic("%s: a list of absent pages has no room after all", vm->config->name);
	return status;
}

enum status guest_pages_take(struct vm *vm, u64 gpa, u64 count, enum absent_why why,
			     struct error *err)
{
	u64 start = align_down(gpa, PAGE_SIZE), done = 0;
	enum status status;

	if (count == 0 || count > vm->memory / PAGE_SIZE ||
	    !guest_pages_are_ram(vm, start, count * PAGE_SIZE))
		return fail(err, ERR_NOT_FOUND, "%llu pages at 0x%llx: not all of it is RAM",
			    (unsigned long long)count, (unsigned long long)start);
	status = make_changeable(vm, err);
	for (; status == OK && done < count && vm->nested.format; done++) {
		guest_memory_lock(vm);
		status = take(vm, start + done * PAGE_SIZE, why);
		guest_memory_unlock(vm);
	}
	if (vm->nested.format)
		guest_memory_settle(vm, NULL);
	if (status == ERR_RANGE)
		fail(err, status, "%u pages are absent already, which is the limit",
		     vm->absent.max);
	else if (status != OK && err->status == OK)
		fail(err, status, "no memory for nested page tables");
	return status;
}

void guest_pages_release(struct vm *vm)
{
	if (vm->absent.page)
		heap_free_pages(vm->absent.page, LIST_PAGES);
	vm->absent = (struct absent){0};
}
