/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The executor's cases that the build machine cannot execute: 16- and 32-bit code,
 * segments, ports, faults, interrupted repetitions.
 */
#include "core/insn/operand.h"
#include "tests/unit/emulate_machine.h"

static void test_real_mode_addresses(void **state)
{
	(void)state;
	machine(INSN_16);
	m.ctl.seg[SEG_DS].base = 0x1000;
	m.ctl.seg[SEG_SS].base = 0x2000;
	m.regs.gpr[RAX] = 0xdead1234;
	m.regs.gpr[RBX] = 0xffff0010;
	m.regs.gpr[RSI] = 0xfff8; /* 16-bit sums wrap */
	m.regs.gpr[RBP] = 0x20;
	assert_int_equal(run("\x89\x00", 2), GUEST_OK); /* mov %ax,(%bx,%si) */
	assert_int_equal(peek(0x1008, 4), 0x1234);
	assert_int_equal(run("\x66\x89\x46\xfe", 4), GUEST_OK); /* mov %eax,-2(%bp): SS */
	assert_int_equal(peek(0x201e, 8), 0xdead1234);
	assert_int_equal(run("\x3e\x89\x46\x00", 4), GUEST_OK); /* mov %ax,%ds:(%bp) */
	assert_int_equal(peek(0x1020, 4), 0x1234);
}

static void test_limits(void **state)
{
	(void)state;
	machine(INSN_16);
	m.regs.gpr[RBX] = 0xffff;
	assert_fault(run("\x8b\x07", 2), EXC_GP); /* mov (%bx),%ax beyond 64 KiB */
	m.regs.gpr[RBP] = 0xffff;
	assert_fault(run("\x8b\x46\x00", 3), EXC_SS);
	assert_int_equal(run("\x8a\x07", 2), GUEST_OK); /* one byte fits */

	machine(INSN_32);
	m.ctl.seg[SEG_DS].limit = 0xfff;
	m.regs.gpr[RBX] = 0xffd;
	assert_fault(run("\x8b\x03", 2), EXC_GP);
	m.regs.gpr[RBX] = 0xffc;
	assert_int_equal(run("\x8b\x03", 2), GUEST_OK);
	machine(INSN_32);
	m.ctl.seg[SEG_DS].limit = 0xfff;
	m.ctl.seg[SEG_DS].attr |= SEGMENT_EXPAND_DOWN;
	m.regs.gpr[RBX] = 0xfff;
	assert_fault(run("\x8b\x03", 2), EXC_GP);
	m.regs.gpr[RBX] = 0x1000;
	assert_int_equal(run("\x8b\x03", 2), GUEST_OK);
}

static void test_segment_types(void **state)
{
	(void)state;
	machine(INSN_32);
	m.ctl.seg[SEG_DS].attr &= (u16)~SEGMENT_WRITABLE;
	assert_fault(run("\x89\x03", 2), EXC_GP);
	assert_int_equal(run("\x8b\x03", 2), GUEST_OK);
	machine(INSN_32);
	assert_fault(run("\x2e\x89\x03", 3), EXC_GP); /* into code */
	assert_int_equal(run("\x2e\x8b\x03", 3), GUEST_OK);
	machine(INSN_32);
	m.ctl.seg[SEG_CS].attr &= (u16)~SEGMENT_WRITABLE; /* execute only */
	assert_fault(run("\x2e\x8b\x03", 3), EXC_GP);
	machine(INSN_32);
	m.ctl.seg[SEG_ES].attr = 0; /* null selector */
	assert_fault(run("\x26\x8b\x03", 3), EXC_GP);
	machine(INSN_16);
	m.ctl.seg[SEG_DS].attr = 0; /* rights have no effect in real mode */
	assert_int_equal(run("\x89\x07", 2), GUEST_OK);
}

static void test_long_mode_addresses(void **state)
{
	(void)state;
	machine(INSN_64);
	m.ctl.seg[SEG_DS].base = 0x5000; /* ignored in 64-bit mode */
	m.ctl.seg[SEG_DS].limit = 0;
	m.ctl.seg[SEG_FS].base = 0x1000;
	m.regs.gpr[RBX] = 0x20;
	m.regs.gpr[RAX] = 0x77;
	assert_int_equal(run("\x88\x03", 2), GUEST_OK);
	assert_int_equal(m.memory[0x20], 0x77);
	assert_int_equal(run("\x64\x88\x03", 3), GUEST_OK);
	assert_int_equal(m.memory[0x1020], 0x77);
	machine(INSN_64);
	m.regs.gpr[RBX] = 0x800000000000;
	assert_fault(run("\x88\x03", 2), EXC_GP);
	m.regs.gpr[RBP] = 0x800000000000;
	assert_fault(run("\x88\x45\x00", 3), EXC_SS);
	m.regs.gpr[RBX] = 0x7ffffffffffd;
	assert_fault(run("\x89\x03", 2), EXC_GP); /* the last byte is not canonical */
}

