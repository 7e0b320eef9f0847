/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Integer arithmetic with exact flags. Pure.
 *
 * Flags that the manuals leave undefined: AF is cleared by logic and shifts;
 * OF of a shift or rotate by more than one is that of its last step; a product
 * changes only CF and OF, a quotient none, a bit test only CF.
 */
#include "core/insn/alu.h"

enum {
	FLAGS_RESULT = RFLAGS_PF | RFLAGS_ZF | RFLAGS_SF,
	FLAGS_ARITHMETIC = FLAGS_RESULT | RFLAGS_CF | RFLAGS_AF | RFLAGS_OF,
};

static u64 top_bit(unsigned size)
{
	return BIT(8 * size - 1);
}

static void flag_set(u64 *rflags, u64 flag, bool on)
{
	*rflags = on ? *rflags | flag : *rflags & ~flag;
}

/* Sets PF, ZF and SF by a result, and clears the other flags in flags. */
static void flags_from_result(u64 *rflags, u64 result, unsigned size, u64 flags)
{
	*rflags &= ~flags;
	flag_set(rflags, RFLAGS_PF, !__builtin_parity(result & 0xff));
	flag_set(rflags, RFLAGS_ZF, result == 0);
	flag_set(rflags, RFLAGS_SF, result & top_bit(size));
}

/* Sets CF, AF and OF. carries has the carry, or borrow, out of each bit. */
static void flags_from_carries(u64 *rflags, u64 carries, unsigned size)
{
	bool carry = carries & top_bit(size), into_top = carries & top_bit(size) >> 1;

	flag_set(rflags, RFLAGS_CF, carry);
	flag_set(rflags, RFLAGS_AF, carries & BIT(3));
	flag_set(rflags, RFLAGS_OF, carry != into_top);
}

static u64 add(unsigned size, u64 a, u64 b, u64 carry, u64 *rflags)
{
	u64 sum = (a + b + carry) & alu_mask(size);

	flags_from_result(rflags, sum, size, FLAGS_ARITHMETIC);
	flags_from_carries(rflags, (a & b) | ((a | b) & ~sum), size);
	return sum;
}

static u64 subtract(unsigned size, u64 a, u64 b, u64 borrow, u64 *rflags)
{
	u64 difference = (a - b - borrow) & alu_mask(size);

	flags_from_result(rflags, difference, size, FLAGS_ARITHMETIC);
	flags_from_carries(rflags, (~a & b) | ((~a | b) & difference), size);
	return difference;
}

static u64 logic(unsigned size, u64 result, u64 *rflags)
{
	flags_from_result(rflags, result, size, FLAGS_ARITHMETIC);
	return result;
}

/* INC and DEC do not change CF. */
static u64 step(unsigned size, u64 a, bool up, u64 *rflags)
{
	u64 carry = *rflags & RFLAGS_CF;
	u64 result = up ? add(size, a, 1, 0, rflags) : subtract(size, a, 1, 0, rflags);

	flag_set(rflags, RFLAGS_CF, carry);
	return result;
}

/* Rotations change CF and OF only. */
static u64 rotate_left(unsigned size, u64 a, unsigned count, u64 *rflags)
{
	unsigned bits = 8 * size, n = count % bits;
	u64 result = n ? (a << n | a >> (bits - n)) & alu_mask(size) : a;

	flag_set(rflags, RFLAGS_CF, result & 1);
	flag_set(rflags, RFLAGS_OF, !(result & top_bit(size)) != !(result & 1));
	return result;
}

static u64 rotate_right(unsigned size, u64 a, unsigned count, u64 *rflags)
{
	unsigned bits = 8 * size, n = count % bits;
	u64 result = n ? (a >> n | a << (bits - n)) & alu_mask(size) : a;

	flag_set(rflags, RFLAGS_CF, result & top_bit(size));
	flag_set(rflags, RFLAGS_OF, !(result & top_bit(size)) != !(result & top_bit(size) >> 1));
	return result;
}

