/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's memory as the hypervisor reaches it: by windows, for the time of
 * one access, and never by a lasting mapping.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/lock.h"
#include "core/base/status.h"
#include "core/insn/access.h"
#include "core/insn/walk.h"
#include "core/model/guest_map.h"
#include "core/model/msr.h"
#include "mm/absent.h"
#include "mm/pt.h"

struct vcpu;
struct vm;

enum { GUEST_EXTENTS_MAX = 8 };

/* Host memory [at, end) that is the VM's and not mapped yet. */
struct guest_pool {
	u64 at, end;
};

struct guest_pools {
	struct spinlock lock;	 /* held while memory is zeroed: 2 MiB at most */
	struct guest_pool large; /* for 2 MiB at a time */
	struct guest_pool small; /* for pages */
};

/*
 * How far the change of the nested tables to the types of the first vCPU's MTRRs
 * has got. Owned by that vCPU's thread; guest_memory.lock for 'to' and 'from'.
 */
struct retyping {
	struct msr_state to;   /* the MTRRs that give new leaves their types */
	struct msr_state from; /* the MTRRs that the leaves from 'at' on have their types of */
	bool under_way;
	u32 range; /* index into map.backing */
	u64 at;
};

/*
 * The memory of one VM. An extent is RAM that is mapped write-back to the same
 * place for as long as the VM lives: an access finds it without a walk of the
 * nested tables and without the lock. Pages that may be given or taken away
 * later, and pages for which the list has no room, are in no extent.
 */
struct guest_memory {
	struct guest_map map;	    /* where RAM is; constant while the VM lives */
	u64 size;		    /* bytes of RAM, present or absent */
	struct guest_walker walker; /* constant while the VM lives */
	struct spinlock lock; /* nested, absent, views; held around each use once the VM runs */
	struct pt nested;
	bool changes;	  /* the nested tables change: there are no extents. Set once in a life */
	u32 extent_count; /* constant once the VM runs, but for going to 0 with changes */
	struct guest_extent {
		u64 gpa, size, hpa;
	} extent[GUEST_EXTENTS_MAX];
	struct retyping retyping;
	struct guest_pools pools;
	struct absent absent; /* pages that were taken out of nested; lock */

	/*
	 * The nested tables with a page for hardware to find the xAPIC registers at,
	 * for vCPUs whose APIC hardware runs in that mode. All other vCPUs (in x2APIC
	 * mode, with the APIC off, with an emulated APIC) do not have the page.
	 */
	struct pt_overlay apic_view;
	void *apic_page; /* the page; hardware never touches it. NULL: there is no view */
};

/* vm->cpuid is made; nothing is mapped. */
void guest_memory_init(struct vm *vm);

/* After pt_map in vm->memory.nested, lock held: views of it have it too. No flush is due. */
void guest_memory_mapped(struct vm *vm);

/*
 * After other changes: brings views up to date, has every vCPU flush, and frees
 * the tables that nobody uses any more. self: as vcpu_flush_all's.
 */
void guest_memory_settle(struct vm *vm, struct vcpu *self);

/* [gpa, gpa + size) has been mapped to hpa, write-back and for good. Before the VM runs. */
void guest_memory_add(struct vm *vm, u64 gpa, struct hpa hpa, u64 size);

/* The host memory behind a guest's address. */
struct guest_place {
	struct hpa at;
	enum memtype type;
};

/* False: there is none. */
bool guest_find(struct vm *vm, struct gpa gpa, struct guest_place *out) must_check;

bool guest_is_ram(struct vm *vm, struct gpa gpa);

/* [gpa, gpa + size) of RAM; false, with nothing done, when part of it is not RAM. */
bool guest_read(struct vm *vm, struct gpa gpa, void *buf, u64 size);
bool guest_write(struct vm *vm, struct gpa gpa, const void *buf, u64 size);

/* Copies from host physical memory, or zeroes. The same. */
bool guest_copy_in(struct vm *vm, struct gpa gpa, struct hpa from, u64 size);
bool guest_zero(struct vm *vm, struct gpa gpa, u64 size);

/* Translates with vcpu->ctl and vcpu->regs.rflags. Results: guest_walk's; what is not memory reads
 * all ones. */
enum guest_result guest_translate(struct vcpu *vcpu, u64 linear, unsigned access, struct gpa *out,
				  struct guest_fault *fault) must_check;

/* Raises the exception of a failed access; a page fault also sets vcpu->ctl.cr2. */
void guest_raise(struct vcpu *vcpu, const struct guest_fault *fault);

/*
 * The bytes at CS:RIP, as many as are there, at most size. When not even the
 * first can be fetched 0, and the exception is raised in the vCPU if it has
 * one. Uses vcpu->ctl and vcpu->regs.
 */
size_t guest_fetch(struct vcpu *vcpu, u8 *bytes, size_t size);
