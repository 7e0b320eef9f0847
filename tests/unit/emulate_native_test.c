/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The executor and the build machine's CPU execute random instances of all instructions of
 * the subset, except port accesses. Registers, defined flags and memory must agree.
 */
#include "tests/unit/native.h"

#include "core/insn/alu.h"
#include "core/insn/emulate.h"
#include "tests/unit/test.h"

enum {
	INSTANCES = 400000,
	LEAST_PER_OPERATION = 100,
	MAX_REPEAT = 12,
	ARITHMETIC = RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF,
	COMPARED = ARITHMETIC | RFLAGS_DF,
};

static u64 random_state = 0x9e3779b97f4a7c15;

static u64 random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1d;
}

/* A random number from 0 to below - 1. */
static u64 random_below(u64 below)
{
	return (random_next() >> 32) % below;
}

/* Values that often cause carries, signs and quotients. */
static u64 random_value(void)
{
	u64 value = random_next();

	switch (random_below(6)) {
	case 0:
		return value & 0xff;
	case 1:
		return (u64)(s64)(s8)value;
	case 2:
		return BIT(value & 63) - (value >> 8 & 1);
	case 3:
		return value & 0xffffffff;
	default:
		return value;
	}
}

/* --- The executor's memory: a copy of the native page. */

static u8 shadow[4096];

static u8 *shadow_at(u64 linear, unsigned size)
{
	if (linear < NATIVE_DATA || linear + size > NATIVE_DATA + sizeof(shadow))
		return NULL;
	return shadow + (linear - NATIVE_DATA);
}

static enum guest_result shadow_read(void *ctx, u64 linear, unsigned size, unsigned access,
				     void *buf, struct guest_fault *fault)
{
	u8 *at = shadow_at(linear, size);

	(void)ctx, (void)access, (void)fault;
	if (!at)
		return GUEST_FAILED;
	memcpy(buf, at, size);
	return GUEST_OK;
}

static enum guest_result shadow_write(void *ctx, u64 linear, unsigned size, unsigned access,
				      const void *buf, struct guest_fault *fault)
{
	u8 *at = shadow_at(linear, size);

	(void)ctx, (void)fault;
	assert_true(access & GUEST_WRITE);
	if (!at)
		return GUEST_FAILED;
	memcpy(at, buf, size);
	return GUEST_OK;
}

static enum guest_result shadow_cmpxchg(void *ctx, u64 linear, unsigned size, unsigned access,
					const void *expected, const void *desired,
					struct guest_fault *fault)
{
	u8 *at = shadow_at(linear, size);

	if (!at || memcmp(at, expected, size) != 0)
		return GUEST_FAILED;
	return shadow_write(ctx, linear, size, access, desired, fault);
}

static const struct emulate_ops shadow_ops = {
	.read = shadow_read, .write = shadow_write, .cmpxchg = shadow_cmpxchg};

/* FS points to this thread's own data, at an unknown address. */
static u64 segment_base(unsigned segment)
{
	u64 base = 0;

	if (segment == SEG_GS)
		return NATIVE_GS_BASE;
	if (segment == SEG_FS)
		syscall(SYS_arch_prctl, ARCH_GET_FS, &base);
	return base;
}

/* The segments of a user process on the build machine. */
static struct control_state control(void)
{
	struct control_state ctl = {
		.cr0 = CR0_PE | CR0_PG, .cr4 = CR4_PAE, .efer = EFER_LME | EFER_LMA, .cpl = 3};
	u16 selector[SEG_COUNT];

	asm("mov %%es, %0; mov %%cs, %1; mov %%ss, %2"
	    : "=r"(selector[0]), "=r"(selector[1]), "=r"(selector[2]));
	asm("mov %%ds, %0; mov %%fs, %1; mov %%gs, %2"
	    : "=r"(selector[3]), "=r"(selector[4]), "=r"(selector[5]));
	for (unsigned i = 0; i < SEG_COUNT; i++)
		ctl.seg[i] = (struct segment){.selector = selector[i]};
	ctl.seg[SEG_CS].attr = SEGMENT_P | SEGMENT_S | SEGMENT_CODE | SEGMENT_L;
	ctl.seg[SEG_FS].base = segment_base(SEG_FS);
	ctl.seg[SEG_GS].base = segment_base(SEG_GS);
	return ctl;
}

