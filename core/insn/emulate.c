/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executes one decoded instruction: a function for each family of operations,
 * over operands that core/insn/operand.c reads and writes. Pure.
 * SDM 2A to 2D "Instruction Set Reference", APM3 "General-Purpose Instruction Reference".
 */
#include "core/insn/emulate.h"

#include "core/base/string.h"
#include "core/insn/alu.h"
#include "core/insn/operand.h"

static enum guest_result read_destination(struct execution *x, unsigned access, u64 *value)
{
	return operand_read(x, x->insn->dst, x->insn->operand_size, access, value);
}

static enum guest_result read_source(struct execution *x, u64 *value)
{
	return operand_read(x, x->insn->src, x->insn->source_size, GUEST_READ, value);
}

/* dst = dst op src, with flags; an absent source is 0. CMP, TEST and BT change only the flags. */
static enum guest_result modify(struct execution *x)
{
	unsigned op = x->insn->op;
	bool stores = op != INSN_CMP && op != INSN_TEST && op != INSN_BT;
	u64 old, source, value;
	enum guest_result result = read_source(x, &source);

	if (result == GUEST_OK)
		result = read_destination(x, stores ? GUEST_WRITE : GUEST_READ, &old);
	if (result != GUEST_OK)
		return result;
	value = alu_compute((enum insn_op)op, x->insn->operand_size, old, source, &x->regs.rflags);
	return stores ? operand_update(x, old, value) : GUEST_OK;
}

/* A bit offset in a register is signed and may select a bit outside the memory operand. */
static enum guest_result bit_operation(struct execution *x)
{
	const struct insn *insn = x->insn;

	if (insn->dst.kind == INSN_MEM && insn->src.kind == INSN_REG) {
		u64 value = operand_read_register(&x->regs, insn->src.reg, insn->operand_size);
		s64 offset = (s64)alu_sign_extend(value, insn->operand_size);

		x->offset = operand_offset(x, (u64)(offset >> 3) & ~(u64)(insn->operand_size - 1));
	}
	return modify(x);
}

static enum guest_result move(struct execution *x)
{
	u64 value;
	enum guest_result result = read_source(x, &value);

	if (result != GUEST_OK)
		return result;
	if (x->insn->op == INSN_MOVSX)
		value = alu_sign_extend(value, x->insn->source_size);
	if (x->insn->op == INSN_MOVBE)
		value = __builtin_bswap64(value) >> (64 - 8 * x->insn->operand_size);
	return operand_write(x, x->insn->dst, x->insn->operand_size, value);
}

static enum guest_result move_from_segment(struct execution *x)
{
	return operand_write(x, x->insn->dst, x->insn->operand_size,
			     x->e->ctl->seg[x->insn->src.reg].selector);
}

/* The source is read, and a 32-bit destination zero-extended, even if nothing is moved. */
static enum guest_result move_if(struct execution *x)
{
	u64 source, old;
	enum guest_result result = read_source(x, &source);

	if (result != GUEST_OK)
		return result;
	old = operand_read_register(&x->regs, x->insn->dst.reg, x->insn->operand_size);
	return operand_write(x, x->insn->dst, x->insn->operand_size,
			     alu_condition(x->insn->condition, x->regs.rflags) ? source : old);
}

static enum guest_result set_if(struct execution *x)
{
	return operand_write(x, x->insn->dst, 1, alu_condition(x->insn->condition, x->regs.rflags));
}

/*
 * XCHG and XADD. The source gets the old destination before the destination is written, because
 * both may be the same register, whose final value is the destination's.
 */
static enum guest_result exchange(struct execution *x)
{
	u64 old, source, value;
	enum guest_result result = read_source(x, &source);

	if (result == GUEST_OK)
		result = read_destination(x, GUEST_WRITE, &old);
	if (result != GUEST_OK)
		return result;
	value = source;
	if (x->insn->op == INSN_XADD)
		value = alu_compute(INSN_ADD, x->insn->operand_size, old, source, &x->regs.rflags);
	result = operand_write(x, x->insn->src, x->insn->operand_size, old);
	if (result != GUEST_OK)
		return result;
	return operand_update(x, old, value);
}

/*
 * A failed comparison writes the old value back to a destination in memory, which must be
 * writable, but not to a destination register.
 */
static enum guest_result compare_exchange(struct execution *x)
{
	unsigned size = x->insn->operand_size;
	u64 old, source, accumulator = operand_read_register(&x->regs, RAX, size);
	enum guest_result result = read_source(x, &source);

