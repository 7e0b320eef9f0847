/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translates a guest's linear address to a guest-physical one through the
 * guest's own tables, with the checks, the page-fault error code and the
 * accessed and dirty bits of hardware. Pure: reads and writes tables
 * through two callbacks, and never the memory that the address leads to.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/regs.h"
#include "core/base/status.h"
#include "core/insn/access.h"

struct walk_ops {
	/*
	 * Reads the table entry of size (4 or 8) bytes at gpa, which is aligned; the
	 * upper half of a short one is zero.
	 * Returns GUEST_OK, GUEST_RETRY, or GUEST_FAILED if gpa is not memory.
	 */
	enum guest_result (*read)(void *ctx, struct gpa gpa, unsigned size, u64 *entry);
	/*
	 * Atomically replaces expected with desired; GUEST_RETRY when the entry
	 * holds another value. NULL: accessed and dirty bits are not changed,
	 * for a walk that the guest must not notice.
	 */
	enum guest_result (*cmpxchg)(void *ctx, struct gpa gpa, unsigned size, u64 expected,
				     u64 desired);
};

/* How to read the guest's memory, and what the guest's CPUID says of its CPU. */
struct walker {
	const struct walk_ops *ops;
	void *ctx;
	u8 maxphyaddr;	     /* 32 to 52 */
	bool gigabyte_pages; /* PS in a PDPTE is a page; else it is reserved */
	bool bit8_reserved;  /* AMD: bit 8 of PML5E, PML4E and of a PDPTE that names a table */
};

struct walk_result {
	struct gpa gpa;
	u64 page_size; /* of the mapping that gpa lies in; 4 KiB when paging is off */
};

/*
 * Translates the address of one byte. Outside long mode the upper 32 bits of
 * linear are ignored; in long mode linear must be canonical, which
 * operand_linear checks because the exception is #GP or #SS and not #PF.
 * Protection keys are not applied, even if the guest has enabled CR4.PKE. Of
 * rflags only AC is used.
 *
 * GUEST_OK fills *out; GUEST_FAULT fills *fault with a #PF. GUEST_RETRY: a
 * callback returned it, or the tables kept changing during the walk.
 * GUEST_FAILED: a table lies outside memory.
 */
enum guest_result walk_translate(const struct walker *walker, const struct control_state *ctl,
				 u64 rflags, u64 linear, unsigned access, struct walk_result *out,
				 struct guest_fault *fault) must_check;
