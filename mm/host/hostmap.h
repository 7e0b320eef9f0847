/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the hypervisor's own page tables. boot/host/start.asm makes the first, with
 * the image alone. Mappings are added and never removed, and a table stays in the
 * tree, so no CPU ever has to flush because of a change. The exceptions are
 * windows and hostmap_map_boot: each of their entries has one user, which flushes
 * it. A guest's page is mapped in windows only.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"
#include "mm/pt.h"

/* The regions. No entry of the root is shared by two, except for the image's and the boot map's. */
#define HOST_DIRECT_VA	 0xffff800000000000ULL /* the heap page at PA is at this + PA */
#define HOST_MMIO_VA	 0xffffa00000000000ULL
#define HOST_STACKS_VA	 0xffffb00000000000ULL
#define HOST_WINDOWS_VA	 0xffffc00000000000ULL
#define HOST_IMAGE_VA	 0xffffffff80000000ULL
#define HOST_BOOT_MAP_VA 0xffffffff80200000ULL /* the 2 MiB above the image's */

enum { HOST_SPARE_TABLES = 8 };

/* image: the address at which the loader put the image. Boot CPU, once. */
void hostmap_init(struct hpa image);

/* Returns the root, the value of CR3 on every CPU; below 4 GiB. */
struct hpa hostmap_root(void);

/*
 * As pt_map, in the host's tree. Uses only spare tables: a caller other than the
 * heap calls hostmap_refill first. Locks: host tables.
 */
enum status hostmap_map(struct pt_range range, struct hpa to, struct pt_leaf leaf) must_check;

/* Returns the number of spare tables that are missing; adds a page as a spare table. */
size_t hostmap_spares_wanted(void);
void hostmap_give_spare(struct hpa page);

/* Adds heap pages until no spare table is missing, or memory is used up. Locks: heap. */
void hostmap_refill(void);

/* True if va is mapped. Takes no lock, so that a panic can call it. */
bool hostmap_is_mapped(u64 va);

/*
 * Creates the tables for va and returns its level-1 entry, which the caller then owns. NULL: no
 * memory.
 */
u64 *hostmap_entry(u64 va);

/* Returns the physical address of an object in the hypervisor's image or heap. */
struct hpa hostmap_to_phys(const void *va);

/* Maps device registers or the screen for good. NULL: no memory or no addresses left. */
void *hostmap_map_device(struct hpa pa, size_t size, enum memtype type) must_check;

/*
 * Maps [pa, pa + size) read-only, for parsing during boot. NULL: size is 0 or more
 * than 1 MiB, the range is beyond physical memory, or another range is mapped:
 * call hostmap_unmap_boot first. Boot CPU only.
 */
const void *hostmap_map_boot(struct hpa pa, size_t size);
void hostmap_unmap_boot(void);
