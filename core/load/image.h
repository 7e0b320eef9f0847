/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel as pieces that are put at their link addresses, or all moved by the same
 * distance: the common part of multiboot 1, multiboot 2 and PVH. The pieces are
 * collected from the file, then placed in the plan. Pure. For core/load/ only.
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
	u64 entry;    /* physical address: as linked; moved by load_image_place */
	u64 low, end; /* [low, end): the span of all pieces; as linked, moved likewise */
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

/* Adds the one piece that the address fields describe; header: offset of the header in the file. */
enum status load_image_add_addressed(struct load_image *image, u32 header,
				     const struct load_addresses *addresses,
				     struct error *err) must_check;

/* Adds the loaded segments of an ELF executable, and sets its entry point. */
enum status load_image_add_elf(struct load_image *image, struct error *err) must_check;

/* True if the memory of every piece, as linked, is free RAM. */
bool load_image_is_free(const struct load_image *image);

/*
 * Takes memory for the pieces and adds them to the plan as segments, the lowest at
 * base. ERR_INVALID: the entry point lies in none of them. Other errors as
 * load_place_add.
 */
enum status load_image_place(struct load_image *image, u64 base, struct error *err) must_check;

/*
 * Puts the initrd behind the placed kernel or, if it does not fit there, anywhere
 * above 1 MiB; page-aligned. *gpa is 0 without an initrd.
 */
enum status load_image_put_module(struct load_image *image, u64 *gpa, struct error *err) must_check;

/*
 * Takes memory for the first size bytes of the scratch buffer, the boot information, and adds them
 * to the plan. ERR_RANGE: they exceed the buffer, or no room.
 */
enum status load_image_put_blob(struct load_image *image, u64 size, u64 *gpa,
				struct error *err) must_check;

/*
 * The boot information of a multiboot 1 or PVH kernel: a structure of the protocol at offset 0,
 * then these parts. The caller sets module and module_size.
 */
struct load_info {
	u64 module, module_size;		  /* description of the initrd */
	u64 gdt, map, cmdline, module_name, size; /* offsets; size of all in bytes */
	u64 gpa, module_gpa; /* of the information; of the initrd, 0 without one */
};

enum { LOAD_MAP_ENTRY_SIZE = 24 }; /* of an entry of the memory map, for both protocols */

/*
 * Lays out the information, takes memory for it and for the initrd, writes GDT, command line and
 * the initrd's name to the scratch buffer, zeroes the other parts for the caller to fill, and sets
 * the entry state, with the information's address in RBX.
 */
enum status load_image_put_info(struct load_image *image, struct load_info *info,
				struct error *err) must_check;
