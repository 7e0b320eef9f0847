/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory types of a guest, by its policy. */
#include "core/guest_memtype.h"

#include "core/vcpu_trace.h"
#include "core/vm.h"
#include "mm/retype.h"

u64 guest_memtype_pat(const struct vm *vm, u64 pat)
{
	return vm->config->memtype == VM_MEMTYPE_WB ? PAT_ALL_WB : pat;
}

bool guest_memtype_exact(const struct vm *vm)
{
	return vm->config->memtype == VM_MEMTYPE_MTRR;
}

void guest_memtype_init(struct vm *vm)
{
	msr_reset(&vm->typed_by);
	msr_set_firmware(&vm->typed_by, &vm->cpuid->model, &vm->map);
}

void guest_memtype_written(struct vcpu *vcpu)
{
	if (!guest_memtype_exact(vcpu->vm) || vcpu->id != 0)
		return;
	vcpu->retype = true;
	vcpu_reconsider(vcpu);
}

static enum memtype type_at(const struct vm *vm, u64 gpa, u64 *end)
{
	struct mtrrs mtrrs;

	*end = UINT64_MAX;
	if (!guest_memtype_exact(vm))
		return MEMTYPE_WB;
	msr_mtrrs(&vm->typed_by, &vm->cpuid->model, &mtrrs);
	return memtype_of_mtrrs(&mtrrs, gpa, end);
}

/* Where the format cannot ignore the guest's PAT the backend gives the guest another. */
struct pt_leaf guest_memtype_leaf(const struct vm *vm, u64 gpa)
{
	u64 end;

	return (struct pt_leaf){
		.perms = PT_READ | PT_WRITE | PT_EXEC,
		.type = (u8)type_at(vm, gpa, &end),
		.ignore_pat = vm->config->memtype == VM_MEMTYPE_WB && vm->nested.format->ignore_pat,
	};
}

bool guest_memtype_is_one(const struct vm *vm, u64 gpa, u64 size)
{
	u64 end;

	(void)type_at(vm, gpa, &end);
	return end - gpa >= size;
}

/* In steps, between which others have this CPU, and the lock. */
static enum status retype_range(struct vcpu *vcpu, const struct guest_range *range,
				const struct msr_state *typed_by)
{
	const struct pt_range pages = {range->base, range->size};
	struct vm *vm = vcpu->vm;
	struct mtrrs old, new;
	enum status status = OK;

	msr_mtrrs(typed_by, &vm->cpuid->model, &old);
	msr_mtrrs(&vm->typed_by, &vm->cpuid->model, &new);
	for (u64 at = range->base; status == OK && at < range->base + range->size;) {
		guest_memory_lock(vm);
		status = retype(&vm->nested, pages, &old, &new, &at);
		guest_memory_unlock(vm);
		vcpu_give_way(vcpu, sched_yield);
	}
	return status;
}

/* What is given meanwhile has the new types, which the retyping leaves as they are. */
void guest_memtype_follow(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	const struct msr_state typed_by = vm->typed_by;
	enum status status = OK;

	vcpu->retype = false;
	guest_memory_lock(vm);
	vm->typed_by = *vcpu->msr;
	guest_memory_unlock(vm);
	for (u32 i = 0; status == OK && i < vm->map.backing_count; i++)
		status = retype_range(vcpu, &vm->map.backing[i], &typed_by);
	if (status != OK)
		vm_stop(vm, VM_END_CRASH,
			"no memory for the page tables that its MTRRs need; memtype = pat needs "
			"none");
	guest_memory_settle(vm, vcpu);
}
