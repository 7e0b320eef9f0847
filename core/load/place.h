/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the loaders share: finding room in guest RAM, recording segments, and
 * the flat start state. Pure. For core/load*.c only.
 */
#pragma once

#include "core/load/load.h"

/* 32-bit code reaches no further, and 64-bit code finds no more mapped. */
#define LOAD_TOP BIT(32)

/* Selectors of the generated GDT, as the Linux boot protocol demands them. */
enum {
	LOAD_GDT_CODE = 0x10,
	LOAD_GDT_DATA = 0x18,
	LOAD_GDT_SIZE = 0x20,
};

/* Is [gpa, gpa + size) RAM that nothing in the plan has taken? size > 0. */
bool load_is_free(const struct load_request *request, const struct load_plan *plan, u64 gpa,
		  u64 size);

/*
 * Marks memory as taken. what names it in the error: ERR_RANGE when it is not
 * in RAM, ERR_INVALID when it is taken already, ERR_NO_MEMORY when the plan is full.
 */
enum status load_take(const struct load_request *request, struct load_plan *plan,
		      struct load_taken range, const char *what, struct error *err) must_check;

/* A place to be found in [low, high). */
struct load_need {
	const char *what; /* for the error */
	u64 size;	  /* bytes, > 0 */
	u64 align;	  /* a power of two */
	u64 low, high;
	bool topmost; /* the highest place instead of the lowest */
};

/* Finds a place and stores its address; does not take it. ERR_RANGE when there is none. */
enum status load_find(const struct load_request *request, const struct load_plan *plan,
		      const struct load_need *need, u64 *gpa, struct error *err) must_check;

/* Appends a segment, whose memory the caller has taken. ERR_NO_MEMORY when the plan is full. */
enum status load_add(struct load_plan *plan, struct load_segment segment,
		     struct error *err) must_check;

/* Finds a place for all of source, takes it, appends the segment, stores its address. */
enum status load_put(const struct load_request *request, struct load_plan *plan,
		     const struct load_need *need, enum load_source source, u64 *gpa,
		     struct error *err) must_check;

/* KiB of RAM without a hole from base on, but not past limit. */
u32 load_ram_from(const struct load_request *request, u64 base, u64 limit);

/* Writes the LOAD_GDT_SIZE bytes of the flat GDT for mode. */
void load_write_gdt(u8 *bytes, enum load_mode mode);

/* The flat start state: segments, control registers, RFLAGS; gdt is the GPA of the GDT. */
void load_set_entry(struct load_entry *entry, enum load_mode mode, u64 rip, u64 gdt);

/* The loaders, called by load_make_plan for an image that looks like theirs. */
enum status load_linux_plan(const struct load_request *request, struct load_plan *plan,
			    struct error *err) must_check;
enum status load_multiboot_plan(const struct load_request *request, struct load_plan *plan,
				struct error *err) must_check;
enum status load_multiboot2_plan(const struct load_request *request, struct load_plan *plan,
				 struct error *err) must_check;
enum status load_pvh_plan(const struct load_request *request, struct load_plan *plan,
			  struct error *err) must_check;

/* Offset of a valid header in the head, or -1. */
s64 load_multiboot_find(const struct load_request *request);
s64 load_multiboot2_find(const struct load_request *request);

/* Is it an ELF executable with a note that names a PVH entry point? */
bool load_is_pvh(const struct load_request *request);
