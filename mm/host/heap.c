/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole pages for the hypervisor itself. Grows by chunks of physical memory, each
 * mapped once in the direct region. Freed pages are used again and never unmapped.
 * The list of free runs is stored in the free pages.
 */
#include "mm/host/heap.h"
#include "core/base/bits.h"
#include "core/base/lock.h"
#include "core/base/string.h"
#include "mm/host/hostmap.h"
#include "mm/host/ram.h"

enum { CHUNK_PAGES = 32 };

/* The first bytes of a run of free pages. */
struct run {
	struct run *next; /* at a higher address */
	size_t pages;
};

static struct spinlock lock; /* see core/base/lock.h */
static struct run *runs;     /* lock; ascending, never adjacent */
static u64 taken;	     /* lock: bytes of physical memory ever taken */

static u8 *run_end(struct run *run)
{
	return (u8 *)run + run->pages * PAGE_SIZE;
}

static void merge_next(struct run *run)
{
	if (!run->next || run_end(run) != (u8 *)run->next)
		return;
	run->pages += run->next->pages;
	run->next = run->next->next;
}

static void put_run(void *pages, size_t count)
{
	struct run **link = &runs, *before = NULL, *run = pages;

	while (*link && *link < run) {
		before = *link;
		link = &before->next;
	}
	*run = (struct run){*link, count};
	*link = run;
	merge_next(run);
	if (before)
		merge_next(before);
}

/* Takes pages from the end of the first run that is long enough. NULL: there is none. */
static void *take_run(size_t count)
{
	for (struct run **link = &runs; *link; link = &(*link)->next) {
		struct run *run = *link;

		if (run->pages < count)
			continue;
		run->pages -= count;
		if (run->pages == 0)
			*link = run->next;
		return run_end(run);
	}
	return NULL;
}

/* Replaces the spare tables that grow has used, for the next time. */
static void refill_spares(void)
{
	for (size_t wanted = hostmap_spares_wanted(); wanted; wanted--) {
		void *page = take_run(1);

		if (!page)
			return;
		hostmap_give_spare(heap_to_phys(page));
	}
}

/* Adds count pages and some for spare tables. Chunks are aligned, so that few tables are needed. */
static bool grow(size_t count)
{
	u64 size = align_up(count + HOST_SPARE_TABLES, CHUNK_PAGES) * PAGE_SIZE;
	struct frames_request request = {
		.size = size,
		.align = (u64)CHUNK_PAGES * PAGE_SIZE,
		.owner = FRAMES_HYPERVISOR,
	};
	struct pt_leaf leaf = {.perms = PT_READ | PT_WRITE, .type = MEMTYPE_WB};
	struct hpa pa;

	if (ram_alloc(&request, &pa) != OK)
		return false;
	if (hostmap_map((struct pt_range){HOST_DIRECT_VA + pa.addr, size}, pa, leaf) != OK) {
		(void)!ram_free(pa.addr, pa.addr + size, FRAMES_HYPERVISOR);
		return false;
	}
	taken += size;
	put_run(heap_from_phys(pa), size / PAGE_SIZE);
	refill_spares();
	return true;
}

void *heap_alloc_pages(size_t count)
{
	void *pages;

	if (count == 0)
		return NULL;
	spin_lock(&lock);
	pages = take_run(count);
	if (!pages && grow(count))
		pages = take_run(count);
	spin_unlock(&lock);
	if (pages)
		memset(pages, 0, count * PAGE_SIZE);
	return pages;
}

void heap_free_pages(void *pages, size_t count)
{
	if (!pages || count == 0)
		return;
	spin_lock(&lock);
	put_run(pages, count);
	spin_unlock(&lock);
}

void heap_usage(u64 *size, u64 *free)
{
	spin_lock(&lock);
	*size = taken;
	*free = 0;
	for (const struct run *run = runs; run; run = run->next)
		*free += run->pages * PAGE_SIZE;
	spin_unlock(&lock);
}

struct hpa heap_to_phys(const void *va)
{
	return hpa_make((u64)va - HOST_DIRECT_VA);
}

void *heap_from_phys(struct hpa pa)
{
	return (void *)(HOST_DIRECT_VA + pa.addr);
}