	if (result == GUEST_OK)
		result = read_destination(x, GUEST_WRITE, &old);
	if (result != GUEST_OK)
		return result;
	alu_compute(INSN_CMP, size, accumulator, old, &x->regs.rflags);
	if (accumulator == old)
		return operand_update(x, old, source);
	operand_write_register(&x->regs, RAX, size, old);
	return x->insn->dst.kind == INSN_MEM ? operand_update(x, old, old) : GUEST_OK;
}

/* CMPXCHG8B and CMPXCHG16B: compare RDX:RAX with memory; if equal, store RCX:RBX there. */
static enum guest_result compare_exchange_pair(struct execution *x)
{
	unsigned half = x->insn->operand_size, segment = x->insn->mem.segment;
	u64 low = 0, high = 0;
	u8 old[16] = {0}, desired[16] = {0};
	enum guest_result result =
		operand_read_memory(x, segment, x->offset, 2 * half, GUEST_WRITE, old);

	if (result != GUEST_OK)
		return result;
	memcpy(&low, old, half);
	memcpy(&high, old + half, half);
	memcpy(desired, old, sizeof(desired));
	if (low == operand_read_register(&x->regs, RAX, half) &&
	    high == operand_read_register(&x->regs, RDX, half)) {
		x->regs.rflags |= RFLAGS_ZF;
		memcpy(desired, &x->regs.gpr[RBX], half);
		memcpy(desired + half, &x->regs.gpr[RCX], half);
	} else {
		x->regs.rflags &= ~(u64)RFLAGS_ZF;
		operand_write_register(&x->regs, RAX, half, low);
		operand_write_register(&x->regs, RDX, half, high);
	}
	return operand_exchange_memory(x, segment, x->offset, 2 * half, old, desired);
}

/* Width in bytes of the stack pointer: the part of RSP that a push or pop uses. */
static unsigned stack_width(const struct execution *x)
{
	if (x->insn->mode == INSN_64)
		return 8;
	return x->e->ctl->seg[SEG_SS].attr & SEGMENT_DB ? 4 : 2;
}

static enum guest_result push(struct execution *x)
{
	unsigned size = x->insn->operand_size, width = stack_width(x);
	u64 value, top = (x->regs.gpr[RSP] - size) & alu_mask(width);
	enum guest_result result = read_source(x, &value);

	if (result != GUEST_OK)
		return result;
	operand_write_register(&x->regs, RSP, width, top);
	return operand_write_memory(x, SEG_SS, top, size, value);
}

/* SDM 2B "POP": the destination's address is computed with the incremented RSP. */
static enum guest_result pop(struct execution *x)
{
	unsigned size = x->insn->operand_size, width = stack_width(x);
	u64 value = 0, top = operand_read_register(&x->regs, RSP, width);
	enum guest_result result = operand_read_memory(x, SEG_SS, top, size, GUEST_READ, &value);

	if (result != GUEST_OK)
		return result;
	operand_write_register(&x->regs, RSP, width, top + size);
	x->offset = operand_offset(x, 0);
	return operand_write(x, x->insn->dst, size, value);
}

/* A double-width value lies in RDX:RAX, or in AX when its halves are bytes. */
static void pair_read(const struct execution *x, u64 *low, u64 *high)
{
	unsigned size = x->insn->operand_size;

	*low = operand_read_register(&x->regs, RAX, size);
	*high = size == 1 ? x->regs.gpr[RAX] >> 8 & 0xff
			  : operand_read_register(&x->regs, RDX, size);
}

static void pair_write(struct execution *x, u64 low, u64 high)
{
	unsigned size = x->insn->operand_size;

	if (size == 1) {
		operand_write_register(&x->regs, RAX, 2, low | high << 8);
		return;
	}
	operand_write_register(&x->regs, RAX, size, low);
	operand_write_register(&x->regs, RDX, size, high);
}

static enum guest_result multiply(struct execution *x)
{
	unsigned size = x->insn->operand_size;
	u64 factor, low, high;
	enum guest_result result = read_destination(x, GUEST_READ, &factor);

	if (result != GUEST_OK)
		return result;
	alu_multiply(x->insn->op == INSN_IMUL, size, x->regs.gpr[RAX], factor, &low, &high,
		     &x->regs.rflags);
	pair_write(x, low, high);
	return GUEST_OK;
}

static enum guest_result multiply_truncated(struct execution *x)
{
	unsigned size = x->insn->operand_size;
	u64 factor, low, high, other = x->insn->imm;
	enum guest_result result = read_source(x, &factor);

	if (result != GUEST_OK)
		return result;
	if (x->insn->op == INSN_IMUL_DST)
		other = x->regs.gpr[x->insn->dst.reg];
	alu_multiply(true, size, other, factor, &low, &high, &x->regs.rflags);
	return operand_write(x, x->insn->dst, size, low);
}

