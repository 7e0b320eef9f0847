/* SPDX-License-Identifier: BSD-2-Clause */
/* Nested tables that differ from the VM's in the page of APIC registers. */
#include "core/memory/apic_page.h"

#include "boot/config.h"
#include "core/base/bits.h"
#include "core/base/lock.h"
#include "core/memory/memory.h"
#include "core/model/guest_map.h"
#include "mm/host/heap.h"

void apic_page_destroy(struct apic_page *page)
{
	if (!page->overlay.base)
		return;
	pt_overlay_destroy(&page->overlay);
	page->overlay.base = NULL;
}

void apic_page_reset(struct apic_page *page, const struct guest_memory *memory)
{
	apic_page_destroy(page);
	page->root = memory->nested.root;
}

enum status apic_page_set(struct apic_page *page, struct guest_memory *memory, u64 gpa)
{
	enum status status;

	apic_page_reset(page, memory);
	if (!memory_is_ram(memory, gpa, PAGE_SIZE))
		return OK;
	spin_lock(&memory->lock);
	status = pt_overlay_init(&page->overlay, &memory->nested, gpa);
	spin_unlock(&memory->lock);
	if (status != OK) {
		page->overlay.base = NULL;
		return ERR_NO_MEMORY;
	}
	page->root = page->overlay.view.root;
	return OK;
}

void apic_page_sync(struct apic_page *page, struct guest_memory *memory)
{
	if (!page->overlay.base)
		return;
	spin_lock(&memory->lock);
	pt_overlay_sync(&page->overlay);
	pt_flushed(&page->overlay.view);
	spin_unlock(&memory->lock);
}

enum status apic_page_create_view(struct guest_memory *memory, struct error *err)
{
	const struct pt_leaf leaf = {.perms = PT_READ | PT_WRITE, .type = MEMTYPE_WB};

	if (pt_overlay_init(&memory->apic_view, &memory->nested, GUEST_LAPIC_BASE) != OK)
		return fail(err, ERR_NO_MEMORY, "%s: no memory for nested page tables",
			    memory->config->name);
	memory->apic_page = heap_alloc_pages(1);
	if (memory->apic_page &&
	    pt_overlay_map(&memory->apic_view, heap_to_phys(memory->apic_page), leaf) == OK)
		return OK;
	pt_overlay_destroy(&memory->apic_view);
	heap_free_pages(memory->apic_page, 1);
	memory->apic_page = NULL;
	return fail(err, ERR_NO_MEMORY, "%s: no memory for its APICs' page", memory->config->name);
}

void apic_page_destroy_view(struct guest_memory *memory)
{
	if (!memory->apic_page)
		return;
	pt_overlay_destroy(&memory->apic_view);
	heap_free_pages(memory->apic_page, 1);
	memory->apic_page = NULL;
}