/* Rotates through CF, which is one more bit: 8 * size + 1 positions. */
static u64 rotate_left_carry(unsigned size, u64 a, unsigned count, u64 *rflags)
{
	u64 carry = *rflags & RFLAGS_CF;

	for (unsigned n = count % (8 * size + 1); n > 0; n--) {
		u64 out = a & top_bit(size);

		a = (a << 1 & alu_mask(size)) | carry;
		carry = out != 0;
	}
	flag_set(rflags, RFLAGS_CF, carry);
	flag_set(rflags, RFLAGS_OF, !(a & top_bit(size)) != !carry);
	return a;
}

static u64 rotate_right_carry(unsigned size, u64 a, unsigned count, u64 *rflags)
{
	u64 carry = *rflags & RFLAGS_CF;

	for (unsigned n = count % (8 * size + 1); n > 0; n--) {
		u64 out = a & 1;

		a = a >> 1 | (carry ? top_bit(size) : 0);
		carry = out;
	}
	flag_set(rflags, RFLAGS_CF, carry);
	flag_set(rflags, RFLAGS_OF, !(a & top_bit(size)) != !(a & top_bit(size) >> 1));
	return a;
}

static u64 shift_left(unsigned size, u64 a, unsigned count, u64 *rflags)
{
	unsigned bits = 8 * size;
	u64 result = a << count & alu_mask(size);
	bool carry = count <= bits && a >> (bits - count) & 1;

	flags_from_result(rflags, result, size, FLAGS_ARITHMETIC);
	flag_set(rflags, RFLAGS_CF, carry);
	flag_set(rflags, RFLAGS_OF, !(result & top_bit(size)) != !carry);
	return result;
}

/* SHR and SAR. result is the shifted value before it is cut to size; carry is the last bit out. */
static u64 shift_right(unsigned size, u64 result, bool carry, u64 *rflags)
{
	result &= alu_mask(size);
	flags_from_result(rflags, result, size, FLAGS_ARITHMETIC);
	flag_set(rflags, RFLAGS_CF, carry);
	flag_set(rflags, RFLAGS_OF, !(result & top_bit(size)) != !(result & top_bit(size) >> 1));
	return result;
}

/* SDM 2B "SAL/SAR/SHL/SHR - Shift": the count is masked, and 0 changes no flag. */
static u64 shift(enum insn_op op, unsigned size, u64 a, u64 b, u64 *rflags)
{
	unsigned count = b & (size == 8 ? 63 : 31);
	u64 extended = alu_sign_extend(a, size);

	if (count == 0)
		return a;
	switch (op) {
	case INSN_ROL:
		return rotate_left(size, a, count, rflags);
	case INSN_ROR:
		return rotate_right(size, a, count, rflags);
	case INSN_RCL:
		return rotate_left_carry(size, a, count, rflags);
	case INSN_RCR:
		return rotate_right_carry(size, a, count, rflags);
	case INSN_SHR:
		return shift_right(size, a >> count, a >> (count - 1) & 1, rflags);
	case INSN_SAR:
		return shift_right(size, (u64)((s64)extended >> count),
				   (s64)extended >> (count - 1) & 1, rflags);
	default: /* INSN_SHL and its other encoding, INSN_SAL */
		return shift_left(size, a, count, rflags);
	}
}

static u64 bit_test(enum insn_op op, unsigned size, u64 a, u64 b, u64 *rflags)
{
	u64 bit = BIT(b & (8 * size - 1));

	flag_set(rflags, RFLAGS_CF, a & bit);
	switch (op) {
	case INSN_BTS:
		return a | bit;
	case INSN_BTR:
		return a & ~bit;
	case INSN_BTC:
		return a ^ bit;
	default:
		return a;
	}
}

