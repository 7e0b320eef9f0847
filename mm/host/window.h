/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the windows: pages of virtual addresses that belong to one CPU. A window
 * maps any physical page for as long as its user, on that CPU, needs it. A CPU
 * writes only its own leaf entries and flushes only its own TLB, so no lock is
 * needed; an unused entry is absent. Inline functions, since every entry of a
 * guest's page tables is read through a window.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/base/percpu.h"
#include "mm/host/hostmap.h"

/* Each slot has one purpose, so that two users never need the same. */
enum window_slot {
	WINDOW_GUEST_TABLE, /* guest page-table entries while walking */
	WINDOW_GUEST_DATA,  /* guest memory being read or written */
	WINDOW_COPY_SRC,
	WINDOW_COPY_DST,
	WINDOW_SLOTS,
};

enum { WINDOW_STRIDE = 16 }; /* a power of two: a CPU's slots are in one table */
static_assert((int)WINDOW_SLOTS <= (int)WINDOW_STRIDE, "slots do not reach into the next CPU's");

/*
 * A writable leaf of each memory type, without its address; constant after the first
 * window_create.
 */
extern u64 window_leaf[PT_MEMTYPES];

/* Creates the CPU's windows; returns their leaf entries, by enum window_slot. NULL: no memory. */
u64 *window_create(u32 cpu_number);

static inline u64 window_address(u32 cpu_number, enum window_slot slot)
{
	return HOST_WINDOWS_VA + (u64)slot * PAGE_SIZE +
	       (u64)cpu_number * WINDOW_STRIDE * PAGE_SIZE;
}

/* Maps the page that contains pa, writable; returns the virtual address of pa. */
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

/* Ranges may cross pages. No locks, so interrupt handlers may call these. */
void window_copy(struct hpa dst, struct hpa src, u64 size);
void window_read(void *dst, struct hpa src, u64 size);
void window_write(struct hpa dst, const void *src, u64 size);
void window_zero(struct hpa dst, u64 size);
