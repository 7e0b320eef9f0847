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

struct vcpu;
struct vm;

enum { GUEST_EXTENTS_MAX = 8 };

/*
 * How a VM's memory is found without a walk of the nested tables. Invariant:
 * an extent is RAM that stays mapped to the same place, write-back. What may
 * come, go or move is in no extent; for that, and for what has found no room
 * here, the nested tables alone know.
 */
struct guest_memory {
	struct guest_walker walker; /* constant while the VM lives */
	bool changes;	      /* nested tables too: then there are no extents. Set once in a life */
	struct spinlock lock; /* around each use of vm->nested once the VM runs */
	u32 extent_count;     /* constant once the VM runs, but for going to 0 with changes */
	struct guest_extent {
		u64 gpa, size, hpa;
	} extent[GUEST_EXTENTS_MAX];
};

/* vm->cpuid is made; nothing is mapped. */
void guest_memory_init(struct vm *vm);

/* After pt_map in vm->nested, lock held: views of it have it too. No flush is due. */
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
