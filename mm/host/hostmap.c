/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's page tables: the supply of tables, device mappings, and the mapping
 * of firmware tables during boot.
 */
#include "mm/host/hostmap.h"

#include "core/base/bits.h"
#include "core/base/cpuid_bits.h"
#include "core/base/image.h"
#include "core/base/lock.h"
#include "core/base/log.h"
#include "core/base/x86.h"
#include "mm/host/heap.h"
#include "mm/pt_entry.h"

enum {
	BOOT_MAP_MAX = MIB,
	FIRST_SPARES = HOST_SPARE_TABLES + 6, /* hostmap_map_boot, the screen: before the heap */
	SPARES_MAX = 2 * HOST_SPARE_TABLES,
};
#define HOST_MMIO_END HOST_STACKS_VA

extern u8 boot_pml4[];

/* Tables that are mapped but not in the tree; the first ones are in the image. */
struct spares {
	struct hpa pages[SPARES_MAX];
	size_t count;
};

static struct spinlock lock; /* inside the heap's, outside ram's */
static struct spares spares; /* lock */
static u8 first_spares[FIRST_SPARES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static u64 image_pa;
static u64 mmio_next = HOST_MMIO_VA; /* lock */
static u64 *boot_entries; /* leaf entries of the 2 MiB for hostmap_map_boot; the boot CPU's */
static size_t boot_pages; /* number of boot_entries in use */

static bool alloc_table(struct pt_memory *mem, struct hpa *out)
{
	(void)mem;
	if (spares.count == 0)
		return false;
	*out = spares.pages[--spares.count];
	return true;
}

static void free_table(struct pt_memory *mem, struct hpa table)
{
	(void)mem;
	if (spares.count < SPARES_MAX)
		spares.pages[spares.count++] = table;
}

static u64 *table_to_virt(struct pt_memory *mem, struct hpa table)
{
	(void)mem;
	if (table.addr - image_pa < image_size())
		return (u64 *)(HOST_IMAGE_VA + (table.addr - image_pa));
	return heap_from_phys(table);
}

static struct pt_memory memory = {alloc_table, free_table, table_to_virt};
static struct pt tree = {.format = &pt_format_host, .mem = &memory}; /* lock */

static u8 physical_bits(void)
{
	if (x86_cpuid(CPUID_LEAF_EXTENDED_MAX, 0).eax < CPUID_LEAF_ADDRESS_SIZES)
		return 36;
	return (u8)min_u64(x86_cpuid(CPUID_LEAF_ADDRESS_SIZES, 0).eax & 0xff, 52);
}

void hostmap_init(struct hpa image)
{
	image_pa = image.addr;
	tree.root = hostmap_to_phys(boot_pml4);
	tree.limits = (struct pt_limits){.leaf_level = PT_LEVEL_2M, .pa_bits = physical_bits()};
	for (size_t i = 0; i < FIRST_SPARES; i++)
		spares.pages[spares.count++] = hostmap_to_phys(first_spares[i]);
	boot_entries = hostmap_entry(HOST_BOOT_MAP_VA);
	if (!boot_entries)
		panic("hostmap: the first spare tables are not enough");
}

struct hpa hostmap_root(void)
{
	return tree.root;
}

struct hpa hostmap_to_phys(const void *va)
{
	u64 addr = (u64)va;

	if (addr - HOST_IMAGE_VA < image_size())
		return hpa_make(addr - HOST_IMAGE_VA + image_pa);
	return heap_to_phys(va);
}

enum status hostmap_map(struct pt_range range, struct hpa to, struct pt_leaf leaf)
{
	enum status status;

	spin_lock(&lock);
	status = pt_map(&tree, range, to, leaf);
	spin_unlock(&lock);
	return status;
}

size_t hostmap_spares_wanted(void)
{
	size_t wanted;

	spin_lock(&lock);
	wanted = spares.count < HOST_SPARE_TABLES ? HOST_SPARE_TABLES - spares.count : 0;
	spin_unlock(&lock);
	return wanted;
}

void hostmap_give_spare(struct hpa page)
{
	spin_lock(&lock);
	free_table(&memory, page);
	spin_unlock(&lock);
}

void hostmap_refill(void)
{
	for (size_t wanted = hostmap_spares_wanted(); wanted; wanted--) {
		void *page = heap_alloc_pages(1);

		if (!page)
			return;
		hostmap_give_spare(heap_to_phys(page));
	}
}

bool hostmap_is_mapped(u64 va)
{
	struct pt_found found;

	/* Before hostmap_init only the image is mapped. */
	if (tree.root.addr == 0)
		return va >= (u64)image_start && va < (u64)image_end;
	return pt_lookup(&tree, va, &found);
}

/* Maps the image's first page at va for a moment, which creates the tables. */
u64 *hostmap_entry(u64 va)
{
	struct pt_leaf leaf = {.perms = PT_READ, .type = MEMTYPE_WB};
	enum status status;
	u64 *table, *entry;

	hostmap_refill();
	status = hostmap_map((struct pt_range){va, PAGE_SIZE}, hpa_make(image_pa), leaf);
	if (status != OK)
		return NULL;
	table = table_to_virt(&memory, tree.root);
	for (unsigned level = tree.format->levels; level > PT_LEVEL_4K; level--)
		table = table_to_virt(&memory,
				      pt_entry_table(tree.format, table[pt_index(va, level)]));
	entry = &table[pt_index(va, PT_LEVEL_4K)];
	pt_entry_write(entry, tree.format->absent);
	x86_invlpg((const void *)va);
	return entry;
}

/* Allocates addresses for size bytes at pa, whole pages. 0: none left. */
static u64 mmio_reserve(u64 size, u64 pa)
{
	u64 va;

	spin_lock(&lock);
	/* The same offset within 2 MiB as pa, so that large leaves fit. */
	va = align_up(mmio_next, pt_level_size(PT_LEVEL_2M)) +
	     (pa & (pt_level_size(PT_LEVEL_2M) - 1));
	if (size > HOST_MMIO_END - va)
		va = 0;
	else
		mmio_next = va + size;
	spin_unlock(&lock);
	return va;
}

void *hostmap_map_device(struct hpa pa, size_t size, enum memtype type)
{
	u64 start = align_down(pa.addr, PAGE_SIZE);
	u64 pages = align_up(pa.addr - start + size, PAGE_SIZE);
	struct pt_leaf leaf = {.perms = PT_READ | PT_WRITE, .type = (u8)type};
	u64 va = mmio_reserve(pages, start);

	if (va == 0)
		return NULL;
	hostmap_refill();
	if (hostmap_map((struct pt_range){va, pages}, hpa_make(start), leaf) != OK)
		return NULL;
	return (void *)(va + (pa.addr - start));
}

const void *hostmap_map_boot(struct hpa pa, size_t size)
{
	struct pt_leaf leaf = {.perms = PT_READ, .type = MEMTYPE_WB};
	u64 start = align_down(pa.addr, PAGE_SIZE);

	if (boot_pages != 0 || size == 0 || size > BOOT_MAP_MAX)
		return NULL;
	if (!range_fits(pa.addr, size, BIT(tree.limits.pa_bits)))
		return NULL;
	boot_pages = pages_of(pa.addr - start + size);
	for (size_t i = 0; i < boot_pages; i++)
		pt_entry_write(&boot_entries[i],
			       pt_leaf_encode(tree.format, PT_LEVEL_4K,
					      hpa_make(start + i * PAGE_SIZE), leaf));
	return (const void *)(HOST_BOOT_MAP_VA + (pa.addr - start));
}

void hostmap_unmap_boot(void)
{
	for (size_t i = 0; i < boot_pages; i++) {
		pt_entry_write(&boot_entries[i], tree.format->absent);
		x86_invlpg((const void *)(HOST_BOOT_MAP_VA + i * PAGE_SIZE));
	}
	boot_pages = 0;
}
