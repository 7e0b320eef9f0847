/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the rule that nothing is loaded outside guest RAM or over memory that is
 * taken already. Knows no image format. Pure.
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

bool load_place_is_free(const struct load_request *request, const struct load_plan *plan, u64 gpa,
			u64 size)
{
	return is_ram(request, gpa, size) && !find_taken(plan, gpa, size);
}

enum status load_place_add(const struct load_request *request, struct load_plan *plan,
			   const struct load_segment *segment, u64 size, const char *what,
			   struct error *err)
{
	const struct load_taken *other = find_taken(plan, segment->gpa, size);

	if (!is_ram(request, segment->gpa, size))
		return fail(err, ERR_RANGE,
			    "%s: 0x%llx bytes at 0x%llx are not in the guest's memory", what, size,
			    segment->gpa);
	if (other)
		return fail(err, ERR_INVALID,
			    "%s: 0x%llx bytes at 0x%llx overlap the 0x%llx at 0x%llx", what, size,
			    segment->gpa, other->size, other->gpa);
	if (plan->taken_count == LOAD_TAKEN_MAX)
		return fail(err, ERR_NO_MEMORY, "%s: more than %d pieces", what, LOAD_TAKEN_MAX);
	if (plan->segment_count == LOAD_SEGMENTS_MAX)
		return fail(err, ERR_NO_MEMORY, "more than %d segments", LOAD_SEGMENTS_MAX);
	plan->taken[plan->taken_count++] = (struct load_taken){segment->gpa, size};
	plan->segments[plan->segment_count++] = *segment;
	return OK;
}

/* A search, with the best address so far. */
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
	    !load_place_is_free(search->request, search->plan, gpa, need->size))
		return;
	if (search->found && (need->topmost ? gpa <= search->best : gpa >= search->best))
		return;
	search->found = true;
	search->best = gpa;
}

/*
 * The lowest place begins at the start of RAM, at the start of the allowed range
 * or at the end of taken memory; the highest one ends at the opposite edge of
 * one of these. So it is enough to try the edges.
 */
static void try_space(struct search *search, u64 start, u64 end)
{
	const struct load_need *need = search->need;

	if (!need->topmost)
		consider(search, align_up(max_u64(start, need->low), need->align));
	else if (min_u64(end, need->high) >= need->size)
		consider(search, align_down(min_u64(end, need->high) - need->size, need->align));
}

enum status load_place_find(const struct load_request *request, const struct load_plan *plan,
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

enum status load_place_put(const struct load_request *request, struct load_plan *plan,
			   const struct load_need *need, enum load_source source, u64 *gpa,
			   struct error *err)
{
	struct load_segment segment = {
		.source = source, .file_size = need->size, .mem_size = need->size};
	enum status status = load_place_find(request, plan, need, gpa, err);

	if (status != OK)
		return status;
	segment.gpa = *gpa;
	return load_place_add(request, plan, &segment, need->size, need->what, err);
}

void load_place_write_map(const struct load_request *request, u8 *entry, size_t stride)
{
	for (u32 i = 0; i < request->map_count; i++, entry += stride) {
		bytes_put64(entry, request->map[i].base);
		bytes_put64(entry + 8, request->map[i].size);
		bytes_put32(entry + 16, request->map[i].type);
	}
}

u32 load_place_ram_from(const struct load_request *request, u64 base, u64 limit)
{
	for (u32 i = 0; i < request->map_count; i++) {
		const struct guest_range *range = &request->map[i];

		if (range->type == GUEST_RAM && base >= range->base &&
		    base - range->base < range->size)
			return (u32)((min_u64(range->base + range->size, limit) - base) / KIB);
	}
	return 0;
}