/* --- Making an instance: bytes, and registers whose addresses lie in the page. */

/* True if the bytes are an instruction that the executor knows and that accesses no ports. */
static bool random_instruction(u8 *bytes, struct insn *insn)
{
	static const u8 prefixes[] = {0x66, 0x66, 0x67, 0x64, 0x65, 0x2e, 0xf0, 0xf2, 0xf3};
	size_t pos = 0;
	u64 map = random_below(8);

	for (unsigned i = 0; i < INSN_MAX_LENGTH; i++)
		bytes[i] = (u8)(random_next() >> 40);
	while (random_below(3) == 0 && pos < 4)
		bytes[pos++] = prefixes[random_below(sizeof(prefixes))];
	if (random_below(2))
		bytes[pos++] = (u8)(0x40 | random_below(16));
	if (map < 4)
		bytes[pos++] = 0x0f;
	if (map == 0) {
		bytes[pos++] = 0x38;
		bytes[pos] = 0xf0 | (bytes[pos] & 1);
	}
	if (decode_insn(bytes, INSN_MAX_LENGTH, INSN_64, insn) != OK)
		return false;
	return insn->op != INSN_OTHER && insn->op != INSN_IN && insn->op != INSN_OUT &&
	       insn->op != INSN_INS && insn->op != INSN_OUTS;
}

/* A displacement without a base is written into the bytes: the last four, or eight, before imm. */
static bool patch_displacement(u8 *bytes, struct insn *insn, u64 displacement)
{
	unsigned size = insn->mem.displacement == (u64)(s64)(s32)insn->mem.displacement ? 4 : 8;
	u64 old = insn->mem.displacement;

	for (unsigned i = 0; i + size <= insn->length; i++) {
		struct insn again;

		if (memcmp(bytes + i, &old, size) != 0)
			continue;
		memcpy(bytes + i, &displacement, size);
		return decode_insn(bytes, INSN_MAX_LENGTH, INSN_64, &again) == OK &&
		       again.length == insn->length &&
		       (*insn = again, insn->mem.displacement == displacement);
	}
	return false;
}

static u64 operand_address(const struct insn *insn, const struct regs *regs)
{
	const struct insn_memory *mem = &insn->mem;
	u64 address = mem->displacement;

	address += mem->base == INSN_REG_RIP   ? regs->rip + insn->length
		   : mem->base < INSN_REG_NONE ? regs->gpr[mem->base]
					       : 0;
	address += mem->index < INSN_REG_NONE ? regs->gpr[mem->index] * mem->scale : 0;
	if (insn->address_size == 4)
		address = (u32)address;
	return address + segment_base(mem->segment);
}

/* Chooses registers, or the displacement, so that the operand lies at target or just above. */
static bool aim(u8 *bytes, struct insn *insn, struct regs *regs, u64 target)
{
	struct insn_memory *mem = &insn->mem;
	u64 offset = target - segment_base(mem->segment);
	u64 step = mem->scale + (mem->base == mem->index ? 1 : 0);

	if (mem->base == INSN_REG_RIP)
		return patch_displacement(bytes, insn, offset - regs->rip - insn->length);
	if (mem->base == INSN_REG_NONE && mem->index == INSN_REG_NONE)
		return patch_displacement(bytes, insn, offset);
	if (mem->base == mem->index || mem->base == INSN_REG_NONE) {
		offset += step;
		regs->gpr[mem->index] = (offset - mem->displacement) / step;
		return insn->address_size == 8 || !(mem->displacement >> 63);
	}
	regs->gpr[mem->base] = offset - mem->displacement;
	if (mem->index != INSN_REG_NONE)
		regs->gpr[mem->base] -= regs->gpr[mem->index] * mem->scale;
	return true;
}

static bool is_string(const struct insn *insn)
{
	return insn->op >= INSN_MOVS && insn->op <= INSN_SCAS;
}

static bool is_stack(const struct insn *insn)
{
	return insn->op == INSN_PUSH || insn->op == INSN_POP;
}

