/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a guest's kernel gets into its memory: a plan of what to copy where, and
 * the state in which the first vCPU starts. Pure: reads the head of the image,
 * writes only the caller's scratch buffer; the caller carries the plan out.
 *
 * Whatever the image holds, a plan guarantees that each segment lies in guest RAM
 * and in its source, that no two overlap, and that the entry point lies in one.
 */
#pragma once

#include "core/base/regs.h"
#include "core/base/status.h"
#include "core/base/types.h"
#include "core/model/guest_map.h"

enum {
	LOAD_HEAD_SIZE = 64 * 1024,    /* how much of the image to map, when it has that much */
	LOAD_SCRATCH_SIZE = 64 * 1024, /* enough for any plan */
	LOAD_SEGMENTS_MAX = 24,
	LOAD_TAKEN_MAX = LOAD_SEGMENTS_MAX + 1,
	LOAD_RSDP_SIZE = 36, /* ACPI "Root System Description Pointer (RSDP) Structure" */
};

enum load_kind { LOAD_LINUX, LOAD_MULTIBOOT, LOAD_MULTIBOOT2, LOAD_PVH };

enum load_source {
	LOAD_KERNEL, /* the kernel module */
	LOAD_INITRD, /* the initrd module */
	LOAD_BLOB,   /* the scratch buffer */
};

/* Copy file_size bytes at offset of source to gpa, then zero up to mem_size. */
struct load_segment {
	u64 gpa;
	enum load_source source;
	u64 offset;
	u64 file_size;
	u64 mem_size; /* >= file_size, > 0 */
};

/* Guest memory in use: by a segment, or by a kernel while it starts. */
struct load_taken {
	u64 gpa, size;
};

struct load_request {
	const u8 *head; /* the first head_size bytes of the kernel module */
	size_t head_size;
	u64 kernel_size; /* of the whole module; head_size is the lesser of it and LOAD_HEAD_SIZE */

	/* Copies bytes of the kernel module, all of which are within kernel_size. */
	void (*read)(const struct load_request *request, u64 offset, void *to, size_t size);
	const void *reader; /* context for read */

	u64 initrd_size;	 /* 0: none */
	const char *initrd_name; /* the module's string for a multiboot or PVH kernel */
	const char *cmdline;
	const struct guest_range *map; /* the memory map for the guest: disjoint ranges */
	u32 map_count;
	u64 rsdp;		       /* GPA of the ACPI RSDP; 0: none */
	u8 rsdp_bytes[LOAD_RSDP_SIZE]; /* the bytes at that address */
	u8 *scratch; /* where generated pieces are put; must outlive the copying */
	size_t scratch_size;
};

enum load_mode {
	LOAD_PROTECTED32, /* flat 32-bit segments, paging off */
	LOAD_LONG64,	  /* paging on, the first 4 GiB mapped to themselves */
};

/* The state of the first vCPU, where it differs from the state after reset. */
struct load_entry {
	enum load_mode mode;
	struct regs regs;
	struct control_state control;
	struct segment tr;
	u64 gdt_base;
	u16 gdt_limit;
};

struct load_plan {
	enum load_kind kind;
	u32 segment_count;
	struct load_segment segments[LOAD_SEGMENTS_MAX];
	u32 taken_count;
	struct load_taken taken[LOAD_TAKEN_MAX];
	struct load_entry entry;
};

/*
 * Finds the kind of the image and plans. On error *plan is undefined and err
 * has the reason and the remedy: ERR_UNSUPPORTED (a kind that cannot be started),
 * ERR_INVALID (a malformed image), ERR_RANGE (does not fit in the guest).
 */
enum status load_make_plan(const struct load_request *request, struct load_plan *plan,
			   struct error *err) must_check;

/* "Linux bzImage", "multiboot 2", ... Never NULL. */
const char *load_kind_name(enum load_kind kind);
