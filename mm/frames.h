/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the assignment of physical memory to owners: a sorted table of extents, in
 * which every page of RAM has exactly one owner. Works on a table that the caller
 * provides, and never accesses the memory itself. Not locked. Pure.
 *
 * Neighbouring extents of one owner are always one extent. Addresses in no
 * extent are not RAM, as far as is known. A call that fails changes nothing.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"

enum frames_owner {
	FRAMES_FREE,	   /* the pool */
	FRAMES_HYPERVISOR, /* image, heap, tables */
	FRAMES_MODULES,	   /* boot modules and boot information */
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
 * with any overlaps. Ends that are not page aligned are rounded
 * inwards for FRAMES_FREE, outwards for any other owner. Where entries
 * overlap, free gives way to any other owner; of two others the first stays.
 * An entry without a whole page is no error. ERR_INVALID: start > end.
 * ERR_NO_MEMORY: the table is full.
 */
enum status frames_add(struct frames *frames, u64 start, u64 end, u16 owner) must_check;

/*
 * Gives [start, end), rounded outwards, from the pool to owner: for the image,
 * modules, boot information. Pages may be the owner's already.
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
 * Allocates one contiguous range from the pool. Its contents are not zeroed.
 * ERR_INVALID: a field of request is not as said above. ERR_NO_MEMORY: no
 * free range fits, or the table is full.
 */
enum status frames_alloc(struct frames *frames, const struct frames_request *request,
			 struct hpa *out) must_check;

/*
 * Gives [start, end) back to the pool. ERR_INVALID: not page aligned or empty,
 * or owner is FRAMES_FREE. ERR_BUSY: a page of it is not owner's.
 * ERR_NO_MEMORY: the table is full; cannot happen for a whole extent.
 */
enum status frames_free(struct frames *frames, u64 start, u64 end, u16 owner) must_check;

/*
 * Returns the owner's extents in ascending order, one a call: begin with
 * *cursor = 0, end when the function returns false. A change of the table makes
 * the cursor invalid: begin again from 0.
 */
bool frames_next(const struct frames *frames, u16 owner, size_t *cursor, struct extent *out);

/* Returns the number of bytes that owner has. */
u64 frames_total(const struct frames *frames, u16 owner);

/*
 * Returns the number of bytes in the largest free range that starts at a multiple of align (a
 * power of two).
 */
u64 frames_largest_free(const struct frames *frames, u64 align);
