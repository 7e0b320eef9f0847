/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operands of an instruction under way: registers, and memory behind
 * segmentation. Pure. For core/insn/emulate.c only.
 */
#pragma once

#include "core/insn/emulate.h"

/*
 * One instruction under way. It works on a copy of the registers, which becomes
 * the guest's when the instruction, or one of its iterations, is done.
 */
struct execution {
	struct emulation *e;
	const struct insn *insn;
	struct regs regs;
	u64 offset; /* of the memory operand in its segment, from before registers change */
};

u64 operand_read_register(const struct regs *regs, unsigned reg, unsigned size);

/* A write of 4 bytes clears the upper half; one of 1 or 2 bytes keeps the other bytes. */
void operand_write_register(struct regs *regs, unsigned reg, unsigned size, u64 value);

/* Memory at segment:offset, for a size of 1 to 16 bytes (write: to 8). */
enum guest_result operand_read_memory(struct execution *x, unsigned segment, u64 offset,
				      unsigned size, unsigned access, void *buf);
enum guest_result operand_write_memory(struct execution *x, unsigned segment, u64 offset,
				       unsigned size, u64 value);

/* The write of a LOCKed instruction: see cmpxchg in struct emulate_ops. */
enum guest_result operand_exchange_memory(struct execution *x, unsigned segment, u64 offset,
					  unsigned size, const void *expected, const void *desired);

/* Computes the memory operand's offset in its segment from the current registers; adds extra. */
u64 operand_offset(const struct execution *x, u64 extra);

/* Any operand's value, zero-extended; access (enum guest_access) matters only in memory. */
enum guest_result operand_read(struct execution *x, struct insn_operand operand, unsigned size,
			       unsigned access, u64 *value);
enum guest_result operand_write(struct execution *x, struct insn_operand operand, unsigned size,
				u64 value);

/*
 * The second half of a read-modify-write: writes insn->dst, atomically if the instruction is
 * LOCKed. old: the value that was read.
 */
enum guest_result operand_update(struct execution *x, u64 old, u64 value);

/*
 * The linear address of [offset, offset + size) in a segment, after the checks
 * of limit, type and canonical form (access as in enum guest_access); size 1 to
 * 16. GUEST_FAULT fills *fault with #GP(0), #SS(0) for SEG_SS, or #AC(0). In
 * real mode and virtual-8086 mode only limits are checked, not types.
 */
enum guest_result operand_linear(const struct control_state *ctl, u64 rflags,
				 enum segment_register segment, u64 offset, unsigned size,
				 unsigned access, u64 *linear,
				 struct guest_fault *fault) must_check;
