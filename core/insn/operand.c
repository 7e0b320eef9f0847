/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads and writes the operands of an instruction, in registers or, with the checks of
 * segmentation, in memory. Pure. Knows no operation.
 */
#include "core/insn/operand.h"

#include "core/insn/alu.h"

enum { LINEAR_BITS_4_LEVEL = 48, LINEAR_BITS_5_LEVEL = 57, PAIR_SIZE = 16 };

static enum guest_result raise_zero(struct guest_fault *fault, enum exception vector)
{
	*fault = (struct guest_fault){.vector = (u8)vector, .has_error = true};
	return GUEST_FAULT;
}

static bool is_canonical(const struct control_state *ctl, u64 linear)
{
	unsigned shift = 64 - (ctl->cr4 & CR4_LA57 ? LINEAR_BITS_5_LEVEL : LINEAR_BITS_4_LEVEL);

	return (u64)((s64)(linear << shift) >> shift) == linear;
}

/* SDM 3A "Type Checking": the segment is present and its type permits the access. */
static bool type_allows(const struct segment *segment, unsigned access)
{
	bool code = segment->attr & SEGMENT_CODE;

	if (!(segment->attr & SEGMENT_P))
		return false;
	if (access & GUEST_FETCH)
		return code;
	if (access & GUEST_WRITE)
		return !code && segment->attr & SEGMENT_WRITABLE;
	return !code || segment->attr & SEGMENT_WRITABLE;
}

/* SDM 3A "Limit Checking". The valid offsets of an expand-down segment lie above its limit. */
static bool limit_allows(const struct segment *segment, u64 offset, unsigned size)
{
	u64 end = segment->attr & SEGMENT_DB ? BIT(32) : BIT(16);

	if (!(segment->attr & SEGMENT_CODE) && segment->attr & SEGMENT_EXPAND_DOWN)
		return offset > segment->limit && range_fits(offset, size, end);
	return range_fits(offset, size, (u64)segment->limit + 1);
}

static bool alignment_allows(const struct control_state *ctl, u64 rflags, unsigned size,
			     unsigned access, u64 linear)
{
	if (!(access & GUEST_USER) || !(ctl->cr0 & CR0_AM) || !(rflags & RFLAGS_AC))
		return true;
	return is_aligned(linear, size);
}

enum guest_result operand_linear(const struct control_state *ctl, u64 rflags,
				 enum segment_register segment, u64 offset, unsigned size,
				 unsigned access, u64 *linear, struct guest_fault *fault)
{
	const struct segment *s = &ctl->seg[segment];
	enum exception vector = segment == SEG_SS ? EXC_SS : EXC_GP;

	if (decode_mode(ctl) == INSN_64) {
		*linear = offset + (segment >= SEG_FS ? s->base : 0);
		if (!is_canonical(ctl, *linear) || !is_canonical(ctl, *linear + size - 1))
			return raise_zero(fault, vector);
	} else {
		if (ctl->cr0 & CR0_PE && !(rflags & RFLAGS_VM) && !type_allows(s, access))
			return raise_zero(fault, vector);
		if (!limit_allows(s, offset, size))
			return raise_zero(fault, vector);
		*linear = (u32)(s->base + offset);
	}
	if (!(access & GUEST_FETCH) && !alignment_allows(ctl, rflags, size, access, *linear))
		return raise_zero(fault, EXC_AC);
	return GUEST_OK;
}

u64 operand_read_register(const struct regs *regs, unsigned reg, unsigned size)
{
	return regs->gpr[reg] & alu_mask(size);
}

void operand_write_register(struct regs *regs, unsigned reg, unsigned size, u64 value)
{
	u64 mask = alu_mask(size), kept = size < 4 ? regs->gpr[reg] & ~mask : 0;

	regs->gpr[reg] = kept | (value & mask);
}

/*
 * Adds GUEST_USER to *access if CPL is 3, and finds the linear address. A 16-byte operand
 * (CMPXCHG16B) that is not aligned raises #GP.
 */
