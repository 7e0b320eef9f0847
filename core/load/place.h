/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the loaders: the search for room in guest RAM, the list of segments,
 * and the list of the loaders. Pure. For core/load/ only.
 */
#pragma once

#include "core/load/load.h"

/* The end of what 32-bit code can address, and of what is mapped for 64-bit code. */
#define LOAD_TOP BIT(32)

/* Is [gpa, gpa + size) RAM that nothing in the plan has taken? size > 0. */
bool load_place_is_free(const struct load_request *request, const struct load_plan *plan, u64 gpa,
			u64 size);

/*
 * Takes size bytes of memory from segment->gpa on, for the segment and for what
 * its kernel uses behind it (size >= segment->mem_size), and appends the
 * segment. what names the memory in the error. ERR_RANGE: it is not in RAM.
 * ERR_INVALID: some of it is taken already. ERR_NO_MEMORY: the plan is full.
 */
enum status load_place_add(const struct load_request *request, struct load_plan *plan,
			   const struct load_segment *segment, u64 size, const char *what,
			   struct error *err) must_check;

/* A request for memory in [low, high). */
struct load_need {
	const char *what; /* for the error */
	u64 size;	  /* bytes, > 0 */
	u64 align;	  /* a power of two */
	u64 low, high;
	bool topmost; /* the highest place instead of the lowest */
};

/* Finds free memory and stores its address, without taking it. ERR_RANGE: no room. */
enum status load_place_find(const struct load_request *request, const struct load_plan *plan,
			    const struct load_need *need, u64 *gpa, struct error *err) must_check;

/*
 * Finds and takes memory for a segment with the first need->size bytes of source, appends the
 * segment, and stores its address. Errors as load_place_find and load_place_add.
 */
enum status load_place_put(const struct load_request *request, struct load_plan *plan,
			   const struct load_need *need, enum load_source source, u64 *gpa,
			   struct error *err) must_check;

/*
 * Writes the guest's memory map in the format that all boot protocols share: entries
 * of a base (8 bytes), a size (8) and a type (4), stride bytes apart.
 */
void load_place_write_map(const struct load_request *request, u8 *entry, size_t stride);

/* Returns the KiB of RAM without a hole from base on, up to limit at most. */
u32 load_place_ram_from(const struct load_request *request, u64 base, u64 limit);

/*
 * The loaders. X_matches returns whether the image seems to be of their kind. X_plan
 * plans such an image, with the contract of load_make_plan.
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