static enum guest_result divide(struct execution *x)
{
	struct alu_division division;
	enum guest_result result = read_destination(x, GUEST_READ, &division.divisor);

	if (result != GUEST_OK)
		return result;
	pair_read(x, &division.low, &division.high);
	if (!alu_divide(x->insn->op == INSN_IDIV, x->insn->operand_size, &division)) {
		x->e->fault = (struct guest_fault){.vector = EXC_DE};
		return GUEST_FAULT;
	}
	pair_write(x, division.low, division.high);
	return GUEST_OK;
}

static u16 port_of(const struct execution *x, struct insn_operand operand)
{
	return operand.kind == INSN_IMM ? (u8)x->insn->imm : (u16)x->regs.gpr[RDX];
}

static enum guest_result port_in(struct execution *x)
{
	u32 value = 0;
	enum guest_result result =
		x->e->ops->in(x->e->ctx, port_of(x, x->insn->src), x->insn->operand_size, &value);

	if (result == GUEST_OK)
		operand_write_register(&x->regs, RAX, x->insn->operand_size, value);
	return result;
}

static enum guest_result port_out(struct execution *x)
{
	return x->e->ops->out(x->e->ctx, port_of(x, x->insn->dst), x->insn->operand_size,
			      (u32)operand_read_register(&x->regs, RAX, x->insn->operand_size));
}

/*
 * --- String instructions, repeated or not. One call executes a bounded number of iterations. Each
 * iteration is committed by itself, as in hardware. SDM 2B "REP/REPE/REPZ/REPNE/REPNZ - Repeat
 * String Operation Prefix" ---
 */

static u64 index_read(const struct execution *x, enum gpr reg)
{
	return operand_read_register(&x->regs, reg, x->insn->address_size);
}

/* Moves RSI or RDI past one element: down if RFLAGS.DF is set, else up. */
static void index_advance(struct execution *x, enum gpr reg)
{
	u64 size = x->insn->operand_size;
	u64 delta = x->regs.rflags & RFLAGS_DF ? -size : size;

	operand_write_register(&x->regs, reg, x->insn->address_size, x->regs.gpr[reg] + delta);
}

/* ES:rDI, which no prefix overrides. */
static enum guest_result target_read(struct execution *x, unsigned access, u64 *value)
{
	*value = 0;
	return operand_read_memory(x, SEG_ES, index_read(x, RDI), x->insn->operand_size, access,
				   value);
}

/*
 * Reads the value that one iteration moves or compares. INS probes its destination first, because
 * the value that a port has returned cannot be put back when the write faults.
 */
static enum guest_result element_read(struct execution *x, u64 *value)
{
	unsigned size = x->insn->operand_size;
	enum guest_result result;
	u32 input = 0;

	switch (x->insn->op) {
	case INSN_STOS:
	case INSN_SCAS:
		*value = x->regs.gpr[RAX];
		return GUEST_OK;
	case INSN_INS:
		result = target_read(x, GUEST_WRITE, value);
		if (result == GUEST_OK)
			result = x->e->ops->in(x->e->ctx, (u16)x->regs.gpr[RDX], size, &input);
		*value = input;
		return result;
	default: /* MOVS, CMPS, LODS, OUTS */
		*value = 0;
		result = operand_read_memory(x, x->insn->mem.segment, index_read(x, RSI), size,
					     GUEST_READ, value);
		index_advance(x, RSI);
		return result;
	}
}

/* One iteration. On failure the working registers are undefined, and the caller drops them. */
static enum guest_result iterate(struct execution *x)
{
	unsigned size = x->insn->operand_size;
	u64 value, target;
	enum guest_result result = element_read(x, &value);

	if (result != GUEST_OK)
		return result;
	switch (x->insn->op) {
	case INSN_LODS:
		operand_write_register(&x->regs, RAX, size, value);
		return GUEST_OK;
	case INSN_OUTS:
		return x->e->ops->out(x->e->ctx, (u16)x->regs.gpr[RDX], size, (u32)value);
	case INSN_CMPS:
	case INSN_SCAS:
		result = target_read(x, GUEST_READ, &target);
		if (result == GUEST_OK)
			alu_compute(INSN_CMP, size, value, target, &x->regs.rflags);
		break;
	default: /* MOVS, STOS, INS */
		result = operand_write_memory(x, SEG_ES, index_read(x, RDI), size, value);
		break;
	}
	index_advance(x, RDI);
	return result;
}

