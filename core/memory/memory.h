/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of one VM: where it is, how the hypervisor reaches it, and the
 * state of its pages. Knows no vCPU and no VM: functions return the result of an
 * access, and core/guest/vcpu_memory.c waits, flushes or ends the guest.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/lock.h"
#include "core/base/status.h"
#include "core/model/guest_map.h"
#include "core/model/msr.h"
#include "mm/absent.h"
#include "mm/pt.h"

struct vm_config;

enum { GUEST_EXTENTS_MAX = 8 };

/* The state of a page of RAM, or the result of an access to an address. */
enum page_state {
	PAGE_IS_PRESENT, /* for an access: it is done */
	PAGE_IS_ABSENT,	 /* the page may become present; for an access: its pager must bring it */
	PAGE_HAS_FAILED, /* the page never becomes present */
	PAGE_USED_UP,	 /* for an access: there is no memory for the page */
	PAGE_NOT_RAM,	 /* for an access: there is no RAM at the address */
};

/* The host memory behind a guest's address. */
struct guest_place {
	struct hpa at;
	enum memtype type;
};

/* Host memory [at, end) that the VM owns and that is not mapped yet. */
struct guest_pool {
	u64 at, end;
};

struct guest_pools {
	struct spinlock lock;	 /* held while memory is zeroed: 2 MiB at most */
	struct guest_pool large; /* for 2 MiB at a time */
	struct guest_pool small; /* for pages */
	u32 life;		 /* the VM's life, in which a pager may bring pages; 0: none */
	u64 brought;		 /* pages that the pager has brought in this life */
};

/*
 * The progress of memory_types_step, which gives the leaves of the nested tables the types of
 * the first vCPU's MTRRs. Owned by that vCPU's thread; guest_memory.lock for 'to' and 'from'.
 */
struct retyping {
	struct msr_state to;   /* these MTRRs give the types of new leaves and those below 'at' */
	struct msr_state from; /* these MTRRs gave the types of the leaves from 'at' on */
	bool under_way;
	u32 range; /* index into map.backing */
	u64 at;	   /* guest-physical, in that range */
};

/*
 * An extent is RAM that is mapped write-back to the same place for as long as
 * the VM lives: an access finds it without a walk of the nested tables and
 * without the lock. Pages that may be added or removed later, and pages for
 * which the list has no room, are in no extent.
 */
struct guest_memory {
	const struct vm_config *config; /* constant */
	u16 owner;			/* constant; the owner of its frames (mm/frames.h) */

	/* Constant while the VM lives. */
	const struct cpu_model *model;
	u64 size;	      /* bytes of RAM, present or absent */
	struct guest_map map; /* where RAM is */

	bool changes;	  /* nested tables may change, so there are no extents; never false again */
	bool paged;	  /* the VM is loaded, and its pager brings new pages */
	u32 extent_count; /* once the VM runs: constant, until 'changes' makes it 0 */
	struct guest_extent {
		u64 gpa, size, hpa;
	} extent[GUEST_EXTENTS_MAX];

	struct spinlock lock; /* nested, absent, views; held around each use once the VM runs */
	struct pt nested;
	struct absent absent; /* pages that were removed from nested */
	struct retyping retyping;
	struct guest_pools pools;

	/*
	 * The nested tables with a page at the address of the xAPIC registers, for vCPUs whose
	 * APIC hardware runs in xAPIC mode. All other vCPUs (in x2APIC mode, with the APIC off,
	 * with an emulated APIC) use tables without the page.
	 */
	struct pt_overlay apic_view;
	void *apic_page; /* the page; hardware never accesses it. NULL: there is no view */
};

/* Begins a life with size bytes of RAM; nothing is mapped. Errors: guest_map_build's. */
enum status memory_init(struct guest_memory *memory, const struct cpu_model *model, u64 size,
			struct error *err) must_check;

/* To be called after pt_map in nested, with the lock held: updates the view. No flush is needed. */
void memory_sync_views(struct guest_memory *memory);

/*
 * To be called after other changes of nested, without the lock: updates the view, and returns
 * the tables that have left the tree. The caller makes every vCPU flush and then calls
 * pt_flushed for the returned tables.
 */
struct pt memory_retire(struct guest_memory *memory) must_check;

/*
 * Before the VM runs: [gpa, gpa + size) has been mapped to hpa, write-back, for the whole life. No
 * effect if the list is full or 'changes' is set.
 */
void memory_add_extent(struct guest_memory *memory, u64 gpa, struct hpa hpa, u64 size);

/* True if all of [gpa, gpa + size) is RAM, present or absent. size is not 0. */
static inline bool memory_is_ram(const struct guest_memory *memory, u64 gpa, u64 size)
{
	for (u32 i = 0; i < memory->map.backing_count; i++) {
		const struct guest_range *range = &memory->map.backing[i];

		if (gpa - range->base < range->size)
			return size <= range->size - (gpa - range->base);
	}
	return false;
}

/* Finds the host memory at gpa in an extent. Inline, since page walks call it for each entry. */
static inline bool memory_find_extent(const struct guest_memory *memory, struct gpa gpa,
				      struct guest_place *out)
{
	/* From the last extent, which is the largest as a rule. */
	for (u32 i = memory->extent_count; i-- > 0;) {
		const struct guest_extent *extent = &memory->extent[i];
		u64 offset = gpa.addr - extent->gpa;

		if (offset < extent->size) {
			*out = (struct guest_place){hpa_make(extent->hpa + offset), MEMTYPE_WB};
			return true;
		}
	}
	return false;
}

/*
 * Finds the host memory at gpa; makes the page present first if that is
 * possible. *out is valid until the calling thread's vCPU flushes.
 */
enum page_state memory_find(struct guest_memory *memory, struct gpa gpa,
			    struct guest_place *out) must_check;

/* Copy size bytes from and to a place that memory_find has found. All of them lie in one page. */
void memory_read_at(const struct guest_place *place, void *buf, u64 size);
void memory_write_at(const struct guest_place *place, const void *buf, u64 size);

/*
 * Accesses to [gpa, gpa + size), which may cross pages; copy_in copies from host
 * physical memory. PAGE_NOT_RAM: a part of the range is not RAM, and nothing is done. After
 * another error a part of the access may be done.
 */
enum page_state memory_read(struct guest_memory *memory, struct gpa gpa, void *buf,
			    u64 size) must_check;
enum page_state memory_write(struct guest_memory *memory, struct gpa gpa, const void *buf,
			     u64 size) must_check;
enum page_state memory_copy_in(struct guest_memory *memory, struct gpa gpa, struct hpa from,
			       u64 size) must_check;
enum page_state memory_zero(struct guest_memory *memory, struct gpa gpa, u64 size) must_check;
