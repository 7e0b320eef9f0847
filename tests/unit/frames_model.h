/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reference for mm/frames: an owner for each page of a small machine, and one random
 * operation on both, with a comparison. Used by the unit test and the fuzzer. Each defines
 * model_expect for a mismatch.
 */
#pragma once

#include "core/base/bits.h"
#include "core/base/string.h"
#include "mm/frames.h"

enum {
	MODEL_PAGES = 64,
	MODEL_CAPACITY = 12,
	MODEL_OWNERS = 6,
	MODEL_HOLE = 0xffff, /* not RAM */
};

struct model {
	struct frames frames;
	struct extent storage[MODEL_CAPACITY];
	u16 owner[MODEL_PAGES];
};

struct model_op {
	u8 kind, owner, start, size, align, extra;
};

/* Provided by the user of this header. */
static void model_expect(bool condition);

/* Whose page addr lies in; false if it is not RAM. */
static inline bool model_owner_of(const struct frames *frames, u64 addr, u16 *owner)
{
	for (size_t i = 0; i < frames->count; i++) {
		if (addr < frames->extents[i].start || addr >= frames->extents[i].end)
			continue;
		*owner = frames->extents[i].owner;
		return true;
	}
	return false;
}

static inline void model_init(struct model *m)
{
	frames_init(&m->frames, m->storage, MODEL_CAPACITY);
	for (size_t i = 0; i < MODEL_PAGES; i++)
		m->owner[i] = MODEL_HOLE;
}

/* The number of extents that the pages need. */
static inline size_t model_extents(const u16 *owner)
{
	size_t count = 0;

	for (size_t i = 0; i < MODEL_PAGES; i++)
		count += owner[i] != MODEL_HOLE && (i == 0 || owner[i - 1] != owner[i]);
	return count;
}

/* Checks that the table equals the pages and has the fewest extents. */
static inline void model_compare(const struct model *m)
{
	const struct frames *f = &m->frames;
	u64 total[MODEL_OWNERS] = {0};

	model_expect(f->count == model_extents(m->owner));
	model_expect(f->count <= f->capacity);
	for (size_t i = 0; i < f->count; i++) {
		const struct extent *e = &f->extents[i];

		model_expect(e->start < e->end && is_aligned(e->start | e->end, PAGE_SIZE));
		model_expect(i == 0 || f->extents[i - 1].end <= e->start);
	}
	for (size_t i = 0; i < MODEL_PAGES; i++) {
		u16 owner = MODEL_HOLE;
		bool ram = model_owner_of(f, i * PAGE_SIZE + 17, &owner);

		model_expect(ram == (m->owner[i] != MODEL_HOLE) && owner == m->owner[i]);
		if (ram)
			total[owner] += PAGE_SIZE;
	}
	for (u16 owner = 0; owner < MODEL_OWNERS; owner++)
		model_expect(frames_total(f, owner) == total[owner]);
}

/*
 * After an operation: either it succeeded and the pages are new, or the table is unchanged
 * and really has no room.
 */
static inline void model_settle(struct model *m, enum status status, const u16 *wanted)
{
	if (status == OK)
		memcpy(m->owner, wanted, sizeof(m->owner));
	else
		model_expect(status == ERR_NO_MEMORY && model_extents(wanted) > MODEL_CAPACITY);
	model_compare(m);
}

static inline void model_add(struct model *m, struct model_op op)
{
	u64 start = op.start * (u64)PAGE_SIZE + op.extra * 16;
	u64 end = start + op.size * (u64)(PAGE_SIZE / 4);
	u16 wanted[MODEL_PAGES];

	memcpy(wanted, m->owner, sizeof(wanted));
	for (u64 i = 0; i < MODEL_PAGES; i++) {
		u64 page = i * PAGE_SIZE;
		bool whole = page >= start && page + PAGE_SIZE <= end;
		bool touched = start < end && page < end && page + PAGE_SIZE > start;

		if (op.owner == FRAMES_FREE
			    ? whole && wanted[i] == MODEL_HOLE
			    : touched && (wanted[i] == MODEL_HOLE || wanted[i] == FRAMES_FREE))
			wanted[i] = op.owner;
	}
	model_settle(m, frames_add(&m->frames, start, end, op.owner), wanted);
}

