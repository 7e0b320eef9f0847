/* SPDX-License-Identifier: BSD-2-Clause */
/* Hypercalls: finds the call, checks reserved arguments, stores the result. */
#include "pv/hypercall.h"

#include "core/vcpu.h"
#include "pv/abi.h"

enum { HYPERCALL_ARGUMENTS = 6 };

struct call {
	u32 group;
	u8 arguments; /* how many it takes; the others must be zero */
	s64 (*perform)(struct vcpu *vcpu, const u64 *argument);
};

static s64 call_version(struct vcpu *vcpu, const u64 *argument)
{
	(void)vcpu;
	(void)argument;
	return ASHLAR_ABI_VERSION;
}

static const struct call calls[] = {
	[ASHLAR_CALL_VERSION] = {ASHLAR_GROUP_VERSION, 0, call_version},
};

u32 hypercall_groups(void)
{
	u32 groups = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(calls); i++)
		groups |= calls[i].group;
	return groups;
}

static s64 perform(struct vcpu *vcpu)
{
	static const u8 registers[HYPERCALL_ARGUMENTS] = {RDI, RSI, RDX, R10, R8, R9};
	u64 number = vcpu->regs.gpr[RAX];
	u64 argument[HYPERCALL_ARGUMENTS];

	if (number >= ARRAY_SIZE(calls))
		return ASHLAR_ENOSYS;
	for (unsigned i = 0; i < HYPERCALL_ARGUMENTS; i++) {
		argument[i] = vcpu->regs.gpr[registers[i]];
		if (i >= calls[number].arguments && argument[i])
			return ASHLAR_EINVAL;
	}
	return calls[number].perform(vcpu, argument);
}

enum verdict hypercall(struct vcpu *vcpu)
{
	vcpu->regs.gpr[RAX] = (u64)perform(vcpu);
	return VERDICT_SKIP;
}
