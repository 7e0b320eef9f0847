/* SPDX-License-Identifier: BSD-2-Clause */
/* Supplies nested page tables with heap pages. Knows no guest. */
#include "mm/host/nested.h"

#include "core/base/bits.h"
#include "core/base/cpuid_bits.h"
#include "core/base/x86.h"
#include "mm/host/heap.h"

static bool alloc_table(struct pt_memory *mem, struct hpa *out)
{
	void *page = heap_alloc_pages(1);

	(void)mem;
	if (page)
		*out = heap_to_phys(page);
	return page;
}

static void free_table(struct pt_memory *mem, struct hpa table)
{
	(void)mem;
	heap_free_pages(heap_from_phys(table), 1);
}

static u64 *table_to_virt(struct pt_memory *mem, struct hpa table)
{
	(void)mem;
	return heap_from_phys(table);
}

static struct pt_memory memory = {alloc_table, free_table, table_to_virt};

enum status nested_create(struct pt *pt, const struct pt_format *format, u8 leaf_level,
			  struct error *err)
{
	struct pt_limits limits = {
		.leaf_level = leaf_level,
		.pa_bits = (u8)x86_cpuid(CPUID_LEAF_ADDRESS_SIZES, 0).eax,
	};

	if (limits.pa_bits > PHYS_BITS_MAX)
		limits.pa_bits = PHYS_BITS_MAX;
	if (pt_init(pt, format, &memory, limits) == OK)
		return OK;
	pt->format = NULL; /* the tree does not exist */
	return fail(err, ERR_NO_MEMORY, "no memory for nested page tables");
}

void nested_destroy(struct pt *pt)
{
	pt_flushed(pt);
	pt_destroy(pt);
	pt->format = NULL;
}
