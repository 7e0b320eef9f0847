/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own page tables. They begin as boot/host/start.asm made them,
 * with the image alone, and grow: what was mapped stays mapped for ever, and a
 * table stays a table, so that no CPU ever has to be told of a change. The
 * exceptions are windows and hostmap_map_boot: each of their entries has one
 * user, and the user flushes it. A guest's page is mapped in windows only.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"
#include "mm/pt.h"

/* What lies where. Each region has at least one entry of the root to itself. */
#define HOST_DIRECT_VA	 0xffff800000000000ULL /* heap page at PA: here + PA */
#define HOST_MMIO_VA	 0xffffa00000000000ULL
#define HOST_STACKS_VA	 0xffffb00000000000ULL
#define HOST_WINDOWS_VA	 0xffffc00000000000ULL
#define HOST_IMAGE_VA	 0xffffffff80000000ULL
#define HOST_BOOT_MAP_VA 0xffffffff80200000ULL /* the 2 MiB above the image's */

enum { HOST_SPARE_TABLES = 8 };

/* image: where the loader put it. The boot CPU, once. */
void hostmap_init(struct hpa image);

/* What CR3 holds on every CPU; below 4 GiB. */
struct hpa hostmap_root(void);

/*
 * pt_map into the host's tree. Takes tables from the spare ones only; a caller
 * other than the heap calls hostmap_refill before.
 */
enum status hostmap_map(struct pt_range range, struct hpa to, struct pt_leaf leaf) must_check;

/* How many pages the spare tables lack, and to give one. */
size_t hostmap_spares_wanted(void);
void hostmap_give_spare(struct hpa page);

/* Fills up the spare tables from the heap. Takes the heap's lock. */
void hostmap_refill(void);

bool hostmap_is_mapped(u64 va);

/* The level-1 entry of va; makes the tables that lead to it. NULL: no memory. The entry is the
 * caller's. */
u64 *hostmap_entry(u64 va);

/* Physical address of anything in the hypervisor's image or heap. */
struct hpa hostmap_to_phys(const void *va);

/* A permanent mapping of device registers or the screen. NULL when no room. */
void *hostmap_map_device(struct hpa pa, size_t size, enum memtype type) must_check;

/*
 * Maps [pa, pa + size) read-only and contiguous for parsing while the hypervisor
 * boots, at most 1 MiB; one range at a time.
 */
const void *hostmap_map_boot(struct hpa pa, size_t size);
void hostmap_unmap_boot(void);
