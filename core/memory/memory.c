/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses to guest memory. Each maps a window and unmaps it; no mapping outlives an access. */
#include "core/memory/memory.h"

#include "boot/config.h"
#include "core/base/atomic.h"
#include "core/base/string.h"
#include "core/memory/pages.h"
#include "core/memory/types.h"
#include "mm/host/window.h"

enum status memory_init(struct guest_memory *memory, const struct cpu_model *model, u64 size,
			struct error *err)
{
	memory->model = model;
	memory->size = size;
	memory->paged = false;
	memory->changes = memory_types_exact(memory) || memory->config->lazy != VM_LAZY_OFF;
	memory->extent_count = 0;
	memory->pools.brought = 0;
	return guest_map_build(&memory->map, size, model->phys_bits, err);
}

void memory_sync_views(struct guest_memory *memory)
{
	if (memory->apic_page)
		pt_overlay_sync(&memory->apic_view);
}

/*
 * The retired tables are moved out of nested: tables that other threads retire while the caller
 * waits for its flush belong to the next one.
 */
struct pt memory_retire(struct guest_memory *memory)
{
	struct pt retired;

	spin_lock(&memory->lock);
	memory_sync_views(memory);
	retired = memory->nested;
	memory->nested.retired = hpa_make(0);
	memory->nested.stale = false;
	spin_unlock(&memory->lock);
	return retired;
}

void memory_add_extent(struct guest_memory *memory, u64 gpa, struct hpa hpa, u64 size)
{
	struct guest_extent *last = memory->extent + memory->extent_count - 1;

	if (memory->changes)
		return;
	if (memory->extent_count && last->gpa + last->size == gpa &&
	    last->hpa + last->size == hpa.addr)
		last->size += size;
	else if (memory->extent_count < GUEST_EXTENTS_MAX)
		memory->extent[memory->extent_count++] = (struct guest_extent){gpa, size, hpa.addr};
}

/*
 * Safe without the lock: a vCPU that has read 'changes' as false has left this
 * function before the first change, because vcpu_flush_all waits for the vCPU.
 */
static bool lookup(struct guest_memory *memory, u64 gpa, struct pt_found *found)
{
	bool changes = atomic_get(&memory->changes), mapped;

	if (changes)
		spin_lock(&memory->lock);
	mapped = pt_lookup(&memory->nested, gpa, found);
	if (changes)
		spin_unlock(&memory->lock);
	return mapped;
}

static never_inline enum page_state find_mapped(struct guest_memory *memory, struct gpa gpa,
						struct guest_place *out)
{
	struct pt_found found;

	while (!lookup(memory, gpa.addr, &found)) {
		enum page_state state =
			memory->changes ? pages_require(memory, gpa.addr) : PAGE_NOT_RAM;

		if (state != PAGE_IS_PRESENT)
			return state;
	}
	*out = (struct guest_place){found.to, found.leaf.type};
	return PAGE_IS_PRESENT;
}

enum page_state memory_find(struct guest_memory *memory, struct gpa gpa, struct guest_place *out)
{
	return memory_find_extent(memory, gpa, out) ? PAGE_IS_PRESENT
						    : find_mapped(memory, gpa, out);
}

/*
 * The usual sizes avoid the cost of starting a REP MOVS, and each of them is a single access to
 * guest memory.
 */
static void copy(void *dst, const void *src, u64 size)
{
	switch (size) {
	case 1:
		__builtin_memcpy(dst, src, 1);
		break;
	case 2:
		__builtin_memcpy(dst, src, 2);
		break;
	case 4:
		__builtin_memcpy(dst, src, 4);
		break;
	case 8:
		__builtin_memcpy(dst, src, 8);
		break;
	default:
		memcpy(dst, src, size);
	}
}

void memory_read_at(const struct guest_place *place, void *buf, u64 size)
{
	copy(buf, window_map(WINDOW_GUEST_DATA, place->at, place->type), size);
	window_unmap(WINDOW_GUEST_DATA);
}

void memory_write_at(const struct guest_place *place, const void *buf, u64 size)
{
	copy(window_map(WINDOW_GUEST_DATA, place->at, place->type), buf, size);
	window_unmap(WINDOW_GUEST_DATA);
}

/* The access to a range of guest memory, and the memory on the other side. */
struct transfer {
	enum { READ, WRITE, COPY_IN, ZERO } kind;
	u8 *buf;
	u64 from;
};

static enum page_state transfer(struct guest_memory *memory, struct gpa gpa, u64 size,
				const struct transfer *t)
{
	struct guest_place place;

	if (size && !memory_is_ram(memory, gpa.addr, size))
		return PAGE_NOT_RAM;
	for (u64 done = 0, part; done < size; done += part) {
		u64 at = gpa.addr + done;
		enum page_state state = memory_find(memory, gpa_make(at), &place);

		if (state != PAGE_IS_PRESENT)
			return state;
		part = min_u64(size - done, PAGE_SIZE - (at & (PAGE_SIZE - 1)));
		switch (t->kind) {
		case READ:
			memory_read_at(&place, t->buf + done, part);
			break;
		case WRITE:
			memory_write_at(&place, t->buf + done, part);
			break;
		case COPY_IN:
			window_copy(place.at, hpa_make(t->from + done), part);
			break;
		case ZERO:
			window_zero(place.at, part);
		}
	}
	return PAGE_IS_PRESENT;
}

enum page_state memory_read(struct guest_memory *memory, struct gpa gpa, void *buf, u64 size)
{
	return transfer(memory, gpa, size, &(struct transfer){.kind = READ, .buf = buf});
}

enum page_state memory_write(struct guest_memory *memory, struct gpa gpa, const void *buf, u64 size)
{
	return transfer(memory, gpa, size, &(struct transfer){.kind = WRITE, .buf = (u8 *)buf});
}

enum page_state memory_copy_in(struct guest_memory *memory, struct gpa gpa, struct hpa from,
			       u64 size)
{
	return transfer(memory, gpa, size, &(struct transfer){.kind = COPY_IN, .from = from.addr});
}

enum page_state memory_zero(struct guest_memory *memory, struct gpa gpa, u64 size)
{
	return transfer(memory, gpa, size, &(struct transfer){.kind = ZERO});
}