static bool is_bit_test(const struct insn *insn)
{
	return insn->op >= INSN_BT && insn->op <= INSN_BTC;
}

static bool has_memory(const struct insn *insn)
{
	return insn->dst.kind == INSN_MEM || insn->src.kind == INSN_MEM;
}

static bool random_registers(u8 *bytes, struct insn *insn, struct regs *regs)
{
	u64 target = NATIVE_DATA + 1024 + random_below(2048), at;

	for (unsigned i = 0; i < GPR_COUNT; i++)
		regs->gpr[i] = random_value();
	regs->rip = NATIVE_CODE;
	regs->rflags = RFLAGS_FIXED | RFLAGS_IF | (random_next() & COMPARED);
	if (insn->op == INSN_CMPXCHG_PAIR && random_below(4))
		target &= ~15ULL;
	if (is_string(insn)) {
		regs->gpr[RCX] = random_below(MAX_REPEAT);
		/*
		 * With a count of 0 Intel's CPUs clear the upper half. AMD's and the
		 * executor do not.
		 */
		if (insn->address_size == 4 && regs->gpr[RCX])
			regs->gpr[RCX] |= random_next() << 32;
		regs->gpr[RSI] = target - segment_base(insn->mem.segment);
		regs->gpr[RDI] = NATIVE_DATA + 1024 + random_below(2048);
		return insn->address_size == 8 || insn->mem.segment != SEG_FS;
	}
	if (is_bit_test(insn) && insn->src.kind == INSN_REG)
		regs->gpr[insn->src.reg] = (u64)(s64)((s64)random_below(4096) - 2048);
	if (is_stack(insn))
		regs->gpr[RSP] = NATIVE_DATA + 1024 + random_below(2048);
	if (!has_memory(insn))
		return true;
	if (!aim(bytes, insn, regs, target))
		return false;
	at = operand_address(insn, regs);
	return at >= NATIVE_DATA + 512 && at < NATIVE_DATA + 3584 &&
	       (!is_stack(insn) || regs->gpr[RSP] - NATIVE_DATA - 512 < 3072) &&
	       (!is_bit_test(insn) || insn->src.kind != INSN_REG ||
		alu_sign_extend(regs->gpr[insn->src.reg], insn->operand_size) + 4096 < 8192);
}

/* Makes it likely that a comparison finds its value. */
static void favour_equality(const struct insn *insn, const struct regs *before, struct regs *regs)
{
	u64 at = operand_address(insn, before);

	if (random_below(2) || insn->dst.kind != INSN_MEM || insn->mem.base == RAX ||
	    insn->mem.index == RAX || insn->mem.base == RDX || insn->mem.index == RDX)
		return;
	if (insn->op == INSN_CMPXCHG)
		memcpy(&regs->gpr[RAX], (void *)at, insn->operand_size);
	if (insn->op != INSN_CMPXCHG_PAIR)
		return;
	memcpy(&regs->gpr[RAX], (void *)at, insn->operand_size);
	memcpy(&regs->gpr[RDX], (void *)(at + insn->operand_size), insn->operand_size);
}

/* --- Comparing. */

/* Flags that the manuals leave undefined after this instruction. */
static u64 undefined_flags(const struct insn *insn, const struct regs *before)
{
	u64 count = insn->src.kind == INSN_REG ? before->gpr[RCX] : insn->imm;

	switch (insn->op) {
	case INSN_AND:
	case INSN_OR:
	case INSN_XOR:
	case INSN_TEST:
		return RFLAGS_AF;
	case INSN_MUL:
	case INSN_IMUL:
	case INSN_IMUL_DST:
	case INSN_IMUL_IMM:
		return RFLAGS_SF | RFLAGS_ZF | RFLAGS_AF | RFLAGS_PF;
	case INSN_DIV:
	case INSN_IDIV:
		return ARITHMETIC;
	case INSN_BT:
	case INSN_BTS:
	case INSN_BTR:
	case INSN_BTC:
		return RFLAGS_OF | RFLAGS_SF | RFLAGS_AF | RFLAGS_PF;
	case INSN_ROL:
	case INSN_ROR:
	case INSN_RCL:
	case INSN_RCR:
		count &= insn->operand_size == 8 ? 63 : 31;
		return count <= 1 ? 0 : RFLAGS_OF;
	case INSN_SHL:
	case INSN_SHR:
	case INSN_SAL:
	case INSN_SAR:
		count &= insn->operand_size == 8 ? 63 : 31;
		if (count == 0)
			return 0;
		return RFLAGS_AF | (count == 1 ? 0 : RFLAGS_OF) |
		       (count >= 8u * insn->operand_size ? RFLAGS_CF : 0);
	default:
		return 0;
	}
}

