/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the rule that nothing is loaded outside guest RAM or over something
 * else, and the flat start state. Knows no image format. Pure.
 */
#include "core/load/place.h"

#include "core/base/bytes.h"

static bool overlap(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a <= b ? b - a < a_size : a - b < b_size;
}

static bool is_ram(const struct load_request *request, u64 gpa, u64 size)
{
	for (u32 i = 0; i < request->map_count; i++) {
		const struct guest_range *range = &request->map[i];

		if (range->type == GUEST_RAM && gpa >= range->base &&
		    range_fits(gpa - range->base, size, range->size))
			return true;
	}
	return false;
}

static const struct load_taken *find_taken(const struct load_plan *plan, u64 gpa, u64 size)
{
	for (u32 i = 0; i < plan->taken_count; i++)
		if (overlap(gpa, size, plan->taken[i].gpa, plan->taken[i].size))
			return &plan->taken[i];
	return NULL;
}

bool load_is_free(const struct load_request *request, const struct load_plan *plan, u64 gpa,
		  u64 size)
{
	return is_ram(request, gpa, size) && !find_taken(plan, gpa, size);
}

enum status load_take(const struct load_request *request, struct load_plan *plan,
		      struct load_taken range, const char *what, struct error *err)
{
	const struct load_taken *other = find_taken(plan, range.gpa, range.size);

	if (!is_ram(request, range.gpa, range.size))
		return fail(err, ERR_RANGE,
			    "%s: 0x%llx bytes at 0x%llx are not in the guest's memory", what,
			    range.size, range.gpa);
	if (other)
		return fail(err, ERR_INVALID,
			    "%s: 0x%llx bytes at 0x%llx overlap the 0x%llx at 0x%llx", what,
			    range.size, range.gpa, other->size, other->gpa);
	if (plan->taken_count == LOAD_TAKEN_MAX)
		return fail(err, ERR_NO_MEMORY, "%s: more than %d pieces", what, LOAD_TAKEN_MAX);
	plan->taken[plan->taken_count++] = range;
	return OK;
}

/* A search keeps the best address so far. */
struct search {
	const struct load_request *request;
	const struct load_plan *plan;
	const struct load_need *need;
	bool found;
	u64 best;
};

static void consider(struct search *search, u64 gpa)
{
	const struct load_need *need = search->need;

	if (gpa < need->low || !range_fits(gpa, need->size, need->high) ||
	    !load_is_free(search->request, search->plan, gpa, need->size))
		return;
	if (search->found && (need->topmost ? gpa <= search->best : gpa >= search->best))
		return;
	search->found = true;
	search->best = gpa;
}

/*
 * The lowest place of all begins where RAM, the allowed range or something
 * taken gives way to free memory; the highest one ends where one of them
 * begins again. So only the edges need be tried.
 */
static void try_space(struct search *search, u64 start, u64 end)
{
	const struct load_need *need = search->need;

	if (!need->topmost)
		consider(search, align_up(max_u64(start, need->low), need->align));
	else if (min_u64(end, need->high) >= need->size)
		consider(search, align_down(min_u64(end, need->high) - need->size, need->align));
}

enum status load_find(const struct load_request *request, const struct load_plan *plan,
		      const struct load_need *need, u64 *gpa, struct error *err)
{
	struct search search = {.request = request, .plan = plan, .need = need};

	for (u32 i = 0; i < request->map_count; i++) {
		const struct guest_range *range = &request->map[i];

		if (range->type == GUEST_RAM)
			try_space(&search, range->base, range->base + range->size);
	}
	for (u32 i = 0; i < plan->taken_count; i++) {
		const struct load_taken *taken = &plan->taken[i];

		try_space(&search, taken->gpa + taken->size, taken->gpa);
	}
	if (!search.found)
		return fail(err, ERR_RANGE,
			    "%s: no room for 0x%llx bytes between 0x%llx and 0x%llx: give the "
			    "guest more memory",
			    need->what, need->size, need->low, need->high);
	*gpa = search.best;
	return OK;
}

