/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executes one decoded instruction over a guest's registers. Memory and ports
 * are reached only through the caller's functions. Pure. Changes neither RIP
 * nor RF, the interrupt shadow or #DB: the backend completes the instruction,
 * with insn->length, when the result is GUEST_OK.
 */
#pragma once

#include "core/insn/access.h"
#include "core/insn/decode.h"

/* Iterations of a repeated instruction in one call: bounds what a guest can cost its host. */
enum { EMULATE_CHUNK = 256 };

/*
 * Linear addresses are checked for segment and canonical form, and sizes are
 * 1, 2, 4 or 8 bytes (16 in cmpxchg and for the read before it). An access may
 * cross a page: the callee checks both pages before it changes either, and
 * wraps addresses past 4 GiB to 0 when the guest is not in 64-bit mode.
 * access: enum guest_access; the read of a read-modify-write has
 * GUEST_WRITE too. On GUEST_FAULT the callee has filled *fault. No callback may
 * return GUEST_PARTIAL. A call of emulate_insn makes each access at most once;
 * a repeated instruction makes its one or two accesses once an iteration.
 */
struct emulate_ops {
	enum guest_result (*read)(void *ctx, u64 linear, unsigned size, unsigned access, void *buf,
				  struct guest_fault *fault);
	enum guest_result (*write)(void *ctx, u64 linear, unsigned size, unsigned access,
				   const void *buf, struct guest_fault *fault);
	/*
	 * Second half of a LOCKed instruction, after its read: atomically stores
	 * desired if memory still holds expected, else GUEST_RETRY. On a device it
	 * is a plain write of desired, because another read would have effects.
	 */
	enum guest_result (*cmpxchg)(void *ctx, u64 linear, unsigned size, unsigned access,
				     const void *expected, const void *desired,
				     struct guest_fault *fault);
	/* size 1, 2 or 4. The caller has checked I/O permission (IOPL, TSS bitmap) before. */
	enum guest_result (*in)(void *ctx, u16 port, unsigned size, u32 *value);
	enum guest_result (*out)(void *ctx, u16 port, unsigned size, u32 value);
};

struct emulation {
	const struct emulate_ops *ops;
	void *ctx;
	const struct control_state *ctl;
	struct regs *regs;
	struct guest_fault fault; /* filled when the result is GUEST_FAULT */
	struct error error;	  /* why GUEST_FAILED, unless a callback failed */
};

/*
 * GUEST_OK: done; the caller completes the instruction (RIP += length).
 * GUEST_PARTIAL: RCX, RSI and RDI have advanced past the iterations done, and
 *   RIP stays. After pending events (and #DB if TF, which limits a call to one
 *   iteration) the guest executes the instruction again. A fault after the first
 *   iteration also returns this; it recurs when the guest executes the rest.
 * GUEST_FAULT: the caller injects e->fault; registers are unchanged.
 * GUEST_RETRY, GUEST_FAILED: a callback's result; registers are unchanged.
 *   GUEST_FAILED with ERR_UNSUPPORTED: not in the subset, its bytes in the text.
 *
 * Choices where the manuals leave one: flags as in core/insn/alu.c; REP with a
 * count of 0 changes nothing, as on AMD; a CMPXCHG that fails writes memory but
 * no destination register, as on Intel. INS reads its destination before the
 * port, to fault first. An alignment check is made for CPL 3 with CR0.AM and AC.
 */
enum guest_result emulate_insn(struct emulation *e, const struct insn *insn) must_check;
