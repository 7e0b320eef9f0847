/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel as pieces to be put at their link addresses or, all by the same
 * distance, elsewhere: what multiboot 1, multiboot 2 and PVH images share. The
 * pieces are gathered from the file, then placed in the plan. Pure. For core/load/
 * only.
 */
#pragma once

#include "core/load/entry.h"
#include "core/load/place.h"

/* Generated pieces are placed above memory that real-mode code and firmware tables use. */
enum { LOAD_LOW_BASE = 0x10000 };

struct load_image {
	const struct load_request *request;
	struct load_plan *plan;
	const char *name; /* of its kind, for errors */
	bool has_entry;
	u64 entry;    /* a physical address, as linked; after placing, the guest's */
	u64 low, end; /* [low, end): the span of all pieces; likewise */
	u32 piece_count;
	struct load_segment pieces[LOAD_SEGMENTS_MAX];
};

/* The address fields of both multiboot headers; the member names are the manuals'. */
struct load_addresses {
	u32 header_addr, load_addr, load_end_addr, bss_end_addr;
};

/* name is, for instance, "multiboot". */
void load_image_init(struct load_image *image, const struct load_request *request,
		     struct load_plan *plan, const char *name);

/* Gathers one piece from address fields; header is the offset at which the header was found. */
enum status load_image_add_addressed(struct load_image *image, u32 header,
				     const struct load_addresses *addresses,
				     struct error *err) must_check;

/* Gathers the loaded segments of an ELF executable, and its entry point. */
enum status load_image_add_elf(struct load_image *image, struct error *err) must_check;

/* Is every piece, as linked, free memory? */
bool load_image_is_free(const struct load_image *image);

/*
 * Takes the memory and makes the pieces segments of the plan, the lowest one at
 * base. ERR_INVALID: the entry point lies in none of them.
 */
enum status load_image_place(struct load_image *image, u64 base, struct error *err) must_check;

/*
 * Puts the initrd behind the placed kernel or, if it does not fit there, anywhere
 * above 1 MiB; page-aligned. *gpa is 0 without an initrd.
 */
enum status load_image_put_module(struct load_image *image, u64 *gpa, struct error *err) must_check;

/* Takes the first size bytes of the scratch buffer for the information, and finds its place. */
enum status load_image_put_blob(struct load_image *image, u64 size, u64 *gpa,
				struct error *err) must_check;