static enum guest_result locate(struct execution *x, unsigned segment, u64 offset, unsigned size,
				unsigned *access, u64 *linear)
{
	enum guest_result result;

	if (x->e->ctl->cpl == 3)
		*access |= GUEST_USER;
	result = operand_linear(x->e->ctl, x->regs.rflags, (enum segment_register)segment, offset,
				size, *access, linear, &x->e->fault);
	if (result == GUEST_OK && size == PAIR_SIZE && !is_aligned(*linear, PAIR_SIZE))
		return raise_zero(&x->e->fault, EXC_GP);
	return result;
}

enum guest_result operand_read_memory(struct execution *x, unsigned segment, u64 offset,
				      unsigned size, unsigned access, void *buf)
{
	u64 linear;
	enum guest_result result = locate(x, segment, offset, size, &access, &linear);

	if (result != GUEST_OK)
		return result;
	return x->e->ops->read(x->e->ctx, linear, size, access, buf, &x->e->fault);
}

enum guest_result operand_write_memory(struct execution *x, unsigned segment, u64 offset,
				       unsigned size, u64 value)
{
	u64 linear;
	unsigned access = GUEST_WRITE;
	enum guest_result result = locate(x, segment, offset, size, &access, &linear);

	if (result != GUEST_OK)
		return result;
	return x->e->ops->write(x->e->ctx, linear, size, access, &value, &x->e->fault);
}

enum guest_result operand_exchange_memory(struct execution *x, unsigned segment, u64 offset,
					  unsigned size, const void *expected, const void *desired)
{
	u64 linear;
	unsigned access = GUEST_WRITE;
	enum guest_result result = locate(x, segment, offset, size, &access, &linear);

	if (result != GUEST_OK)
		return result;
	return x->e->ops->cmpxchg(x->e->ctx, linear, size, access, expected, desired, &x->e->fault);
}

u64 operand_offset(const struct execution *x, u64 extra)
{
	const struct insn_memory *mem = &x->insn->mem;
	u64 offset = mem->displacement + extra;

	if (mem->base == INSN_REG_RIP)
		offset += x->regs.rip + x->insn->length;
	else if (mem->base != INSN_REG_NONE)
		offset += x->regs.gpr[mem->base];
	if (mem->index != INSN_REG_NONE)
		offset += x->regs.gpr[mem->index] * mem->scale;
	return offset & alu_mask(x->insn->address_size);
}

enum guest_result operand_read(struct execution *x, struct insn_operand operand, unsigned size,
			       unsigned access, u64 *value)
{
	*value = 0;
	switch (operand.kind) {
	case INSN_REG:
		*value = operand_read_register(&x->regs, operand.reg, size);
		return GUEST_OK;
	case INSN_REG_HIGH:
		*value = x->regs.gpr[operand.reg] >> 8 & 0xff;
		return GUEST_OK;
	case INSN_IMM:
		*value = x->insn->imm & alu_mask(size);
		return GUEST_OK;
	case INSN_MEM:
		return operand_read_memory(x, x->insn->mem.segment, x->offset, size, access, value);
	default:
		return GUEST_OK;
	}
}

enum guest_result operand_write(struct execution *x, struct insn_operand operand, unsigned size,
				u64 value)
{
	u64 *reg = &x->regs.gpr[operand.reg];

	switch (operand.kind) {
	case INSN_REG:
		operand_write_register(&x->regs, operand.reg, size, value);
		return GUEST_OK;
	case INSN_REG_HIGH:
		*reg = (*reg & ~BITS(15, 8)) | (value << 8 & BITS(15, 8));
		return GUEST_OK;
	default:
		return operand_write_memory(x, x->insn->mem.segment, x->offset, size, value);
	}
}

enum guest_result operand_update(struct execution *x, u64 old, u64 value)
{
	const struct insn *insn = x->insn;

	if (!insn->lock)
		return operand_write(x, insn->dst, insn->operand_size, value);
	return operand_exchange_memory(x, insn->mem.segment, x->offset, insn->operand_size, &old,
				       &value);
}
