/* SPDX-License-Identifier: BSD-2-Clause */
/* Hypercalls: finds the call, checks reserved arguments, stores the result. */
#include "pv/hypercall.h"

#include "core/vcpu.h"
#include "pv/abi.h"

enum {
	HYPERCALL_ARGUMENTS = 6,
	VECTOR_FIRST = 32, /* those below are exceptions' */
};

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

static s64 call_pnp_ring(struct vcpu *vcpu, const u64 *argument)
{
	return page_events_ring(vcpu, argument[0], argument[1]);
}

static s64 call_pnp_register(struct vcpu *vcpu, const u64 *argument)
{
	const struct page_teller teller = {
		.on = true,
		.data = argument[0],
		.vector = (u8)argument[1],
		.resolved = (u8)argument[2],
		.flags = (u32)argument[3],
	};

	for (unsigned i = 1; i <= 2; i++)
		if (argument[i] < VECTOR_FIRST || argument[i] > UINT8_MAX)
			return ASHLAR_EINVAL;
	if (argument[3] & ~(u64)ASHLAR_PNP_MACHINE_CHECK)
		return ASHLAR_EINVAL;
	return page_events_register(vcpu, &teller);
}

static s64 call_pnp_unregister(struct vcpu *vcpu, const u64 *argument)
{
	(void)argument;
	page_events_cancel(vcpu);
	return 0;
}

static s64 call_pnp_query(struct vcpu *vcpu, const u64 *argument)
{
	return page_events_query(vcpu, argument[0]);
}

static const struct call calls[] = {
	[ASHLAR_CALL_VERSION] = {ASHLAR_GROUP_VERSION, 0, call_version},
	[ASHLAR_CALL_PNP_RING] = {ASHLAR_GROUP_PAGE_NOT_PRESENT, 2, call_pnp_ring},
	[ASHLAR_CALL_PNP_REGISTER] = {ASHLAR_GROUP_PAGE_NOT_PRESENT, 4, call_pnp_register},
	[ASHLAR_CALL_PNP_UNREGISTER] = {ASHLAR_GROUP_PAGE_NOT_PRESENT, 0, call_pnp_unregister},
	[ASHLAR_CALL_PNP_QUERY] = {ASHLAR_GROUP_PAGE_NOT_PRESENT, 1, call_pnp_query},
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

	if (number >= ARRAY_SIZE(calls) || !calls[number].perform)
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
