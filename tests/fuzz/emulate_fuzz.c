/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any instruction over any state: the executor keeps its promises about sizes, privilege,
 * faults, the number of accesses, and RIP.
 */
#include <stdlib.h>
#include <string.h>

#include "core/insn/emulate.h"

/* The fuzzer's choices. The instruction follows. */
struct input {
	struct regs regs;
	struct control_state ctl;
	u8 fail_after; /* number of accesses that succeed; each later one faults or requests a retry
			*/
	u8 data;       /* the contents of memory and ports */
};

struct machine {
	const struct input *in;
	unsigned accesses;
};

static void require(bool good)
{
	if (!good)
		abort();
}

static enum guest_result access_memory(struct machine *m, u64 linear, unsigned size,
				       unsigned access, struct guest_fault *fault)
{
	require(size == 1 || size == 2 || size == 4 || size == 8 || size == 16);
	require(!(access & GUEST_USER) == (m->in->ctl.cpl != 3));
	require(!(access & (GUEST_FETCH | GUEST_IMPLICIT)));
	require(decode_mode(&m->in->ctl) == INSN_64 || linear <= UINT32_MAX);
	if (m->accesses++ < m->in->fail_after)
		return GUEST_OK;
	*fault = (struct guest_fault){EXC_PF, true, 0, linear};
	return m->in->fail_after & 1 ? GUEST_RETRY : GUEST_FAULT;
}

static enum guest_result memory_read(void *ctx, u64 linear, unsigned size, unsigned access,
				     void *buf, struct guest_fault *fault)
{
	struct machine *m = ctx;

	memset(buf, m->in->data, size);
	return access_memory(m, linear, size, access, fault);
}

static enum guest_result memory_write(void *ctx, u64 linear, unsigned size, unsigned access,
				      const void *buf, struct guest_fault *fault)
{
	u8 copy[8];

	require(access & GUEST_WRITE && size <= sizeof(copy));
	memcpy(copy, buf, size);
	return access_memory(ctx, linear, size, access, fault);
}

static enum guest_result memory_cmpxchg(void *ctx, u64 linear, unsigned size, unsigned access,
					const void *expected, const void *desired,
					struct guest_fault *fault)
{
	struct machine *m = ctx;
	u8 copy[16];

	require(access & GUEST_WRITE);
	memcpy(copy, desired, size);
	memset(copy, m->in->data, size);
	require(memcmp(copy, expected, size) == 0);
	return access_memory(m, linear, size, access, fault);
}

static enum guest_result port_in(void *ctx, u16 port, unsigned size, u32 *value)
{
	struct machine *m = ctx;

	(void)port;
	require(size == 1 || size == 2 || size == 4);
	*value = m->in->data;
	return GUEST_OK;
}

static enum guest_result port_out(void *ctx, u16 port, unsigned size, u32 value)
{
	(void)ctx, (void)port;
	require(size == 1 || size == 2 || size == 4);
	require(size == 4 || value >> 8 * size == 0);
	return GUEST_OK;
}

static const struct emulate_ops ops = {memory_read, memory_write, memory_cmpxchg, port_in,
				       port_out};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in;
	struct machine m = {.in = &in};
	struct regs regs;
	struct insn insn;
	struct emulation e = {.ops = &ops, .ctx = &m, .ctl = &in.ctl, .regs = &regs};
	enum guest_result result;

	if (size < sizeof(in))
		return 0;
	memcpy(&in, data, sizeof(in));
	regs = in.regs;
	if (decode_insn(data + sizeof(in), size - sizeof(in), decode_mode(&in.ctl), &insn) != OK)
		return 0;
	result = emulate_insn(&e, &insn);
	require(regs.rip == in.regs.rip);
	require(m.accesses <= 2 * EMULATE_CHUNK);
	require((regs.rflags ^ in.regs.rflags) < RFLAGS_OF << 1);
	if (result == GUEST_FAULT || result == GUEST_RETRY || result == GUEST_FAILED)
		require(memcmp(&regs, &in.regs, sizeof(regs)) == 0);
	if (result == GUEST_PARTIAL)
		require(regs.gpr[RCX] != in.regs.gpr[RCX]);
	return 0;
}
