/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own address space: heap, stacks, device mappings and
 * per-CPU windows. Never maps a guest's page but through a window, for the
 * time of one access.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"

/*
 * count pages, contiguous in physical and virtual memory, zeroed, writable,
 * not executable. NULL when memory is used up. Locks: heap.
 */
void *heap_alloc_pages(size_t count) must_check;
void heap_free_pages(void *pages, size_t count);

/* Bytes of physical memory that the heap has, and how many of them nobody uses now. */
void heap_usage(u64 *size, u64 *free);

/* Between a heap address and its physical address; only for heap memory. */
struct hpa heap_to_phys(const void *va);
void *heap_from_phys(struct hpa pa);

/* Physical address of anything in the hypervisor's image or heap. */
struct hpa host_to_phys(const void *va);

/* A permanent device mapping, UC unless type says otherwise. NULL when no room. */
void *mmio_map(struct hpa pa, size_t size, enum memtype type) must_check;

/* A stack with an unmapped guard page below. Returns its top (16-byte aligned), NULL when memory is
 * used up. */
void *stack_alloc(size_t size) must_check;
void stack_free(void *top, size_t size);

/* Whole-range helpers over windows (mm/host/window.h); ranges may cross pages. Interrupt-safe: no
 * lock.
 */
void phys_copy(struct hpa dst, struct hpa src, u64 size);
void phys_read(void *dst, struct hpa src, u64 size);
void phys_write(struct hpa dst, const void *src, u64 size);
void phys_zero(struct hpa dst, u64 size);

/* Maps [pa, pa + size) read-only and contiguous for boot-time parsing, at most 1 MiB; one at a
 * time. */
const void *boot_map(struct hpa pa, size_t size);
void boot_unmap(void);
