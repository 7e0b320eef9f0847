/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's memory as its vCPUs use it: what is at an address, accesses on
 * behalf of a vCPU, translation, and the changes after which vCPUs must flush.
 */
#pragma once

#include "core/insn/walk.h"
#include "core/memory/apic_page.h"
#include "mm/absent.h"

struct guest_place;

struct vcpu;
struct vm;

/* Of one vCPU; its own thread. */
struct vcpu_memory {
	struct apic_page apic_page;
	struct walker walker; /* constant */
	bool prefetches;      /* an access that fails has no effect: the bytes may not be needed */
	bool retype;	      /* the vCPU's MTRRs have changed, and memory's types must change */
};

/* The target of an access by a vCPU to a guest-physical address. */
enum vcpu_place {
	VCPU_PLACE_NOTHING, /* reads all ones, drops writes */
	VCPU_PLACE_RAM,	    /* present or absent */
	VCPU_PLACE_APIC,    /* the vCPU's own registers, which hide RAM */
	VCPU_PLACE_IOAPIC,
};

/*
 * The result is valid until the vCPU's APIC base changes, so callers ask once for an access and
 * pass the result on.
 */
enum vcpu_place vcpu_memory_place(const struct vcpu *vcpu, struct gpa gpa);

/* For a new vCPU. vm->cpuid and the nested tables have been built. */
void vcpu_memory_init(struct vcpu *vcpu);

/*
 * The mode or the base of the vCPU's APIC has changed. The vCPU's own thread, before the
 * next entry. ERR_NO_MEMORY: the registers do not hide RAM, and the guest cannot go on.
 */
enum status vcpu_memory_sync_apic_page(struct vcpu *vcpu) must_check;

/*
 * Find the host memory at gpa, after making the page present if needed. False: no RAM is there;
 * or the page is absent, and the calling thread's vCPU waits for it (vcpu->wait) before its next
 * entry and then executes its instruction again; or the page cannot become present, and the
 * guest ends. Read and write: size bytes within one page; false too if they are not.
 */
bool vcpu_memory_find(struct vm *vm, struct gpa gpa, struct guest_place *out) must_check;
bool vcpu_memory_read(struct vm *vm, struct gpa gpa, void *buf, u64 size) must_check;
bool vcpu_memory_write(struct vm *vm, struct gpa gpa, const void *buf, u64 size) must_check;

/*
 * Translates with vcpu->ctl and vcpu->regs.rflags. Results as walk_translate's; also GUEST_RETRY
 * if a page table is absent. A page table outside RAM reads all ones.
 */
enum guest_result vcpu_memory_translate(struct vcpu *vcpu, u64 linear, unsigned access,
					struct gpa *out, struct guest_fault *fault) must_check;

/* Raises the exception of a failed access; a page fault also sets vcpu->ctl.cr2. */
void vcpu_memory_raise(struct vcpu *vcpu, const struct guest_fault *fault);

/*
 * Reads the bytes at CS:RIP, at most size, with vcpu->ctl and vcpu->regs. Returns how many could
 * be read. 0: none; the exception, if there is one, is raised in the vCPU.
 */
size_t vcpu_memory_fetch(struct vcpu *vcpu, u8 *bytes, size_t size);

/*
 * To be called after a change of the nested tables other than pt_map: makes every
 * vCPU flush, then frees the tables that no vCPU uses any more. self: as for
 * vcpu_flush_all.
 */
void vcpu_memory_flush(struct vm *vm, struct vcpu *self);

/*
 * Evicts count pages from gpa on, or marks them failed (pages_remove). No vCPU uses
 * them on return. The administrator's thread, for a VM that runs. ERR_NOT_FOUND:
 * part of the range is not RAM, and nothing has changed. Else: pages_remove's.
 */
enum status vcpu_memory_remove(struct vm *vm, u64 gpa, u64 count, enum absent_why why,
			       struct error *err) must_check;

/* The guest has written to an MTRR of vcpu: vcpu_memory_retype is called before the next entry. */
void vcpu_memory_mtrr_written(struct vcpu *vcpu);

/*
 * Gives memory the types that the vCPU's MTRRs say. False: something else is pending
 * and must be served first; call again.
 */
bool vcpu_memory_retype(struct vcpu *vcpu) must_check;
