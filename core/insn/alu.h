/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Integer arithmetic as the CPU does it, with its flags. Pure: knows neither
 * registers nor memory. For core/insn/emulate.c and core/insn/operand.c.
 *
 * Operands and results are size (1, 2, 4 or 8) bytes wide; bits above are
 * ignored in operands and zero in results. *rflags is read and updated.
 */
#pragma once

#include "core/insn/decode.h"

static inline u64 alu_mask(unsigned size)
{
	return BITS(8 * size - 1, 0);
}

static inline u64 alu_sign_extend(u64 value, unsigned size)
{
	return (u64)((s64)(value << (64 - 8 * size)) >> (64 - 8 * size));
}

/*
 * Returns the result of an operation on its destination a and source b. op is
 * one of INSN_ADD to INSN_CMP, INSN_ROL to INSN_SAR (b is the count), INSN_BT
 * to INSN_BTC (b is the bit), INSN_TEST, INSN_NOT, INSN_NEG, INSN_INC, INSN_DEC.
 */
u64 alu_compute(enum insn_op op, unsigned size, u64 a, u64 b, u64 *rflags);

/*
 * The double-width product. CF and OF are cleared if *high is only the extension of *low (its sign
 * if is_signed, else zeros), and set otherwise.
 */
void alu_multiply(bool is_signed, unsigned size, u64 a, u64 b, u64 *low, u64 *high, u64 *rflags);

struct alu_division {
	u64 high, low; /* dividend; becomes remainder and quotient */
	u64 divisor;
};

/* Returns false for #DE: the divisor is zero or the quotient does not fit. */
bool alu_divide(bool is_signed, unsigned size, struct alu_division *d);

/*
 * Returns whether rflags meet condition 0 to 15, as encoded in Jcc, SETcc and CMOVcc (SDM 1 "EFLAGS
 * Condition Codes").
 */
bool alu_condition(unsigned condition, u64 rflags);
