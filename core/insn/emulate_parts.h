/* SPDX-License-Identifier: BSD-2-Clause */
/* What core/insn/emulate.c, emulate_memory.c and emulate_string.c share. For nobody else. */
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

u64 register_read(const struct regs *regs, unsigned reg, unsigned size);

/* As the CPU does: 4 bytes clear the upper half, 1 and 2 leave the rest. */
void register_write(struct regs *regs, unsigned reg, unsigned size, u64 value);

/* GUEST_FAULT with an exception that has no error code. */
enum guest_result execution_raise(struct execution *x, enum exception vector);

/* Memory at segment:offset, for a size of 1 to 16 bytes (write: to 8). */
enum guest_result emulate_memory_read(struct execution *x, unsigned segment, u64 offset,
				      unsigned size, unsigned access, void *buf);
enum guest_result emulate_memory_write(struct execution *x, unsigned segment, u64 offset,
				       unsigned size, u64 value);

/* Stores what a LOCKed instruction made of expected. */
enum guest_result memory_exchange(struct execution *x, unsigned segment, u64 offset, unsigned size,
				  const void *expected, const void *desired);

/* Offset of the memory operand in its segment, as registers are now, plus extra bytes. */
u64 memory_operand_offset(const struct execution *x, u64 extra);

/* Any operand's value, zero-extended; access is for memory. */
enum guest_result operand_read(struct execution *x, struct insn_operand operand, unsigned size,
			       unsigned access, u64 *value);
enum guest_result operand_write(struct execution *x, struct insn_operand operand, unsigned size,
				u64 value);

/* The second half of a read-modify-write of insn->dst. */
enum guest_result destination_update(struct execution *x, u64 old, u64 value);

/* The string instructions, INS and OUTS included; they commit registers themselves. */
enum guest_result execute_string(struct execution *x);
