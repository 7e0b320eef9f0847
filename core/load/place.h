/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the loaders share: finding room in guest RAM and recording segments; and
 * the list of the loaders. Pure. For core/load/ only.
 */
#pragma once

#include "core/load/load.h"

/* 32-bit code reaches no further, and 64-bit code finds no more mapped. */
#define LOAD_TOP BIT(32)

/* Is [gpa, gpa + size) RAM that nothing in the plan has taken? size > 0. */
bool load_place_is_free(const struct load_request *request, const struct load_plan *plan, u64 gpa,
			u64 size);

/*
 * Marks memory as taken. what names it in the error: ERR_RANGE when it is not
 * in RAM, ERR_INVALID when it is taken already, ERR_NO_MEMORY when the plan is full.
 */
enum status load_place_take(const struct load_request *request, struct load_plan *plan,
			    struct load_taken range, const char *what,
			    struct error *err) must_check;

/* A place to be found in [low, high). */
struct load_need {
	const char *what; /* for the error */
	u64 size;	  /* bytes, > 0 */
	u64 align;	  /* a power of two */
	u64 low, high;
	bool topmost; /* the highest place instead of the lowest */
};

/* Finds a place and stores its address, without taking it. ERR_RANGE: there is none. */
enum status load_place_find(const struct load_request *request, const struct load_plan *plan,
			    const struct load_need *need, u64 *gpa, struct error *err) must_check;

/* Appends a segment, whose memory the caller has taken. ERR_NO_MEMORY when the plan is full. */
enum status load_place_add(struct load_plan *plan, struct load_segment segment,
			   struct error *err) must_check;

/* Finds a place for all of source, takes it, appends the segment, stores its address. */
enum status load_place_put(const struct load_request *request, struct load_plan *plan,
			   const struct load_need *need, enum load_source source, u64 *gpa,
			   struct error *err) must_check;

/*
 * Writes the guest's memory map as all boot protocols have it: entries of a base
 * (8 bytes), a size (8) and a type (4), stride bytes apart.
 */
void load_place_write_map(const struct load_request *request, u8 *entry, size_t stride);

/* KiB of RAM without a hole from base on, but not past limit. */
u32 load_place_ram_from(const struct load_request *request, u64 base, u64 limit);

/*
 * The loaders. X_matches: does the image look like theirs? X_plan plans such an
 * image, with load_make_plan's contract.
 */
bool load_linux_matches(const struct load_request *request);
enum status load_linux_plan(const struct load_request *request, struct load_plan *plan,
			    struct error *err) must_check;

bool load_multiboot_matches(const struct load_request *request);
enum status load_multiboot_plan(const struct load_request *request, struct load_plan *plan,
				struct error *err) must_check;

bool load_multiboot2_matches(const struct load_request *request);
enum status load_multiboot2_plan(const struct load_request *request, struct load_plan *plan,
				 struct error *err) must_check;

/* An ELF executable with a note that names a PVH entry point. */
bool load_pvh_matches(const struct load_request *request);
enum status load_pvh_plan(const struct load_request *request, struct load_plan *plan,
			  struct error *err) must_check;
