/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small machine for the executor's hand-written tests: flat memory, segments, one bad
 * address, ports.
 */
#pragma once

#include <string.h>

#include "core/insn/emulate.h"
#include "tests/unit/test.h"

enum {
	MEMORY_SIZE = 0x20000,
	DATA_ATTR = SEGMENT_P | SEGMENT_S | SEGMENT_WRITABLE,
	CODE_ATTR = SEGMENT_P | SEGMENT_S | SEGMENT_CODE | SEGMENT_WRITABLE,
	IN_VALUE = 0x11223344,
};

/* A machine with flat memory from linear address 0, one bad address and one port. */
static struct {
	u8 memory[MEMORY_SIZE];
	struct regs regs;
	struct control_state ctl;
	struct emulation e;
	u64 bad_linear; /* an access to it is a page fault */
	bool compete;	/* another CPU changes the value after the read of a LOCKed instruction */
	unsigned reads, writes, exchanges, ins, outs;
	unsigned last_access;
	u16 last_port;
	unsigned last_port_size;
	u32 last_out;
} m;

static enum guest_result check(u64 linear, unsigned size, unsigned access,
			       struct guest_fault *fault)
{
	m.last_access = access;
	if (linear > m.bad_linear || linear + size <= m.bad_linear) {
		assert_true(linear + size <= MEMORY_SIZE);
		return GUEST_OK;
	}
	*fault = (struct guest_fault){EXC_PF, true, PF_WRITE, linear};
	return GUEST_FAULT;
}

static enum guest_result memory_read(void *ctx, u64 linear, unsigned size, unsigned access,
				     void *buf, struct guest_fault *fault)
{
	enum guest_result result = check(linear, size, access, fault);

	assert_ptr_equal(ctx, &m);
	m.reads++;
	if (result == GUEST_OK)
		memcpy(buf, m.memory + linear, size);
	return result;
}

static enum guest_result memory_write(void *ctx, u64 linear, unsigned size, unsigned access,
				      const void *buf, struct guest_fault *fault)
{
	enum guest_result result = check(linear, size, access, fault);

	assert_ptr_equal(ctx, &m);
	m.writes++;
	if (result == GUEST_OK)
		memcpy(m.memory + linear, buf, size);
	return result;
}

static enum guest_result memory_cmpxchg(void *ctx, u64 linear, unsigned size, unsigned access,
					const void *expected, const void *desired,
					struct guest_fault *fault)
{
	enum guest_result result = check(linear, size, access, fault);

	assert_ptr_equal(ctx, &m);
	m.exchanges++;
	if (result != GUEST_OK)
		return result;
	assert_memory_equal(m.memory + linear, expected, size);
	if (m.compete)
		return GUEST_RETRY;
	memcpy(m.memory + linear, desired, size);
	return GUEST_OK;
}

static enum guest_result port_in(void *ctx, u16 port, unsigned size, u32 *value)
{
	assert_ptr_equal(ctx, &m);
	m.ins++;
	m.last_port = port;
	m.last_port_size = size;
	*value = IN_VALUE;
	return GUEST_OK;
}

static enum guest_result port_out(void *ctx, u16 port, unsigned size, u32 value)
{
	assert_ptr_equal(ctx, &m);
	m.outs++;
	m.last_port = port;
	m.last_port_size = size;
	m.last_out = value;
	return GUEST_OK;
}

static const struct emulate_ops ops = {memory_read, memory_write, memory_cmpxchg, port_in,
				       port_out};

/* Flat segments, paging off. 16-bit mode is real mode with bases of 0. */
static void machine(enum insn_mode mode)
{
	memset(&m, 0, sizeof(m));
	m.bad_linear = UINT64_MAX;
	m.regs.rflags = RFLAGS_FIXED;
	m.ctl.cr0 = mode == INSN_16 ? 0 : CR0_PE;
	m.ctl.efer = mode == INSN_64 ? EFER_LMA : 0;
	for (unsigned i = 0; i < SEG_COUNT; i++)
		m.ctl.seg[i] = (struct segment){
			.attr = (u16)(DATA_ATTR | (mode == INSN_16 ? 0 : SEGMENT_DB)),
			.limit = mode == INSN_16 ? UINT16_MAX : UINT32_MAX};
	m.ctl.seg[SEG_CS].attr = (u16)(mode == INSN_16	 ? CODE_ATTR
				       : mode == INSN_32 ? CODE_ATTR | SEGMENT_DB
							 : CODE_ATTR | SEGMENT_L);
	m.e = (struct emulation){.ops = &ops, .ctx = &m, .ctl = &m.ctl, .regs = &m.regs};
}

static enum guest_result run(const char *bytes, size_t len)
{
	struct insn insn;

	assert_int_equal(decode_insn((const u8 *)bytes, len, decode_mode(&m.ctl), &insn), OK);
	assert_int_equal(insn.length, len);
	return emulate_insn(&m.e, &insn);
}

static u64 peek(u64 linear, unsigned size)
{
	u64 value = 0;

	memcpy(&value, m.memory + linear, size);
	return value;
}

static void poke(u64 linear, u64 value, unsigned size)
{
	memcpy(m.memory + linear, &value, size);
}

static void assert_fault(enum guest_result result, enum exception vector)
{
	assert_int_equal(result, GUEST_FAULT);
	assert_int_equal(m.e.fault.vector, vector);
	assert_int_equal(m.e.fault.error, 0);
	assert_int_equal(m.e.fault.has_error, vector != EXC_DE);
	assert_int_equal(m.reads + m.writes + m.exchanges, 0);
}