enum status load_add(struct load_plan *plan, struct load_segment segment, struct error *err)
{
	if (plan->segment_count == LOAD_SEGMENTS_MAX)
		return fail(err, ERR_NO_MEMORY, "more than %d segments", LOAD_SEGMENTS_MAX);
	plan->segments[plan->segment_count++] = segment;
	return OK;
}

enum status load_put(const struct load_request *request, struct load_plan *plan,
		     const struct load_need *need, enum load_source source, u64 *gpa,
		     struct error *err)
{
	struct load_segment segment = {
		.source = source, .file_size = need->size, .mem_size = need->size};
	enum status status = load_find(request, plan, need, gpa, err);

	if (status == OK)
		status = load_take(request, plan, (struct load_taken){*gpa, need->size}, need->what,
				   err);
	if (status != OK)
		return status;
	segment.gpa = *gpa;
	return load_add(plan, segment, err);
}

u32 load_ram_from(const struct load_request *request, u64 base, u64 limit)
{
	for (u32 i = 0; i < request->map_count; i++) {
		const struct guest_range *range = &request->map[i];

		if (range->type == GUEST_RAM && base >= range->base &&
		    base - range->base < range->size)
			return (u32)((min_u64(range->base + range->size, limit) - base) / KIB);
	}
	return 0;
}

/* Flat segments: base 0, limit 4 GiB, present, ring 0. */
static struct segment code_segment(enum load_mode mode)
{
	return (struct segment){
		.selector = LOAD_GDT_CODE,
		.attr = SEGMENT_G | SEGMENT_P | SEGMENT_S | SEGMENT_CODE | SEGMENT_WRITABLE |
			SEGMENT_ACCESSED | (mode == LOAD_LONG64 ? SEGMENT_L : SEGMENT_DB),
		.limit = UINT32_MAX,
	};
}

static struct segment data_segment(void)
{
	return (struct segment){
		.selector = LOAD_GDT_DATA,
		.attr = SEGMENT_G | SEGMENT_DB | SEGMENT_P | SEGMENT_S | SEGMENT_WRITABLE |
			SEGMENT_ACCESSED,
		.limit = UINT32_MAX,
	};
}

/* The smallest there is, in use by this CPU; the PVH boot ABI asks for exactly it. */
static struct segment task_segment(void)
{
	enum { TSS_LIMIT = 0x67 };

	return (struct segment){.attr = SEGMENT_P | SEGMENT_TYPE_TSS_BUSY, .limit = TSS_LIMIT};
}

/* The descriptor of a segment with base 0 and limit 4 GiB (SDM 3A "Segment Descriptors"). */
static u64 descriptor(struct segment segment)
{
	return BITS(51, 48) | BITS(15, 0) | (u64)segment.attr << 40;
}

void load_write_gdt(u8 *bytes, enum load_mode mode)
{
	memset(bytes, 0, LOAD_GDT_SIZE);
	bytes_put64(bytes + LOAD_GDT_CODE, descriptor(code_segment(mode)));
	bytes_put64(bytes + LOAD_GDT_DATA, descriptor(data_segment()));
}

void load_set_entry(struct load_entry *entry, enum load_mode mode, u64 rip, u64 gdt)
{
	memset(entry, 0, sizeof(*entry));
	entry->mode = mode;
	entry->regs.rip = rip;
	entry->regs.rflags = RFLAGS_FIXED;
	entry->tr = task_segment();
	entry->gdt_base = gdt;
	entry->gdt_limit = LOAD_GDT_SIZE - 1;
	entry->control.cr0 = CR0_PE | CR0_ET;
	for (unsigned i = 0; i < SEG_COUNT; i++)
		entry->control.seg[i] = i == SEG_CS ? code_segment(mode) : data_segment();
	if (mode != LOAD_LONG64)
		return;
	entry->control.cr0 |= CR0_PG;
	entry->control.cr4 = CR4_PAE;
	entry->control.efer = EFER_LME | EFER_LMA;
}
