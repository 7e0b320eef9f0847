/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stacks in slots of address space that are larger than any stack. The rest of a
 * slot, below the stack, is never mapped. A freed stack stays mapped and is used
 * again for a stack of the same size.
 */
#include "mm/host/stack.h"

#include "core/base/bits.h"
#include "core/base/image.h"
#include "core/base/lock.h"
#include "mm/host/hostmap.h"
#include "mm/host/ram.h"

enum {
	SLOT_SIZE = 64 * KIB,
	STACK_MAX = SLOT_SIZE - PAGE_SIZE,
};
#define STACKS_END HOST_WINDOWS_VA

/* In the highest bytes of a free stack. */
struct free_stack {
	struct free_stack *next;
	size_t size;
};

static struct spinlock lock;	       /* outside ram's and the host tables' */
static struct free_stack *free_stacks; /* lock */
static u64 next_slot = HOST_STACKS_VA; /* lock */

static void *take_free(size_t size)
{
	for (struct free_stack **link = &free_stacks; *link; link = &(*link)->next) {
		struct free_stack *stack = *link;

		if (stack->size != size)
			continue;
		*link = stack->next;
		return stack + 1;
	}
	return NULL;
}

static void *make_stack(size_t size)
{
	struct frames_request request = {
		.size = size,
		.align = PAGE_SIZE,
		.owner = FRAMES_HYPERVISOR,
	};
	struct pt_leaf leaf = {.perms = PT_READ | PT_WRITE, .type = MEMTYPE_WB};
	u64 top = next_slot + SLOT_SIZE;
	struct hpa pa;

	if (top > STACKS_END || ram_alloc(&request, &pa) != OK)
		return NULL;
	if (hostmap_map((struct pt_range){top - size, size}, pa, leaf) != OK) {
		(void)!ram_free(pa.addr, pa.addr + size, FRAMES_HYPERVISOR);
		return NULL;
	}
	next_slot = top;
	return (void *)top;
}

void *stack_alloc(size_t size)
{
	void *top;

	size = align_up(size, PAGE_SIZE);
	if (size == 0 || size > STACK_MAX)
		return NULL;
	hostmap_refill();
	spin_lock(&lock);
	top = take_free(size);
	if (!top)
		top = make_stack(size);
	spin_unlock(&lock);
	return top;
}

void stack_free(void *top, size_t size)
{
	struct free_stack *stack;

	if (!top)
		return;
	stack = (struct free_stack *)top - 1;
	spin_lock(&lock);
	*stack = (struct free_stack){free_stacks, align_up(size, PAGE_SIZE)};
	free_stacks = stack;
	spin_unlock(&lock);
}

bool stack_is_guard(u64 addr)
{
	if (addr >= (u64)image_guard_start && addr < (u64)image_guard_end)
		return true;
	return addr >= HOST_STACKS_VA && addr < STACKS_END && !hostmap_is_mapped(addr);
}