/* True if the last comparison ends the repetition. Only CMPS and SCAS compare. */
static bool ended_by_comparison(const struct execution *x)
{
	bool equal = x->regs.rflags & RFLAGS_ZF;

	if (x->insn->op != INSN_CMPS && x->insn->op != INSN_SCAS)
		return false;
	return equal == (x->insn->repeat == INSN_REPNE);
}

/* Executes one iteration and commits it if it succeeds; *more is then true if others follow. */
static enum guest_result repeat_once(struct execution *x, bool *more)
{
	enum guest_result result = iterate(x);
	u64 left;

	if (result != GUEST_OK)
		return result;
	left = index_read(x, RCX) - 1;
	operand_write_register(&x->regs, RCX, x->insn->address_size, left);
	*x->e->regs = x->regs;
	*more = left != 0 && !ended_by_comparison(x);
	return GUEST_OK;
}

static enum guest_result execute_string(struct execution *x)
{
	unsigned chunk = x->regs.rflags & RFLAGS_TF ? 1 : EMULATE_CHUNK;
	bool more = true;

	if (!x->insn->repeat)
		return iterate(x);
	if (index_read(x, RCX) == 0)
		return GUEST_OK;
	for (unsigned done = 0; done < chunk && more; done++) {
		enum guest_result result = repeat_once(x, &more);

		/* After the first iteration: the cause recurs when the guest executes the rest. */
		if (result != GUEST_OK)
			return done == 0 ? result : GUEST_PARTIAL;
	}
	return more ? GUEST_PARTIAL : GUEST_OK;
}

typedef enum guest_result executor(struct execution *x);

// clang-format off
static executor *const executors[INSN_OP_COUNT] = {
	[INSN_ADD] = modify, [INSN_OR] = modify, [INSN_ADC] = modify, [INSN_SBB] = modify,
	[INSN_AND] = modify, [INSN_SUB] = modify, [INSN_XOR] = modify, [INSN_CMP] = modify,
	[INSN_ROL] = modify, [INSN_ROR] = modify, [INSN_RCL] = modify, [INSN_RCR] = modify,
	[INSN_SHL] = modify, [INSN_SHR] = modify, [INSN_SAL] = modify, [INSN_SAR] = modify,
	[INSN_BT] = bit_operation, [INSN_BTS] = bit_operation,
	[INSN_BTR] = bit_operation, [INSN_BTC] = bit_operation,
	[INSN_TEST] = modify, [INSN_NOT] = modify, [INSN_NEG] = modify,
	[INSN_MUL] = multiply, [INSN_IMUL] = multiply, [INSN_DIV] = divide, [INSN_IDIV] = divide,
	[INSN_INC] = modify, [INSN_DEC] = modify, [INSN_PUSH] = push, [INSN_POP] = pop,
	[INSN_IMUL_DST] = multiply_truncated, [INSN_IMUL_IMM] = multiply_truncated,
	[INSN_MOV] = move, [INSN_MOVZX] = move, [INSN_MOVSX] = move, [INSN_MOVBE] = move,
	[INSN_MOV_FROM_SEGMENT] = move_from_segment, [INSN_XCHG] = exchange,
	[INSN_XADD] = exchange, [INSN_CMPXCHG] = compare_exchange,
	[INSN_CMPXCHG_PAIR] = compare_exchange_pair, [INSN_CMOV] = move_if, [INSN_SET] = set_if,
	[INSN_MOVS] = execute_string, [INSN_CMPS] = execute_string, [INSN_STOS] = execute_string,
	[INSN_LODS] = execute_string, [INSN_SCAS] = execute_string, [INSN_INS] = execute_string,
	[INSN_OUTS] = execute_string, [INSN_IN] = port_in, [INSN_OUT] = port_out,
};
// clang-format on

static enum guest_result unsupported(struct emulation *e, const struct insn *insn)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * INSN_MAX_LENGTH + 1] = {0};

	for (unsigned i = 0; i < insn->length && i < INSN_MAX_LENGTH; i++) {
		text[2 * i] = digits[insn->bytes[i] >> 4];
		text[2 * i + 1] = digits[insn->bytes[i] & 0xf];
	}
	fail(&e->error, ERR_UNSUPPORTED, "cannot emulate instruction %s (%u-bit code)", text,
	     (unsigned)insn->mode);
	return GUEST_FAILED;
}

enum guest_result emulate_insn(struct emulation *e, const struct insn *insn)
{
	struct execution x = {.e = e, .insn = insn, .regs = *e->regs};
	enum guest_result result;

	if (insn->op >= INSN_OP_COUNT || !executors[insn->op])
		return unsupported(e, insn);
	x.offset = operand_offset(&x, 0);
	result = executors[insn->op](&x);
	if (result == GUEST_OK)
		*e->regs = x.regs;
	return result;
}