static inline void model_claim(struct model *m, struct model_op op)
{
	u64 start = op.start * (u64)PAGE_SIZE + op.extra * 16;
	u64 end = start + op.size * (u64)(PAGE_SIZE / 4);
	enum status status = frames_claim(&m->frames, start, end, op.owner);
	u16 wanted[MODEL_PAGES];

	if (start == end) {
		model_expect(status == ERR_INVALID);
		return;
	}
	memcpy(wanted, m->owner, sizeof(wanted));
	for (u64 i = start / PAGE_SIZE; i * PAGE_SIZE < end; i++) {
		if (wanted[i] == MODEL_HOLE ||
		    (wanted[i] != FRAMES_FREE && wanted[i] != op.owner)) {
			model_expect(status == (wanted[i] == MODEL_HOLE ? ERR_RANGE : ERR_BUSY));
			model_compare(m);
			return;
		}
		wanted[i] = op.owner;
	}
	model_settle(m, status, wanted);
}

static inline bool model_is_free(const struct model *m, u64 page, u64 count)
{
	for (u64 i = page; i < page + count; i++)
		if (i >= MODEL_PAGES || m->owner[i] != FRAMES_FREE)
			return false;
	return true;
}

static inline void model_alloc(struct model *m, struct model_op op)
{
	u64 count = op.size % 16 + 1, align = 1ULL << op.align % 4;
	u64 min = op.start % 16, max = op.extra % 2 ? 16 + op.start % 48 : MODEL_PAGES;
	struct frames_request request = {
		.size = count * PAGE_SIZE,
		.align = align * PAGE_SIZE,
		.min = min * PAGE_SIZE,
		.max = op.extra % 2 ? max * PAGE_SIZE : 0,
		.owner = op.owner,
		.lowest = op.extra & 4,
	};
	struct hpa out = {0};
	enum status status = frames_alloc(&m->frames, &request, &out);
	u16 wanted[MODEL_PAGES];
	u64 best = MODEL_PAGES;

	if (op.owner == FRAMES_FREE) {
		model_expect(status == ERR_INVALID);
		return;
	}
	for (u64 page = 0; page < MODEL_PAGES; page += align)
		if (page >= min && page + count <= max && model_is_free(m, page, count) &&
		    (best == MODEL_PAGES || !request.lowest))
			best = page;
	if (best == MODEL_PAGES) {
		model_expect(status == ERR_NO_MEMORY);
		model_compare(m);
		return;
	}
	memcpy(wanted, m->owner, sizeof(wanted));
	for (u64 i = best; i < best + count; i++)
		wanted[i] = op.owner;
	model_expect(status != OK || out.addr == best * PAGE_SIZE);
	model_settle(m, status, wanted);
}

static inline void model_free(struct model *m, struct model_op op)
{
	u64 count = op.size % 16;
	u64 start = op.start * (u64)PAGE_SIZE;
	enum status status = frames_free(&m->frames, start, start + count * PAGE_SIZE, op.owner);
	u16 wanted[MODEL_PAGES];

	if (!count || op.owner == FRAMES_FREE) {
		model_expect(status == ERR_INVALID);
		return;
	}
	memcpy(wanted, m->owner, sizeof(wanted));
	for (u64 i = op.start; i < op.start + count; i++) {
		if (i >= MODEL_PAGES || wanted[i] != op.owner) {
			model_expect(status == ERR_BUSY);
			model_compare(m);
			return;
		}
		wanted[i] = FRAMES_FREE;
	}
	model_settle(m, status, wanted);
}

static inline void model_largest(const struct model *m, u64 align)
{
	u64 largest = 0;

	for (u64 page = 0; page < MODEL_PAGES; page += align) {
		u64 count = 0;

		while (model_is_free(m, page, count + 1))
			count++;
		largest = max_u64(largest, count);
	}
	model_expect(frames_largest_free(&m->frames, align * PAGE_SIZE) == largest * PAGE_SIZE);
}

/* One operation; every field of op may have any value. */
static inline void model_step(struct model *m, struct model_op op)
{
	op.owner %= MODEL_OWNERS;
	op.start %= MODEL_PAGES - 1;
	op.size %= 4 * (MODEL_PAGES - 1 - op.start);
	switch (op.kind % 8) {
	case 0:
	case 1:
		op.owner = op.extra % 3 ? FRAMES_FREE : op.owner;
		model_add(m, op);
		break;
	case 2:
		model_claim(m, op);
		break;
	case 3:
	case 4:
	case 5:
		model_alloc(m, op);
		break;
	default:
		if (op.align % 2 && m->owner[op.start] < MODEL_OWNERS)
			op.owner = m->owner[op.start];
		model_free(m, op);
		break;
	}
	model_largest(m, 1ULL << op.align % 4);
}
