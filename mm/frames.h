/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who owns which physical memory: one sorted table of extents, so that every
 * page of RAM belongs to exactly one owner. Pure: it computes on a table that
 * the caller gives and never touches the memory it speaks of. Not locked.
 *
 * Neighbouring extents of one owner are always one extent. Addresses in no
 * extent are not RAM (or not known to be). Any call that fails leaves the
 * table as it was.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"

enum frames_owner {
	FRAMES_FREE,	   /* the pool */
	FRAMES_HYPERVISOR, /* image, heap, tables */
	FRAMES_MODULES,	   /* what the boot loader left for us, until it is released */
	FRAMES_FIRMWARE,   /* reserved by firmware, never ours */
	FRAMES_GUEST_BASE, /* FRAMES_GUEST_BASE + VM id: that guest's memory */
};

/* [start, end), page aligned, never empty. */
struct extent {
	u64 start, end;
	u16 owner;
};

struct frames {
	struct extent *extents; /* sorted, disjoint */
	size_t count, capacity;
};

/* An empty table in storage[capacity], which stays the caller's. */
void frames_init(struct frames *frames, struct extent *storage, size_t capacity);

/*
 * One entry of a firmware memory map, [start, end) in bytes, in any order and
 * however they overlap. Ends that are not page aligned are rounded the safe
 * way: inwards for FRAMES_FREE, outwards for any other owner. Where entries
 * overlap, free gives way to any other owner; of two others the first stays.
 * An entry without a whole page is no error. ERR_INVALID: start > end.
 * ERR_NO_MEMORY: the table is full.
 */
enum status frames_add(struct frames *frames, u64 start, u64 end, u16 owner) must_check;

/*
 * Takes [start, end) out of the pool: image, modules, boot information,
 * trampoline. Rounded outwards; pages that owner has already stay its own.
 * ERR_INVALID: empty range. ERR_RANGE: part of it is not RAM. ERR_BUSY: part
 * of it has another owner. ERR_NO_MEMORY: the table is full.
 */
enum status frames_claim(struct frames *frames, u64 start, u64 end, u16 owner) must_check;

struct frames_request {
	u64 size;     /* bytes, a multiple of PAGE_SIZE, not 0 */
	u64 align;    /* a power of two, at least PAGE_SIZE */
	u64 min, max; /* the whole range lies in [min, max); max 0 stands for no limit */
	u64 reserve;  /* bytes that must stay free */
	u16 owner;    /* not FRAMES_FREE */
	bool lowest;  /* the lowest place that fits, else the highest */
};

/*
 * One contiguous range from the pool. Its contents are whatever they were: the
 * caller zeroes. ERR_INVALID: a field is not as said above. ERR_NO_MEMORY: no
 * free range fits, or the table is full.
 */
enum status frames_alloc(struct frames *frames, const struct frames_request *request,
			 struct hpa *out) must_check;

/*
 * Gives [start, end) back to the pool. ERR_INVALID: not page aligned or empty,
 * or owner is FRAMES_FREE. ERR_BUSY: not every page of it is owner's.
 * ERR_NO_MEMORY: the table is full; cannot happen for a whole extent.
 */
enum status frames_free(struct frames *frames, u64 start, u64 end, u16 owner) must_check;

/*
 * The owner's extents in ascending order: start with *cursor = 0, call until
 * false. The cursor is void once the table changes; to free all of an owner,
 * start again from 0 after each frames_free.
 */
bool frames_next(const struct frames *frames, u16 owner, size_t *cursor, struct extent *out);

/* Bytes that owner has. */
u64 frames_total(const struct frames *frames, u16 owner);

/* Bytes in the largest free range that starts at a multiple of align (a power of two). */
u64 frames_largest_free(const struct frames *frames, u64 align);
