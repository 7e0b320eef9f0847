/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder: lengths are compared with Zydis; operands and short lengths are written by hand. */
/* test-libs: -lZydis -lZycore */
#include "tests/unit/decode_reference.h"
#include "tests/unit/test.h"

enum { RANDOM_INSTANCES = 400000 };

static u64 random_state = 0x5eed5eed5eed5eed;

static u64 random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Bytes weighted towards prefixes and the longer opcode maps. */
static void random_bytes(u8 *bytes, enum insn_mode mode)
{
	static const u8 prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
				      0x66, 0x67, 0xf0, 0xf2, 0xf3};
	static const u8 escapes[][2] = {{0x0f, 0}, {0x0f, 0x38}, {0x0f, 0x3a}, {0xc5, 0},
					{0xc4, 0}, {0x62, 0},	 {0x8f, 0},    {0xff, 0}};
	size_t pos = 0, prefix_count = random_next() % 4;
	unsigned escape = (unsigned)(random_next() % 16);

	for (unsigned i = 0; i < REFERENCE_BYTES; i++)
		bytes[i] = (u8)(random_next() >> 32);
	for (; pos < prefix_count; pos++)
		bytes[pos] = prefixes[random_next() % sizeof(prefixes)];
	if (mode == INSN_64 && random_next() & 1)
		bytes[pos++] = (u8)(0x40 | (random_next() >> 32 & 15));
	if (escape < ARRAY_SIZE(escapes))
		bytes[pos++] = escapes[escape][0];
	if (escape < ARRAY_SIZE(escapes) && escapes[escape][1])
		bytes[pos] = escapes[escape][1];
}

static void test_random_against_zydis(void **state)
{
	static const enum insn_mode modes[] = {INSN_16, INSN_32, INSN_64};
	u8 bytes[REFERENCE_BYTES];

	(void)state;
	for (unsigned i = 0; i < RANDOM_INSTANCES; i++) {
		enum insn_mode mode = modes[i % 3];
		const char *problem;

		random_bytes(bytes, mode);
		problem = compare_with_reference(bytes, mode);
		if (!problem)
			continue;
		for (unsigned b = 0; b < INSN_MAX_LENGTH; b++)
			print_error("%02x ", bytes[b]);
		print_error("in mode %d: %s\n", (int)mode, problem);
		assert_null(problem);
	}
}

/* Tries every opcode of every map, with every ModRM, without prefixes. */
static void test_each_opcode_against_zydis(void **state)
{
	static const enum insn_mode modes[] = {INSN_16, INSN_32, INSN_64};
	static const u8 escapes[][3] = {{0}, {1, 0x0f}, {2, 0x0f, 0x38}};

	(void)state;
	for (unsigned i = 0; i < 3 * 3 * 65536; i++) {
		const u8 *escape = escapes[(i >> 16) % 3];
		u8 bytes[REFERENCE_BYTES] = {0};
		const char *problem;

		memcpy(bytes, escape + 1, escape[0]);
		bytes[escape[0]] = (u8)(i >> 8);
		bytes[escape[0] + 1] = (u8)i;
		problem = compare_with_reference(bytes, modes[i / (3 * 65536)]);
		if (problem)
			print_error("map %u, opcode %02x %02x: %s\n", escape[0], i >> 8 & 0xff,
				    i & 0xff, problem);
		assert_null(problem);
	}
}

struct length_case {
	const char *bytes;
	size_t len;
	enum insn_mode mode;
	enum status status;
	unsigned length;
};