static void describe(const struct insn *insn, const struct regs *before, const struct regs *native,
		     const struct regs *ours)
{
	for (unsigned i = 0; i < insn->length; i++)
		print_error("%02x ", insn->bytes[i]);
	print_error("\n%-8s %16s %16s %16s\n", "", "before", "native", "executor");
	for (unsigned i = 0; i < GPR_COUNT; i++)
		print_error("gpr %-4u %16llx %16llx %16llx\n", i, before->gpr[i], native->gpr[i],
			    ours->gpr[i]);
	print_error("rflags   %16llx %16llx %16llx\n", before->rflags, native->rflags,
		    ours->rflags);
}

static int expected_signal(enum guest_result result, const struct guest_fault *fault)
{
	if (result != GUEST_FAULT)
		return 0;
	return fault->vector == EXC_DE ? SIGFPE : SIGSEGV;
}

/*
 * If the build machine is itself a guest, its hypervisor may sometimes execute an
 * instruction in software, and wrongly. The CPU itself always gives the same result, so a
 * run that differs is repeated.
 */
static void compare(const struct insn *insn, const struct regs *before,
		    const struct control_state *ctl)
{
	enum { TRIES = 8 };
	static u8 data[sizeof(shadow)];
	struct regs native, ours = *before;
	struct emulation e = {.ops = &shadow_ops, .ctl = ctl, .regs = &ours};
	u64 flags = COMPARED & ~undefined_flags(insn, before);
	enum guest_result result;
	bool same = false;

	memcpy(data, shadow, sizeof(data));
	result = emulate_insn(&e, insn);
	for (unsigned i = 0; !same && i < TRIES; i++) {
		native = *before;
		memcpy((void *)NATIVE_DATA, data, sizeof(data));
		same = native_run(&native, insn->bytes, insn->length) ==
			       expected_signal(result, &e.fault) &&
		       memcmp(native.gpr, ours.gpr, sizeof(native.gpr)) == 0 &&
		       (native.rflags & flags) == (ours.rflags & flags) &&
		       memcmp((void *)NATIVE_DATA, shadow, sizeof(shadow)) == 0;
	}
	if (!same || ours.rip != before->rip)
		describe(insn, before, &native, &ours);
	assert_in_range(result, GUEST_OK, GUEST_FAULT);
	assert_true(same);
	assert_int_equal(ours.rip, before->rip);
}

static void test_against_native(void **state)
{
	struct control_state ctl = control();
	unsigned counts[INSN_OP_COUNT] = {0};

	(void)state;
	assert_true(native_init());
	for (unsigned i = 0; i < sizeof(shadow); i++)
		shadow[i] = (u8)(random_next() >> 33);
	memcpy((void *)NATIVE_DATA, shadow, sizeof(shadow));
	for (unsigned done = 0; done < INSTANCES;) {
		u8 bytes[INSN_MAX_LENGTH];
		struct insn insn;
		struct regs before, regs;

		if (!random_instruction(bytes, &insn) || !random_registers(bytes, &insn, &before))
			continue;
		regs = before;
		favour_equality(&insn, &before, &regs);
		compare(&insn, &regs, &ctl);
		counts[insn.op]++;
		done++;
	}
	for (unsigned op = INSN_OTHER + 1; op < INSN_INS; op++) {
		if (counts[op] < LEAST_PER_OPERATION)
			print_error("operation %u: %u instances\n", op, counts[op]);
		assert_true(counts[op] >= LEAST_PER_OPERATION);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_native)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