static void test_linear_with_five_levels(void **state)
{
	struct guest_fault fault;
	u64 linear;

	(void)state;
	machine(INSN_64);
	m.ctl.cr4 = CR4_LA57;
	assert_int_equal(
		operand_linear(&m.ctl, 0, SEG_DS, 0x800000000000, 8, GUEST_READ, &linear, &fault),
		GUEST_OK);
	assert_int_equal(linear, 0x800000000000);
	assert_int_equal(operand_linear(&m.ctl, 0, SEG_DS, 0x100000000000000, 8, GUEST_READ,
					&linear, &fault),
			 GUEST_FAULT);
}

static void test_alignment_check(void **state)
{
	(void)state;
	machine(INSN_64);
	m.ctl.cr0 |= CR0_AM;
	m.regs.rflags |= RFLAGS_AC;
	m.regs.gpr[RBX] = 0x101;
	assert_int_equal(run("\x8b\x03", 2), GUEST_OK); /* supervisor */
	machine(INSN_64);
	m.ctl.cr0 |= CR0_AM;
	m.ctl.cpl = 3;
	m.regs.rflags |= RFLAGS_AC;
	m.regs.gpr[RBX] = 0x101;
	assert_fault(run("\x8b\x03", 2), EXC_AC);
	m.regs.gpr[RBX] = 0x100;
	assert_int_equal(run("\x8b\x03", 2), GUEST_OK);
	assert_int_equal(m.last_access, GUEST_READ | GUEST_USER);
}

static void test_access_kinds(void **state)
{
	(void)state;
	machine(INSN_64);
	m.bad_linear = 0x100;
	m.regs.gpr[RBX] = 0x100;
	assert_int_equal(run("\x01\x03", 2), GUEST_FAULT); /* add: reads with intent to write */
	assert_int_equal(m.last_access, GUEST_WRITE);
	assert_int_equal(run("\x39\x03", 2), GUEST_FAULT); /* cmp */
	assert_int_equal(m.last_access, GUEST_READ);
	assert_int_equal(m.e.fault.vector, EXC_PF);
	assert_int_equal(m.e.fault.cr2, 0x100);
}

static void test_faults_change_nothing(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{"\x11\x03", 2},	 /* adc %eax,(%rbx) */
		{"\x8f\x03", 2},	 /* pop (%rbx) */
		{"\xff\x33", 2},	 /* push (%rbx) */
		{"\xf3\xa4", 2},	 /* rep movsb */
		{"\xa4", 1},		 /* movsb */
		{"\x87\x03", 2},	 /* xchg %eax,(%rbx) */
		{"\x0f\xc1\x03", 3},	 /* xadd */
		{"\xf0\x0f\xc7\x0b", 4}, /* lock cmpxchg8b */
		{"\xf7\x23", 2},	 /* mul */
		{"\x6c", 1},		 /* insb */
		{"\x0f\xab\x03", 3},	 /* bts */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct regs before;

		machine(INSN_64);
		m.regs.gpr[RBX] = m.regs.gpr[RDI] = m.bad_linear = 0x500;
		m.regs.gpr[RSP] = m.regs.gpr[RSI] = 0x800;
		m.regs.gpr[RCX] = 3;
		before = m.regs;
		assert_int_equal(run(cases[i].bytes, cases[i].len), GUEST_FAULT);
		assert_memory_equal(&before, &m.regs, sizeof(before));
		assert_int_equal(m.ins, 0);
	}
}

static void test_lock(void **state)
{
	(void)state;
	machine(INSN_64);
	m.regs.gpr[RBX] = 0x100;
	m.regs.gpr[RAX] = 5;
	poke(0x100, 7, 4);
	assert_int_equal(run("\xf0\x01\x03", 3), GUEST_OK);
	assert_int_equal(peek(0x100, 8), 12);
	assert_int_equal(m.exchanges, 1);
	assert_int_equal(m.writes, 0);
	m.compete = true;
	assert_int_equal(run("\x87\x03", 2), GUEST_RETRY); /* XCHG locks by itself */
	assert_int_equal(m.regs.gpr[RAX], 5);
	assert_int_equal(peek(0x100, 8), 12);
}

