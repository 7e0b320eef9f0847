/* SPDX-License-Identifier: BSD-2-Clause */
/* The hypervisor's heap: whole pages, always mapped at HOST_DIRECT_VA plus their address. */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"

/*
 * Returns count pages, contiguous in physical and virtual memory, zeroed, writable,
 * not executable. NULL: no memory, or count is 0. Locks: heap.
 */
void *heap_alloc_pages(size_t count) must_check;
void heap_free_pages(void *pages, size_t count);

/* Returns the bytes of physical memory that the heap has, and how many of them are free. */
void heap_usage(u64 *size, u64 *free);

/* Convert between the virtual and the physical address of heap memory. */
struct hpa heap_to_phys(const void *va);
void *heap_from_phys(struct hpa pa);
