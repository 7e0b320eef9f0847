/* SPDX-License-Identifier: BSD-2-Clause */
/* One table of extents and its lock. The boot CPU fills the table once. */
#include "mm/host/ram.h"

#include "boot/multiboot2.h"
#include "core/base/bits.h"
#include "core/base/lock.h"
#include "core/base/log.h"

enum {
	EXTENTS = 1024,
	LOW_PAGE_MAX = 0x9f000, /* above it is firmware data that some memory maps do not list */
};

static struct spinlock lock; /* inside the heap's, outside the log's */
static struct extent extents[EXTENTS];
static struct frames frames; /* lock */
static struct hpa low_page;

/* Memory with ACPI tables stays the firmware's, because the tables are read again later. */
static void add_map(const struct boot_info *info)
{
	for (u32 i = 0; i < info->memory_count; i++) {
		const struct boot_memory *m = &info->memory[i];
		u16 owner = m->type == BOOT_MEMORY_AVAILABLE ? FRAMES_FREE : FRAMES_FIRMWARE;

		if (frames_add(&frames, m->base, m->base + m->size, owner) != OK)
			log_write(LOG_WARN, "memory: [0x%llx, 0x%llx) left out: no room to note it",
				  m->base, (m->base + m->size));
	}
}

/* Claims the free parts of a range that is not all free, so that they are not allocated. */
static void claim_parts(struct ram_range range, u16 owner)
{
	u64 start = align_down(range.start, PAGE_SIZE), end = align_up(range.end, PAGE_SIZE);
	struct extent free;

	for (size_t cursor = 0; frames_next(&frames, FRAMES_FREE, &cursor, &free);) {
		u64 from = max_u64(start, free.start), to = min_u64(end, free.end);

		if (from < to && frames_claim(&frames, from, to, owner) == OK)
			cursor = 0; /* the table has changed */
	}
}

/* Claims range for owner. False: not all of it was free, and the log says so. */
static bool claim(struct ram_range range, u16 owner, const char *what)
{
	enum status status;

	if (range.start == range.end)
		return true;
	status = frames_claim(&frames, range.start, range.end, owner);
	if (status == OK)
		return true;
	log_write(LOG_WARN, "memory: %s at [0x%llx, 0x%llx): %s", what, range.start, range.end,
		  status_name(status));
	claim_parts(range, owner);
	return false;
}

/* Claims all free memory below 1 MiB for firmware, except one page for startup IPIs. */
static void claim_low(void)
{
	struct frames_request request = {
		.size = PAGE_SIZE,
		.align = PAGE_SIZE,
		.min = PAGE_SIZE,
		.max = LOW_PAGE_MAX,
		.owner = FRAMES_HYPERVISOR,
	};
	struct extent free;
	size_t cursor = 0;

	if (frames_alloc(&frames, &request, &low_page) != OK)
		low_page = hpa_make(0);
	while (frames_next(&frames, FRAMES_FREE, &cursor, &free) && free.start < MIB) {
		struct ram_range low = {free.start, min_u64(free.end, MIB)};

		if (!claim(low, FRAMES_FIRMWARE, "low memory"))
			return;
		cursor = 0;
	}
}

enum status ram_init(const struct boot_info *info, struct ram_range image,
		     struct ram_range information, struct error *err)
{
	frames_init(&frames, extents, EXTENTS);
	add_map(info);
	claim(image, FRAMES_HYPERVISOR, "the image");
	claim(information, FRAMES_MODULES, "boot information");
	for (u32 i = 0; i < info->module_count; i++) {
		const struct boot_module *m = &info->modules[i];

		claim((struct ram_range){m->start, m->end}, FRAMES_MODULES, "a module");
	}
	claim_low();
	if (frames_total(&frames, FRAMES_FREE) == 0)
		return fail(err, ERR_NO_MEMORY, "memory: the loader's map has no free memory");
	log_write(LOG_INFO, "memory: %llu MiB free, %llu KiB in modules",
		  (frames_total(&frames, FRAMES_FREE) / MIB),
		  (frames_total(&frames, FRAMES_MODULES) / KIB));
	return OK;
}

struct hpa ram_low_page(void)
{
	return low_page;
}

enum status ram_alloc(const struct frames_request *request, struct hpa *out)
{
	enum status status;

	spin_lock(&lock);
	status = frames_alloc(&frames, request, out);
	spin_unlock(&lock);
	return status;
}

enum status ram_free(u64 start, u64 end, u16 owner)
{
	enum status status;

	spin_lock(&lock);
	status = frames_free(&frames, start, end, owner);
	spin_unlock(&lock);
	return status;
}

u64 ram_total(u16 owner)
{
	u64 total;

	spin_lock(&lock);
	total = frames_total(&frames, owner);
	spin_unlock(&lock);
	return total;
}

u64 ram_largest_free(u64 align)
{
	u64 size;

	spin_lock(&lock);
	size = frames_largest_free(&frames, align);
	spin_unlock(&lock);
	return size;
}

bool ram_extent(u16 owner, size_t index, struct extent *out)
{
	size_t cursor = 0;
	bool found;

	spin_lock(&lock);
	do
		found = frames_next(&frames, owner, &cursor, out);
	while (found && index--);
	spin_unlock(&lock);
	return found;
}

bool ram_extent_at(size_t index, struct extent *out)
{
	bool found;

	spin_lock(&lock);
	found = index < frames.count;
	if (found)
		*out = frames.extents[index];
	spin_unlock(&lock);
	return found;
}