u64 alu_compute(enum insn_op op, unsigned size, u64 a, u64 b, u64 *rflags)
{
	u64 carry = *rflags & RFLAGS_CF ? 1 : 0;

	a &= alu_mask(size);
	b &= alu_mask(size);
	switch (op) {
	case INSN_ADD:
		return add(size, a, b, 0, rflags);
	case INSN_ADC:
		return add(size, a, b, carry, rflags);
	case INSN_SUB:
	case INSN_CMP:
		return subtract(size, a, b, 0, rflags);
	case INSN_SBB:
		return subtract(size, a, b, carry, rflags);
	case INSN_NEG:
		return subtract(size, 0, a, 0, rflags);
	case INSN_AND:
	case INSN_TEST:
		return logic(size, a & b, rflags);
	case INSN_OR:
		return logic(size, a | b, rflags);
	case INSN_XOR:
		return logic(size, a ^ b, rflags);
	case INSN_NOT:
		return ~a & alu_mask(size);
	case INSN_INC:
	case INSN_DEC:
		return step(size, a, op == INSN_INC, rflags);
	case INSN_BT:
	case INSN_BTS:
	case INSN_BTR:
	case INSN_BTC:
		return bit_test(op, size, a, b, rflags);
	default:
		return shift(op, size, a, b, rflags);
	}
}

void alu_multiply(bool is_signed, unsigned size, u64 a, u64 b, u64 *low, u64 *high, u64 *rflags)
{
	unsigned __int128 product;
	u64 mask = alu_mask(size), overflow;

	if (is_signed)
		product = (unsigned __int128)((__int128)(s64)alu_sign_extend(a, size) *
					      (s64)alu_sign_extend(b, size));
	else
		product = (unsigned __int128)(a & mask) * (b & mask);
	*low = (u64)product & mask;
	/* The compiler calls a library function to shift 128 bits by a variable count. */
	*high = size == 8 ? (u64)(product >> 64) : (u64)product >> 8 * size & mask;
	overflow = is_signed && *low & top_bit(size) ? *high ^ mask : *high;
	flag_set(rflags, RFLAGS_CF | RFLAGS_OF, overflow);
}

/* Bit by bit: the compiler calls a library function to divide 128 bits. */
static bool divide_unsigned(unsigned size, struct alu_division *d)
{
	u64 remainder = d->high, quotient = 0;

	if (d->high >= d->divisor)
		return false;
	for (unsigned bit = 8 * size; bit-- > 0;) {
		bool carry = remainder & BIT(63);

		remainder = remainder << 1 | (d->low >> bit & 1);
		if (carry || remainder >= d->divisor) {
			remainder -= d->divisor;
			quotient |= BIT(bit);
		}
	}
	d->high = remainder;
	d->low = quotient;
	return true;
}

bool alu_divide(bool is_signed, unsigned size, struct alu_division *d)
{
	u64 mask = alu_mask(size), top = top_bit(size);
	bool dividend_negative = is_signed && d->high & top;
	bool negative = is_signed && (!(d->high & top) != !(d->divisor & top));

	d->low &= mask;
	d->high &= mask;
	d->divisor &= mask;
	if (dividend_negative) {
		d->high = (~d->high + (d->low == 0)) & mask;
		d->low = -d->low & mask;
	}
	if (is_signed && d->divisor & top)
		d->divisor = -d->divisor & mask;
	if (!divide_unsigned(size, d))
		return false;
	if (is_signed && d->low > top - !negative)
		return false;
	if (negative)
		d->low = -d->low & mask;
	if (dividend_negative)
		d->high = -d->high & mask;
	return true;
}

bool alu_condition(unsigned condition, u64 rflags)
{
	bool cf = rflags & RFLAGS_CF, zf = rflags & RFLAGS_ZF;
	bool less = !(rflags & RFLAGS_SF) != !(rflags & RFLAGS_OF);
	const bool table[8] = {
		rflags & RFLAGS_OF, cf,	  zf,	      cf || zf, rflags & RFLAGS_SF,
		rflags & RFLAGS_PF, less, less || zf,
	};

	return table[condition >> 1 & 7] != (condition & 1);
}