static void test_divide_error(void **state)
{
	(void)state;
	machine(INSN_32);
	assert_fault(run("\xf7\xf1", 2), EXC_DE); /* by zero */
	m.regs.gpr[RAX] = 0x4000;
	m.regs.gpr[RCX] = 0x80;
	assert_int_equal(run("\xf6\xf9", 2), GUEST_OK); /* idiv %cl: 16384 / -128 */
	assert_int_equal(m.regs.gpr[RAX], 0x80);
	m.regs.gpr[RAX] = 0xc000;
	assert_fault(run("\xf6\xf9", 2), EXC_DE); /* -16384 / -128 is 128: too large */
}

static void test_failed_compare_exchange(void **state)
{
	(void)state;
	machine(INSN_64);
	m.regs.gpr[RBX] = 0x100;
	m.regs.gpr[RAX] = 5;
	poke(0x100, 7, 4);
	assert_int_equal(run("\x0f\xb1\x13", 3), GUEST_OK); /* cmpxchg %edx,(%rbx) */
	assert_int_equal(m.regs.gpr[RAX], 7);
	assert_int_equal(peek(0x100, 4), 7);
	assert_int_equal(m.writes, 1); /* the old value, written back */
}

static void test_linear_addresses_wrap_at_4_gib(void **state)
{
	(void)state;
	machine(INSN_32);
	m.ctl.seg[SEG_DS].base = 0xfffff000;
	m.regs.gpr[RBX] = 0x1800;
	m.regs.gpr[RAX] = 0x99;
	assert_int_equal(run("\x88\x03", 2), GUEST_OK);
	assert_int_equal(m.memory[0x800], 0x99);
}

static void test_stack_widths(void **state)
{
	(void)state;
	machine(INSN_16);
	m.ctl.seg[SEG_SS].base = 0x10000;
	m.regs.gpr[RSP] = 0xabcd0000; /* SP wraps, the rest stays */
	m.regs.gpr[RBX] = 0x100;
	poke(0x100, 0x1234, 2);
	assert_int_equal(run("\xff\x37", 2), GUEST_OK); /* push (%bx) */
	assert_int_equal(m.regs.gpr[RSP], 0xabcdfffe);
	assert_int_equal(peek(0x1fffe, 2), 0x1234);
	machine(INSN_32);
	m.regs.gpr[RSP] = 0x200;
	poke(0x200, 0x55667788, 4);
	assert_int_equal(run("\x8f\x04\x24", 3), GUEST_OK); /* pop (%esp): after it has moved */
	assert_int_equal(peek(0x204, 4), 0x55667788);
	assert_int_equal(m.regs.gpr[RSP], 0x204);
}

static void test_ports(void **state)
{
	(void)state;
	machine(INSN_64);
	m.regs.gpr[RAX] = ~0ULL;
	m.regs.gpr[RDX] = 0xffff0cf8;
	assert_int_equal(run("\xec", 1), GUEST_OK); /* in %dx,%al */
	assert_int_equal(m.regs.gpr[RAX], 0xffffffffffffff44);
	assert_int_equal(m.last_port, 0xcf8);
	assert_int_equal(run("\x66\xed", 2), GUEST_OK);
	assert_int_equal(m.regs.gpr[RAX], 0xffffffffffff3344);
	assert_int_equal(run("\x48\xed", 2), GUEST_OK); /* REX.W has no effect */
	assert_int_equal(m.regs.gpr[RAX], IN_VALUE);
	assert_int_equal(m.last_port_size, 4);
	assert_int_equal(run("\xe6\xf4", 2), GUEST_OK); /* out %al,$0xf4 */
	assert_int_equal(m.last_port, 0xf4);
	assert_int_equal(m.last_port_size, 1);
	assert_int_equal(m.last_out, 0x44);
}

static void test_string_ports(void **state)
{
	(void)state;
	machine(INSN_32);
	m.ctl.seg[SEG_ES].base = 0x1000;
	m.regs.gpr[RDI] = 0x10;
	m.regs.gpr[RCX] = 3;
	m.regs.gpr[RDX] = 0x1f0;
	assert_int_equal(run("\xf3\x66\x6d", 3), GUEST_OK); /* rep insw */
	assert_int_equal(m.ins, 3);
	assert_int_equal(peek(0x1010, 8), 0x334433443344);
	assert_int_equal(m.regs.gpr[RDI], 0x16);
	assert_int_equal(m.regs.gpr[RCX], 0);
	m.regs.gpr[RSI] = 0x1012;
	m.regs.rflags |= RFLAGS_DF;
	assert_int_equal(run("\x6e", 1), GUEST_OK); /* outsb */
	assert_int_equal(m.last_out, 0x44);
	assert_int_equal(m.regs.gpr[RSI], 0x1011);
}

