/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of physical memory. Keeps the extents sorted and merged; never
 * accesses the memory itself. Pure.
 *
 * Every change is one or more splices. A splice gives one range to one owner. It
 * is planned before it is made, so that its cost in table slots is known.
 */
#include "mm/frames.h"

#include "core/base/bits.h"
#include "core/base/string.h"

/* Extents [first, last) are replaced by the count extents of with[]. */
struct splice {
	size_t first, last;
	size_t count;
	struct extent with[3];
};

void frames_init(struct frames *frames, struct extent *storage, size_t capacity)
{
	*frames = (struct frames){.extents = storage, .capacity = capacity};
}

/* Returns the index of the first extent whose end is above addr, or count. */
static size_t find(const struct frames *frames, u64 addr)
{
	size_t low = 0, high = frames->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (frames->extents[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/*
 * Plans the splice that gives range to range.owner. range merges with extents of
 * its owner that overlap or touch it; of an extent of another owner, the parts
 * outside range remain.
 */
static struct splice plan(const struct frames *frames, struct extent range)
{
	const struct extent *all = frames->extents;
	struct splice splice = {.first = find(frames, range.start)};
	struct extent middle = range;
	size_t first = splice.first, last = first;

	if (first > 0 && all[first - 1].end == range.start && all[first - 1].owner == range.owner)
		first--;
	while (last < frames->count && all[last].start < range.end)
		last++;
	if (last < frames->count && all[last].start == range.end && all[last].owner == range.owner)
		last++;
	splice.first = first;
	splice.last = last;
	if (first == last) {
		splice.with[splice.count++] = middle;
		return splice;
	}
	if (all[first].owner == range.owner)
		middle.start = min_u64(all[first].start, range.start);
	else if (all[first].start < range.start)
		splice.with[splice.count++] =
			(struct extent){all[first].start, range.start, all[first].owner};
	if (all[last - 1].owner == range.owner)
		middle.end = max_u64(all[last - 1].end, range.end);
	splice.with[splice.count++] = middle;
	if (all[last - 1].owner != range.owner && all[last - 1].end > range.end)
		splice.with[splice.count++] =
			(struct extent){range.end, all[last - 1].end, all[last - 1].owner};
	return splice;
}

static size_t count_after(size_t count, const struct splice *splice)
{
	return count - (splice->last - splice->first) + splice->count;
}

static void apply(struct frames *frames, const struct splice *splice)
{
	struct extent *at = frames->extents + splice->first;

	memmove(at + splice->count, frames->extents + splice->last,
		(frames->count - splice->last) * sizeof(*at));
	frames->count = count_after(frames->count, splice);
	memcpy(at, splice->with, splice->count * sizeof(*at));
}

static enum status assign(struct frames *frames, struct extent range)
{
	struct splice splice = plan(frames, range);

	if (count_after(frames->count, &splice) > frames->capacity)
		return ERR_NO_MEMORY;
	apply(frames, &splice);
	return OK;
}

/* True if an extent of owner `to` in the table stays when a range of owner overlaps it. */
static bool gives_way(u16 owner, u16 to)
{
	return to != owner && to != FRAMES_FREE;
}

/*
 * Finds the first stretch of range that may be given to range.owner: it begins
 * after the extents to which range gives way at its start, and ends before the
 * next such extent. False: there is none.
 */
static bool next_stretch(const struct frames *frames, struct extent range, struct extent *out)
{
	size_t i = find(frames, range.start);

	for (; i < frames->count && frames->extents[i].start < range.end; i++) {
		const struct extent *other = &frames->extents[i];

		if (!gives_way(range.owner, other->owner))
			continue;
		if (other->start > range.start) {
			range.end = other->start;
			break;
		}
		range.start = other->end;
		if (range.start >= range.end)
			return false;
	}
	*out = range;
	return range.start < range.end;
}

/*
 * Applies the stretches of range that need more slots (growing), or those that do
 * not. A stretch that is applied already needs none.
 */
static void make_stretches(struct frames *frames, struct extent range, bool growing)
{
	struct extent stretch;

	for (; next_stretch(frames, range, &stretch); range.start = stretch.end) {
		struct splice splice = plan(frames, stretch);

		if ((count_after(frames->count, &splice) > frames->count) == growing)
			apply(frames, &splice);
	}
}

/*
 * True if the table has room for all stretches of range. Between two stretches is
 * an extent of another owner, so the stretches do not merge and do not cut the
 * same extent. So each can be planned on the present table, and the costs add up.
 */
static bool stretches_fit(const struct frames *frames, struct extent range)
{
	size_t count = frames->count;
	struct extent stretch;

	for (; next_stretch(frames, range, &stretch); range.start = stretch.end) {
		struct splice splice = plan(frames, stretch);

		count = count_after(count, &splice);
	}
	return count <= frames->capacity;
}

/* Rounds to whole pages, outwards; end stops at the last page, which has no end in 64 bits. */
static struct extent round_outwards(u64 start, u64 end, u16 owner)
{
	u64 last = align_down(UINT64_MAX, PAGE_SIZE);

	return (struct extent){align_down(start, PAGE_SIZE),
			       end > last ? last : align_up(end, PAGE_SIZE), owner};
}

enum status frames_add(struct frames *frames, u64 start, u64 end, u16 owner)
{
	struct extent range = round_outwards(start, end, owner);

	if (start > end)
		return ERR_INVALID;
	if (start == end)
		return OK;
	if (owner == FRAMES_FREE)
		range = (struct extent){round_outwards(start, start, owner).end,
					align_down(end, PAGE_SIZE), owner};
	if (!stretches_fit(frames, range))
		return ERR_NO_MEMORY;
	/* First the stretches that shrink the table: they make room for the others. */
	make_stretches(frames, range, false);
	make_stretches(frames, range, true);
	return OK;
}

enum status frames_claim(struct frames *frames, u64 start, u64 end, u16 owner)
{
	struct extent range = round_outwards(start, end, owner);
	u64 covered = range.start;

	if (start >= end || range.start >= range.end)
		return ERR_INVALID;
	for (size_t i = find(frames, covered); covered < range.end; i++) {
		const struct extent *other = &frames->extents[i];

		if (i == frames->count || other->start > covered)
			return ERR_RANGE;
		if (gives_way(owner, other->owner))
			return ERR_BUSY;
		covered = other->end;
	}
	return assign(frames, range);
}

static bool request_valid(const struct frames_request *request)
{
	return request->size && is_aligned(request->size, PAGE_SIZE) &&
	       request->align >= PAGE_SIZE && is_aligned(request->align, request->align) &&
	       request->owner != FRAMES_FREE;
}

/* Finds the place for request in hole, a free extent. False: it does not fit. */
static bool place(const struct extent *hole, const struct frames_request *request, u64 *start)
{
	u64 low = max_u64(hole->start, request->min);
	u64 high = request->max ? min_u64(hole->end, request->max) : hole->end;
	u64 lowest = align_up(low, request->align);

	if (lowest < low || lowest > high || high - lowest < request->size)
		return false;
	*start = request->lowest ? lowest : align_down(high - request->size, request->align);
	return true;
}

enum status frames_alloc(struct frames *frames, const struct frames_request *request,
			 struct hpa *out)
{
	u64 start;

	if (!request_valid(request))
		return ERR_INVALID;
	if (request->reserve &&
	    frames_total(frames, FRAMES_FREE) < request->size + request->reserve)
		return ERR_NO_MEMORY;
	for (size_t n = 0; n < frames->count; n++) {
		size_t i = request->lowest ? n : frames->count - 1 - n;
		const struct extent *hole = &frames->extents[i];

		if (hole->owner != FRAMES_FREE || !place(hole, request, &start))
			continue;
		*out = hpa_make(start);
		return assign(frames,
			      (struct extent){start, start + request->size, request->owner});
	}
	return ERR_NO_MEMORY;
}

enum status frames_free(struct frames *frames, u64 start, u64 end, u16 owner)
{
	size_t i = find(frames, start);

	if (start >= end || !is_aligned(start | end, PAGE_SIZE) || owner == FRAMES_FREE)
		return ERR_INVALID;
	/*
	 * Neighbours of one owner are one extent: a range that is all owner's lies in one extent.
	 */
	if (i == frames->count || frames->extents[i].owner != owner ||
	    frames->extents[i].start > start || frames->extents[i].end < end)
		return ERR_BUSY;
	return assign(frames, (struct extent){start, end, FRAMES_FREE});
}

bool frames_next(const struct frames *frames, u16 owner, size_t *cursor, struct extent *out)
{
	while (*cursor < frames->count) {
		*out = frames->extents[(*cursor)++];
		if (out->owner == owner)
			return true;
	}
	return false;
}

u64 frames_total(const struct frames *frames, u16 owner)
{
	u64 total = 0;
	struct extent extent;

	for (size_t cursor = 0; frames_next(frames, owner, &cursor, &extent);)
		total += extent.end - extent.start;
	return total;
}

u64 frames_largest_free(const struct frames *frames, u64 align)
{
	u64 largest = 0;
	struct extent extent;

	for (size_t cursor = 0; frames_next(frames, FRAMES_FREE, &cursor, &extent);) {
		u64 start = align_up(extent.start, align);

		if (start >= extent.start && start < extent.end)
			largest = max_u64(largest, extent.end - start);
	}
	return largest;
}
