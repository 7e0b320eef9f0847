/* SPDX-License-Identifier: BSD-2-Clause */
/* Hypercalls: finds the call, checks reserved arguments, stores the result. */
#include "core/guest/hypercall.h"

#include "core/guest/vcpu.h"
#include "core/guest/vm.h"
#include "pv/abi.h"

enum {
	HYPERCALL_ARGUMENTS = 6,
	VECTOR_FIRST = 32, /* lower vectors are exceptions */
};

struct call {
	u32 group;
	u8 arguments; /* how many the call has; the other registers must be zero */
	s64 (*perform)(struct vcpu *vcpu, const u64 *argument);
};

static s64 call_version(struct vcpu *vcpu, const u64 *argument)
{
	(void)vcpu;
	(void)argument;
	return ASHLAR_ABI_VERSION;
}

static bool is_vector(u64 vector)
{
	return vector >= VECTOR_FIRST && vector <= UINT8_MAX;
}

/*
 * True if [gpa, gpa + size) lies in one page of RAM, which is present on return, and gpa is
 * aligned to 8.
 */
static bool is_place(const struct vcpu *vcpu, u64 gpa, u64 size)
{
	struct guest_place place;

	return is_aligned(gpa, sizeof(u64)) && size <= PAGE_SIZE - (gpa & (PAGE_SIZE - 1)) &&
	       memory_is_ram(&vcpu->vm->memory, gpa, size) &&
	       vcpu_memory_find(vcpu->vm, gpa_make(gpa), &place);
}

/* Checks a ring of size events of so many bytes each; size 0 stands for no ring. */
static s64 check_ring(const struct vcpu *vcpu, u64 gpa, u64 size, u64 bytes)
{
	if (size == 0)
		return gpa == 0 ? 0 : ASHLAR_EINVAL;
	if (!pnp_size_valid(size))
		return ASHLAR_EINVAL;
	return is_place(vcpu, gpa, 2 * sizeof(u32) + size * bytes) ? 0 : ASHLAR_EFAULT;
}

static s64 call_pnp_ring(struct vcpu *vcpu, const u64 *argument)
{
	s64 result = check_ring(vcpu, argument[0], argument[1],
				sizeof(struct page_not_present_resolution));

	if (result == 0)
		page_events_set_ring(vcpu, argument[0], (u32)argument[1]);
	return result;
}

static s64 call_pnp_register(struct vcpu *vcpu, const u64 *argument)
{
	const struct page_registration registration = {
		.on = true,
		.data = argument[0],
		.vector = (u8)argument[1],
		.resolved = (u8)argument[2],
		.flags = (u32)argument[3],
	};

	if (!is_vector(argument[1]) || !is_vector(argument[2]) ||
	    argument[3] & ~(u64)ASHLAR_PNP_MACHINE_CHECK)
		return ASHLAR_EINVAL;
	if (!is_place(vcpu, registration.data, sizeof(struct page_not_present_data)))
		return ASHLAR_EFAULT;
	return page_events_register(vcpu, &registration);
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

static s64 call_pager_ring(struct vcpu *vcpu, const u64 *argument)
{
	s64 result;

	if (argument[1] ? !is_vector(argument[2]) : argument[2] != 0)
		return ASHLAR_EINVAL;
	result = check_ring(vcpu, argument[0], argument[1], sizeof(struct page_wanted));
	return result ? result
		      : pager_set_ring(vcpu, argument[0], (u32)argument[1], (u8)argument[2]);
}

static s64 call_pager_give(struct vcpu *vcpu, const u64 *argument)
{
	return pager_give(vcpu, argument[0], argument[1], argument[2]);
}

static s64 call_pager_fail(struct vcpu *vcpu, const u64 *argument)
{
	return pager_fail(vcpu, argument[0], argument[1]);
}

static const struct call calls[] = {
	[ASHLAR_CALL_VERSION] = {ASHLAR_GROUP_VERSION, 0, call_version},
	[ASHLAR_CALL_PNP_RING] = {ASHLAR_GROUP_PAGE_NOT_PRESENT, 2, call_pnp_ring},
	[ASHLAR_CALL_PNP_REGISTER] = {ASHLAR_GROUP_PAGE_NOT_PRESENT, 4, call_pnp_register},
	[ASHLAR_CALL_PNP_UNREGISTER] = {ASHLAR_GROUP_PAGE_NOT_PRESENT, 0, call_pnp_unregister},
	[ASHLAR_CALL_PNP_QUERY] = {ASHLAR_GROUP_PAGE_NOT_PRESENT, 1, call_pnp_query},
	[ASHLAR_CALL_PAGER_RING] = {ASHLAR_GROUP_PAGER, 3, call_pager_ring},
	[ASHLAR_CALL_PAGER_GIVE] = {ASHLAR_GROUP_PAGER, 3, call_pager_give},
	[ASHLAR_CALL_PAGER_FAIL] = {ASHLAR_GROUP_PAGER, 2, call_pager_fail},
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
	s64 result = perform(vcpu);

	/* An argument is in an absent page: the guest makes the call again when the page is
	 * present. */
	if (result == ASHLAR_EFAULT && vcpu->wait.active)
		return VERDICT_RESUME;
	vcpu->regs.gpr[RAX] = (u64)result;
	return VERDICT_SKIP;
}
