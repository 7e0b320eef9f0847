/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lays out a guest's physical memory from one table of fixed regions, which says
 * which regions are backed with RAM and what type e820 reports. Never accesses
 * memory.
 */
#include "core/model/guest_map.h"

/* A region below 4 GiB, in ascending order. A backed region is cut at the end of low memory. */
struct region {
	u64 base, end;
	u32 type;    /* e820 type */
	bool backed; /* has RAM behind it */
};

/*
 * The ACPI tables lie in the reserved ROM area: RSDP is searched for there
 * (ACPI "Finding the RSDP on IA-PC Systems"), and no size of memory moves them.
 */
static const struct region regions[] = {
	{0, GUEST_EBDA_BASE, GUEST_RAM, true},
	{GUEST_EBDA_BASE, GUEST_VGA_BASE, GUEST_RESERVED, true},
	{GUEST_TABLES_BASE, GUEST_HIGH_BASE, GUEST_RESERVED, true},
	{GUEST_HIGH_BASE, GUEST_LOW_TOP_MAX, GUEST_RAM, true},
	{GUEST_IOAPIC_BASE, GUEST_IOAPIC_BASE + PAGE_SIZE, GUEST_RESERVED, false},
	{GUEST_LAPIC_BASE, GUEST_LAPIC_BASE + PAGE_SIZE, GUEST_RESERVED, false},
};

static_assert(GUEST_TABLES_BASE + GUEST_TABLES_SIZE == GUEST_HIGH_BASE, "tables end at 1 MiB");
/* Every region and the part above 4 GiB fit without a check. */
static_assert(ARRAY_SIZE(regions) + 1 <= GUEST_E820_MAX, "e820 list too small");

/* A range that begins where the last one ends becomes part of it. */
static void add_backing(struct guest_map *map, u64 base, u64 end)
{
	struct guest_range *last = &map->backing[map->backing_count];

	if (map->backing_count > 0 && last[-1].base + last[-1].size == base) {
		last[-1].size += end - base;
		return;
	}
	*last = (struct guest_range){base, end - base, GUEST_RAM};
	map->backing_count++;
}

static void add_region(struct guest_map *map, const struct region *region)
{
	u64 end = region->backed ? min_u64(region->end, map->low_top) : region->end;

	if (region->base >= end)
		return;
	map->e820[map->e820_count++] =
		(struct guest_range){region->base, end - region->base, region->type};
	if (region->backed)
		add_backing(map, region->base, end);
}

static enum status check(u64 memory, unsigned phys_bits, struct error *err)
{
	u64 hole;

	if (phys_bits < 32 || phys_bits > 52)
		return fail(err, ERR_INVALID, "%u physical address bits: not 32 to 52", phys_bits);
	if (!is_aligned(memory, PAGE_SIZE))
		return fail(err, ERR_INVALID, "memory 0x%llx is not a multiple of 4K", memory);
	if (memory < GUEST_MEMORY_MIN)
		return fail(err, ERR_RANGE, "memory %lluK is less than 1M", memory / KIB);
	hole = memory > GUEST_LOW_TOP_MAX ? GUEST_ABOVE_BASE - GUEST_LOW_TOP_MAX : 0;
	if (!range_fits(hole, memory, BIT(phys_bits)))
		return fail(err, ERR_RANGE, "memory %lluM needs more than %u physical address bits",
			    memory / MIB, phys_bits);
	return OK;
}

enum status guest_map_build(struct guest_map *map, u64 memory, unsigned phys_bits,
			    struct error *err)
{
	enum status status = check(memory, phys_bits, err);
	u64 above;

	if (status != OK)
		return status;
	*map = (struct guest_map){.low_top = min_u64(memory, GUEST_LOW_TOP_MAX)};
	above = memory - map->low_top;
	map->above_top = GUEST_ABOVE_BASE + above;
	for (size_t i = 0; i < ARRAY_SIZE(regions); i++)
		add_region(map, &regions[i]);
	if (above == 0)
		return OK;
	map->e820[map->e820_count++] = (struct guest_range){GUEST_ABOVE_BASE, above, GUEST_RAM};
	add_backing(map, GUEST_ABOVE_BASE, map->above_top);
	return OK;
}
