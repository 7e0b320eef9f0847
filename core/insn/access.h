/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Describes one access of a guest, for the executor, the page walker and their
 * callers: its kind, its result, and the exception it raised. Pure, header only.
 */
#pragma once

#include "core/base/bits.h"

/* The kind of an access; values are OR-ed. A plain supervisor read is 0. */
enum guest_access {
	GUEST_READ = 0,
	GUEST_WRITE = BIT(0),	 /* also the read of a read-modify-write */
	GUEST_FETCH = BIT(1),	 /* of an instruction; never with GUEST_WRITE */
	GUEST_USER = BIT(2),	 /* made by CPL 3 and not implicit */
	GUEST_IMPLICIT = BIT(3), /* to a GDT, TSS, ...: never user, RFLAGS.AC void */
};

/* How an access, or a whole instruction, ended. */
enum guest_result {
	GUEST_OK,      /* done */
	GUEST_PARTIAL, /* emulate_insn only: some iterations of a repeated instruction are done */
	GUEST_FAULT,   /* raises the exception in struct guest_fault; nothing was changed */
	GUEST_RETRY,   /* the guest must execute the same instruction again; nothing was changed */
	GUEST_FAILED,  /* cannot be done; the struct error says why */
};

struct guest_fault {
	u8 vector; /* enum exception */
	bool has_error;
	u32 error;
	u64 cr2; /* for EXC_PF: the linear address, which goes to CR2 */
};

/* Page-fault error code (SDM 3A "Interrupt 14: Page-Fault Exception (#PF)"). */
enum page_fault_error {
	PF_PRESENT = BIT(0),
	PF_WRITE = BIT(1),
	PF_USER = BIT(2),
	PF_RESERVED = BIT(3),
	PF_FETCH = BIT(4),
};
