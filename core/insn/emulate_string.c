/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * String instructions, repeated or not, a bounded number of iterations a call.
 * Pure. Each iteration is committed by itself, as hardware does.
 * SDM 2B "REP/REPE/REPZ/REPNE/REPNZ - Repeat String Operation Prefix".
 */
#include "core/insn/emulate_alu.h"
#include "core/insn/emulate_parts.h"

static u64 index_read(const struct execution *x, enum gpr reg)
{
	return register_read(&x->regs, reg, x->insn->address_size);
}

/* Moves RSI or RDI past one element, the way DF says. */
static void index_advance(struct execution *x, enum gpr reg)
{
	u64 size = x->insn->operand_size;
	u64 delta = x->regs.rflags & RFLAGS_DF ? -size : size;

	register_write(&x->regs, reg, x->insn->address_size, x->regs.gpr[reg] + delta);
}

static enum guest_result source_read(struct execution *x, u64 *value)
{
	*value = 0;
	return emulate_memory_read(x, x->insn->mem.segment, index_read(x, RSI),
				   x->insn->operand_size, GUEST_READ, value);
}

/* ES:rDI, which no prefix overrides. */
static enum guest_result target_read(struct execution *x, unsigned access, u64 *value)
{
	*value = 0;
	return emulate_memory_read(x, SEG_ES, index_read(x, RDI), x->insn->operand_size, access,
				   value);
}

static enum guest_result target_write(struct execution *x, u64 value)
{
	return emulate_memory_write(x, SEG_ES, index_read(x, RDI), x->insn->operand_size, value);
}

static enum guest_result iterate_movs(struct execution *x)
{
	u64 value;
	enum guest_result result = source_read(x, &value);

	if (result == GUEST_OK)
		result = target_write(x, value);
	index_advance(x, RSI);
	index_advance(x, RDI);
	return result;
}

static enum guest_result iterate_cmps(struct execution *x)
{
	u64 source, target;
	enum guest_result result = source_read(x, &source);

	if (result == GUEST_OK)
		result = target_read(x, GUEST_READ, &target);
	if (result != GUEST_OK)
		return result;
	alu_compute(INSN_CMP, x->insn->operand_size, source, target, &x->regs.rflags);
	index_advance(x, RSI);
	index_advance(x, RDI);
	return GUEST_OK;
}

static enum guest_result iterate_scas(struct execution *x)
{
	u64 target;
	enum guest_result result = target_read(x, GUEST_READ, &target);

	if (result != GUEST_OK)
		return result;
	alu_compute(INSN_CMP, x->insn->operand_size, x->regs.gpr[RAX], target, &x->regs.rflags);
	index_advance(x, RDI);
	return GUEST_OK;
}

static enum guest_result iterate_stos(struct execution *x)
{
	enum guest_result result = target_write(x, x->regs.gpr[RAX]);

	index_advance(x, RDI);
	return result;
}

static enum guest_result iterate_lods(struct execution *x)
{
	u64 value;
	enum guest_result result = source_read(x, &value);

	if (result != GUEST_OK)
		return result;
	register_write(&x->regs, RAX, x->insn->operand_size, value);
	index_advance(x, RSI);
	return GUEST_OK;
}

/* The port is read only once the page is known to be writable: what a port gave is gone. */
static enum guest_result iterate_ins(struct execution *x)
{
	u64 probe;
	u32 value = 0;
	enum guest_result result = target_read(x, GUEST_WRITE, &probe);

	if (result == GUEST_OK)
		result = x->e->ops->in(x->e->ctx, (u16)x->regs.gpr[RDX], x->insn->operand_size,
				       &value);
	if (result == GUEST_OK)
		result = target_write(x, value);
	index_advance(x, RDI);
	return result;
}

static enum guest_result iterate_outs(struct execution *x)
{
	u64 value;
	enum guest_result result = source_read(x, &value);

	if (result == GUEST_OK)
		result = x->e->ops->out(x->e->ctx, (u16)x->regs.gpr[RDX], x->insn->operand_size,
					(u32)value);
	index_advance(x, RSI);
	return result;
}

static enum guest_result iterate(struct execution *x)
{
	switch (x->insn->op) {
	case INSN_MOVS:
		return iterate_movs(x);
	case INSN_CMPS:
		return iterate_cmps(x);
	case INSN_SCAS:
		return iterate_scas(x);
	case INSN_STOS:
		return iterate_stos(x);
	case INSN_LODS:
		return iterate_lods(x);
	case INSN_INS:
		return iterate_ins(x);
	default:
		return iterate_outs(x);
	}
}

/* Does a comparison end the repetition? Only CMPS and SCAS tell REPE from REPNE. */
static bool ended_by_comparison(const struct execution *x)
{
	bool equal = x->regs.rflags & RFLAGS_ZF;

	if (x->insn->op != INSN_CMPS && x->insn->op != INSN_SCAS)
		return false;
	return equal == (x->insn->repeat == INSN_REPNE);
}

/* One iteration, committed when it went well; *more tells whether others follow. */
static enum guest_result repeat_once(struct execution *x, bool *more)
{
	enum guest_result result = iterate(x);
	u64 left;

	if (result != GUEST_OK)
		return result;
	left = index_read(x, RCX) - 1;
	register_write(&x->regs, RCX, x->insn->address_size, left);
	*x->e->regs = x->regs;
	*more = left != 0 && !ended_by_comparison(x);
	return GUEST_OK;
}

enum guest_result execute_string(struct execution *x)
{
	unsigned chunk = x->regs.rflags & RFLAGS_TF ? 1 : EMULATE_CHUNK;
	bool more = true;

	if (!x->insn->repeat)
		return iterate(x);
	if (index_read(x, RCX) == 0)
		return GUEST_OK;
	for (unsigned done = 0; done < chunk && more; done++) {
		enum guest_result result = repeat_once(x, &more);

		if (result != GUEST_OK && done == 0)
			return result;
		if (result != GUEST_OK) {
			/* What stopped it comes again when the guest executes it again. */
			return GUEST_PARTIAL;
		}
	}
	return more ? GUEST_PARTIAL : GUEST_OK;
}