static void test_lengths(void **state)
{
	static const struct length_case cases[] = {
		{"\x90", 1, INSN_64, OK, 1},
		{"\x90", 0, INSN_64, ERR_RANGE, 0},
		{"\x0f", 1, INSN_64, ERR_RANGE, 0},
		{"\x48\xb8\1\2\3\4\5\6\7\x08", 10, INSN_64, OK, 10},
		{"\x48\xb8\1\2\3\4\5\6\7\x08", 9, INSN_64, ERR_RANGE, 0},
		{"\x66\x48\xb8\1\2\3\4\5\6\7\x08", 11, INSN_64, OK, 11},
		{"\x48\x66\xb8\1\2\3\4\5\6\7\x08", 11, INSN_64, OK, 5}, /* REX has no effect */
		{"\xb8\1\2\3\4", 5, INSN_16, OK, 3},
		{"\x66\xb8\1\2\3\4", 6, INSN_16, OK, 6},
		{"\xa1\1\2\3\4\5\6\7\x08", 9, INSN_64, OK, 9},
		{"\x67\xa1\1\2\3\4\5\6\7\x08", 10, INSN_64, OK, 6},
		{"\x9a\1\2\3\4\5\6", 7, INSN_32, OK, 7},
		{"\x9a\1\2\3\4\5\6", 7, INSN_64, ERR_INVALID, 0},
		{"\x8f\xc8", 2, INSN_64, ERR_RANGE, 0},	      /* XOP */
		{"\xf0\x89\x00", 3, INSN_64, ERR_INVALID, 0}, /* LOCK MOV */
		{"\xf0\x01\xc0", 3, INSN_64, ERR_INVALID, 0}, /* LOCK into a register */
		{"\xf0\x01\x00", 3, INSN_64, OK, 3},
		{"\xf0\x38\x00", 3, INSN_64, ERR_INVALID, 0}, /* LOCK CMP */
		{"\xc5\xf8\x28\xc0", 4, INSN_64, OK, 4}, /* VMOVAPS, without and with prefixes */
		{"\x66\xc5\xf8\x28\xc0", 5, INSN_64, ERR_INVALID, 0},
		{"\xf3\xc5\xf8\x28\xc0", 5, INSN_64, ERR_INVALID, 0},
		{"\xf0\xc5\xf8\x28\xc0", 5, INSN_64, ERR_INVALID, 0},
		{"\x48\xc5\xf8\x28\xc0", 5, INSN_64, ERR_INVALID, 0},
		{"\x0f\x38\xce\x00", 4, INSN_64, ERR_INVALID, 0}, /* undefined */
		{"\x0f\x3a\x00\x00\x00", 5, INSN_64, ERR_INVALID, 0},
		{"\x0f\x38\xf0\xc0", 4, INSN_64, ERR_INVALID, 0}, /* MOVBE of registers */
		{"\xe8\1\2\3\4", 5, INSN_32, OK, 5},
		{"\x66\xe8\1\2\3\4", 6, INSN_32, OK, 4},
		{"\x66\xe8\1\2\3\4", 6, INSN_64, OK, 6}, /* as Intel does */
		{"\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90", 15, INSN_64, OK,
		 15},
		{"\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90", 16, INSN_64,
		 ERR_INVALID, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct insn insn = {0};

		assert_int_equal(
			decode_insn((const u8 *)cases[i].bytes, cases[i].len, cases[i].mode, &insn),
			cases[i].status);
		if (cases[i].status == OK)
			assert_int_equal(insn.length, cases[i].length);
	}
}

static struct insn decode(const char *bytes, size_t len, enum insn_mode mode)
{
	struct insn insn;

	assert_int_equal(decode_insn((const u8 *)bytes, len, mode, &insn), OK);
	assert_int_equal(insn.length, len);
	assert_memory_equal(insn.bytes, bytes, len);
	return insn;
}

static void test_memory_operands(void **state)
{
	/* mov %ax,%gs:-8(%r13,%r9,4) */
	struct insn insn = decode("\x65\x66\x43\x89\x44\x8d\xf8", 7, INSN_64);

	(void)state;
	assert_int_equal(insn.op, INSN_MOV);
	assert_int_equal(insn.operand_size, 2);
	assert_int_equal(insn.address_size, 8);
	assert_int_equal(insn.dst.kind, INSN_MEM);
	assert_int_equal(insn.src.kind, INSN_REG);
	assert_int_equal(insn.src.reg, RAX);
	assert_int_equal(insn.mem.segment, SEG_GS);
	assert_int_equal(insn.mem.base, R13);
	assert_int_equal(insn.mem.index, R9);
	assert_int_equal(insn.mem.scale, 4);
	assert_int_equal(insn.mem.displacement, (u64)-8);

	insn = decode("\x8b\x05\x10\x00\x00\x80", 6, INSN_64);
	assert_int_equal(insn.mem.base, INSN_REG_RIP);
	assert_int_equal(insn.mem.segment, SEG_DS);
	assert_int_equal(insn.mem.displacement, 0xffffffff80000010);
	insn = decode("\x8b\x05\x10\x00\x00\x80", 6, INSN_32);
	assert_int_equal(insn.mem.base, INSN_REG_NONE);
	insn = decode("\x8b\x04\x24", 3, INSN_64);
	assert_int_equal(insn.mem.base, RSP);
	assert_int_equal(insn.mem.index, INSN_REG_NONE);
	assert_int_equal(insn.mem.segment, SEG_SS);
	insn = decode("\x8b\x04\x25\x01\x00\x00\x00", 7, INSN_64);
	assert_int_equal(insn.mem.base, INSN_REG_NONE);
	assert_int_equal(insn.mem.segment, SEG_DS);
	/* mov 0x10(%bp,%di),%ax and mov %cs:0x1234,%ax */
	insn = decode("\x8b\x43\x10", 3, INSN_16);
	assert_int_equal(insn.mem.base, RBP);
	assert_int_equal(insn.mem.index, RDI);
	assert_int_equal(insn.mem.segment, SEG_SS);
	insn = decode("\x2e\x8b\x06\x34\x12", 5, INSN_16);
	assert_int_equal(insn.mem.base, INSN_REG_NONE);
	assert_int_equal(insn.mem.segment, SEG_CS);
	assert_int_equal(insn.mem.displacement, 0x1234);
}

static void test_segment_overrides_in_64_bit_mode(void **state)
{
	(void)state;
	assert_int_equal(decode("\x2e\x8b\x00", 3, INSN_64).mem.segment, SEG_DS);
	assert_int_equal(decode("\x64\x2e\x8b\x00", 4, INSN_64).mem.segment, SEG_FS);
	assert_int_equal(decode("\x64\x65\x8b\x00", 4, INSN_64).mem.segment, SEG_GS);
	assert_int_equal(decode("\x64\x2e\x8b\x00", 4, INSN_32).mem.segment, SEG_CS);
}

static void test_byte_registers(void **state)
{
	struct insn insn = decode("\x88\xe0", 2, INSN_64); /* mov %ah,%al */

	(void)state;
	assert_int_equal(insn.src.kind, INSN_REG_HIGH);
	assert_int_equal(insn.src.reg, RAX);
	insn = decode("\x40\x88\xe0", 3, INSN_64); /* mov %spl,%al */
	assert_int_equal(insn.src.kind, INSN_REG);
	assert_int_equal(insn.src.reg, RSP);
	insn = decode("\x0f\xb6\xc7", 3, INSN_64); /* movzbl %bh,%eax */
	assert_int_equal(insn.src.kind, INSN_REG_HIGH);
	assert_int_equal(insn.src.reg, RBX);
	assert_int_equal(insn.source_size, 1);
	assert_int_equal(insn.operand_size, 4);
}

static void test_known_lengths(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum insn_mode mode;
		enum insn_known known;
		unsigned length;
	} cases[] = {
		{"\x0f\xa2", 2, INSN_64, INSN_KNOWN_CPUID, 2},
		{"\x0f\xa2", 1, INSN_64, INSN_KNOWN_CPUID, 0},
		{"\x0f\xa3", 2, INSN_64, INSN_KNOWN_CPUID, 0},
		{"\x66\x48\x0f\xa2", 4, INSN_64, INSN_KNOWN_CPUID, 4},
		{"\x48\x0f\xa2", 3, INSN_32, INSN_KNOWN_CPUID, 0}, /* DEC EAX first */
		{"\x0f\x32", 2, INSN_16, INSN_KNOWN_RDMSR, 2},
		{"\x0f\x30", 2, INSN_32, INSN_KNOWN_WRMSR, 2},
		{"\xf4", 1, INSN_64, INSN_KNOWN_HLT, 1},
		{"\xf3\x90", 2, INSN_64, INSN_KNOWN_PAUSE, 2},
		{"\x90", 1, INSN_64, INSN_KNOWN_PAUSE, 0},
		{"\x0f\x01\xd9", 3, INSN_64, INSN_KNOWN_VMMCALL, 3},
		{"\x0f\x01\xd9", 3, INSN_64, INSN_KNOWN_VMCALL, 0},
		{"\x0f\x01\xd1", 3, INSN_64, INSN_KNOWN_XSETBV, 3},
		{"\xcd\x80", 2, INSN_32, INSN_KNOWN_INT, 2},
		{"\xcd\x80", 1, INSN_32, INSN_KNOWN_INT, 0},
		{"\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\xa2", 16, INSN_64,
		 INSN_KNOWN_CPUID, 0},
		{"\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\xa2", 15, INSN_64,
		 INSN_KNOWN_CPUID, 15},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(decode_known_length((const u8 *)cases[i].bytes, cases[i].len,
						     cases[i].mode, cases[i].known),
				 cases[i].length);
}

static void test_mode(void **state)
{
	struct control_state ctl = {.cr0 = CR0_PE | CR0_PG};

	(void)state;
	assert_int_equal(decode_mode(&ctl), INSN_16);
	ctl.seg[SEG_CS].attr = SEGMENT_DB;
	assert_int_equal(decode_mode(&ctl), INSN_32);
	ctl.seg[SEG_CS].attr = SEGMENT_L;
	assert_int_equal(decode_mode(&ctl), INSN_16);
	ctl.efer = EFER_LMA;
	assert_int_equal(decode_mode(&ctl), INSN_64);
	ctl.seg[SEG_CS].attr = SEGMENT_DB;
	assert_int_equal(decode_mode(&ctl), INSN_32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_against_zydis),
		cmocka_unit_test(test_each_opcode_against_zydis),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_memory_operands),
		cmocka_unit_test(test_segment_overrides_in_64_bit_mode),
		cmocka_unit_test(test_byte_registers),
		cmocka_unit_test(test_known_lengths),
		cmocka_unit_test(test_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