static void test_repeat_is_bounded(void **state)
{
	(void)state;
	machine(INSN_64);
	m.regs.gpr[RCX] = EMULATE_CHUNK + 2;
	m.regs.gpr[RDI] = 0x1000;
	m.regs.gpr[RAX] = 0xee;
	m.regs.rip = 0x4000;
	assert_int_equal(run("\xf3\xaa", 2), GUEST_PARTIAL);
	assert_int_equal(m.writes, EMULATE_CHUNK);
	assert_int_equal(m.regs.gpr[RCX], 2);
	assert_int_equal(m.regs.gpr[RDI], 0x1000 + EMULATE_CHUNK);
	assert_int_equal(m.regs.rip, 0x4000);
	assert_int_equal(run("\xf3\xaa", 2), GUEST_OK);
	assert_int_equal(m.regs.gpr[RCX], 0);
	assert_int_equal(run("\xf3\xaa", 2), GUEST_OK); /* a count of 0 does nothing */
	assert_int_equal(m.writes, EMULATE_CHUNK + 2);
}

static void test_repeat_single_steps(void **state)
{
	(void)state;
	machine(INSN_64);
	m.regs.gpr[RCX] = 2;
	m.regs.rflags |= RFLAGS_TF;
	assert_int_equal(run("\xf3\xaa", 2), GUEST_PARTIAL);
	assert_int_equal(m.regs.gpr[RCX], 1);
	assert_int_equal(run("\xf3\xaa", 2), GUEST_OK);
}

static void test_repeat_until_fault(void **state)
{
	(void)state;
	machine(INSN_64);
	m.regs.gpr[RCX] = 10;
	m.regs.gpr[RDI] = 0x1000;
	m.bad_linear = 0x1003;
	assert_int_equal(run("\xf3\xaa", 2), GUEST_PARTIAL);
	assert_int_equal(m.regs.gpr[RCX], 7);
	assert_int_equal(m.regs.gpr[RDI], 0x1003);
	assert_int_equal(run("\xf3\xaa", 2), GUEST_FAULT);
	assert_int_equal(m.regs.gpr[RCX], 7);
	assert_int_equal(m.e.fault.cr2, 0x1003);
}

static void test_string_address_sizes(void **state)
{
	(void)state;
	machine(INSN_16);
	m.regs.gpr[RCX] = 0xaaaa0001;
	m.regs.gpr[RDI] = 0xbbbbffff;
	m.regs.gpr[RSI] = 0xcccc0010;
	assert_int_equal(run("\xf3\xa4", 2), GUEST_OK); /* SI, DI, CX only */
	assert_int_equal(m.regs.gpr[RCX], 0xaaaa0000);
	assert_int_equal(m.regs.gpr[RDI], 0xbbbb0000);
	assert_int_equal(m.regs.gpr[RSI], 0xcccc0011);
}

static void test_bit_offsets_wrap_in_16_bits(void **state)
{
	(void)state;
	machine(INSN_16);
	m.regs.gpr[RAX] = 0xffff; /* -1: the word before */
	m.regs.gpr[RBX] = 0x100;
	assert_int_equal(run("\x0f\xab\x07", 3), GUEST_OK); /* bts %ax,(%bx) */
	assert_int_equal(peek(0xfe, 4), 0x8000);
}

static void test_unsupported(void **state)
{
	(void)state;
	machine(INSN_64);
	assert_int_equal(run("\x0f\x28\x03", 3), GUEST_FAILED); /* movaps (%rbx),%xmm0 */
	assert_int_equal(m.e.error.status, ERR_UNSUPPORTED);
	assert_non_null(strstr(m.e.error.text, "0f2803"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_mode_addresses),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_segment_types),
		cmocka_unit_test(test_long_mode_addresses),
		cmocka_unit_test(test_linear_with_five_levels),
		cmocka_unit_test(test_alignment_check),
		cmocka_unit_test(test_access_kinds),
		cmocka_unit_test(test_faults_change_nothing),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_divide_error),
		cmocka_unit_test(test_failed_compare_exchange),
		cmocka_unit_test(test_linear_addresses_wrap_at_4_gib),
		cmocka_unit_test(test_stack_widths),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_string_ports),
		cmocka_unit_test(test_repeat_is_bounded),
		cmocka_unit_test(test_repeat_single_steps),
		cmocka_unit_test(test_repeat_until_fault),
		cmocka_unit_test(test_string_address_sizes),
		cmocka_unit_test(test_bit_offsets_wrap_in_16_bits),
		cmocka_unit_test(test_unsupported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
