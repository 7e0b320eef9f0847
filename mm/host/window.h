/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows: pages of virtual memory that are one CPU's own, each mapping any
 * physical page for as long as its user needs it, without leaving this CPU. A
 * CPU writes its own leaf entries and flushes its own TLB, so neither lock nor
 * other CPU is concerned; an entry is absent while unused. Inline, since a
 * guest's tables are read through here entry by entry.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/base/percpu.h"
#include "mm/host/hostmap.h"

/* A slot is one caller's, by this list. */
enum window_slot {
	WINDOW_GUEST_TABLE, /* guest page-table entries while walking */
	WINDOW_GUEST_DATA,  /* guest memory being read or written */
	WINDOW_COPY_SRC,
	WINDOW_COPY_DST,
	WINDOW_SLOTS,
};

enum { WINDOW_STRIDE = 16 }; /* a power of two: a CPU's slots are in one table */
static_assert((int)WINDOW_SLOTS <= (int)WINDOW_STRIDE, "slots do not reach into the next CPU's");

/* A writable leaf of each memory type, less its address; constant once made. */
extern u64 window_leaf[PT_MEMTYPES];

/* The leaf entries of the CPU's windows, enum window_slot of them; NULL when memory is used up. */
u64 *window_create(u32 cpu_number);

static inline u64 window_address(u32 cpu_number, enum window_slot slot)
{
	return HOST_WINDOWS_VA + (u64)slot * PAGE_SIZE +
	       (u64)cpu_number * WINDOW_STRIDE * PAGE_SIZE;
}

/* Maps the page that contains pa, writable; returns the address of pa itself (same offset in page).
 */
static inline void *window_map(enum window_slot slot, struct hpa pa, enum memtype type)
{
	const struct percpu *cpu = percpu_this();

	atomic_store_release(&cpu->windows[slot],
			     window_leaf[type] | align_down(pa.addr, PAGE_SIZE));
	return (void *)(window_address(cpu->number, slot) | (pa.addr & (PAGE_SIZE - 1)));
}

static inline void window_unmap(enum window_slot slot)
{
	const struct percpu *cpu = percpu_this();

	atomic_store_release(&cpu->windows[slot], pt_format_host.absent);
	x86_invlpg((const void *)window_address(cpu->number, slot));
}

/* Whole ranges, which may cross pages. Safe in interrupt handlers: no lock. */
void window_copy(struct hpa dst, struct hpa src, u64 size);
void window_read(void *dst, struct hpa src, u64 size);
void window_write(struct hpa dst, const void *src, u64 size);
void window_zero(struct hpa dst, u64 size);
