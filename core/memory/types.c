/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory types of a guest, by its policy. */
#include "core/memory/types.h"

#include "core/guest/vcpu_trace.h"
#include "core/guest/vm.h"
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
	vm->memory.retyping = (struct retyping){0};
	msr_reset(&vm->memory.retyping.to);
	msr_set_firmware(&vm->memory.retyping.to, &vm->cpuid->model, &vm->memory.map);
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
	msr_mtrrs(&vm->memory.retyping.to, &vm->cpuid->model, &mtrrs);
	return memtype_of_mtrrs(&mtrrs, gpa, end);
}

/* Where the format cannot ignore the guest's PAT the backend gives the guest another. */
struct pt_leaf guest_memtype_leaf(const struct vm *vm, u64 gpa)
{
	u64 end;

	return (struct pt_leaf){
		.perms = PT_READ | PT_WRITE | PT_EXEC,
		.type = (u8)type_at(vm, gpa, &end),
		.ignore_pat = vm->config->memtype == VM_MEMTYPE_WB &&
			      vm->memory.nested.format->ignore_pat,
	};
}

bool guest_memtype_is_one(const struct vm *vm, u64 gpa, u64 size)
{
	u64 end;

	(void)type_at(vm, gpa, &end);
	return end - gpa >= size;
}

/* True: there is nothing left to do. In steps, between which others have this CPU, and the lock. */
static bool step(struct vm *vm)
{
	struct retyping *r = &vm->memory.retyping;
	const struct guest_range *range = &vm->memory.map.backing[r->range];
	const struct pt_range pages = {range->base, range->size};
	struct mtrrs old, new;
	enum status status;

	msr_mtrrs(&r->from, &vm->cpuid->model, &old);
	msr_mtrrs(&r->to, &vm->cpuid->model, &new);
	spin_lock(&vm->memory.lock);
	r->at = max_u64(r->at, range->base);
	status = retype(&vm->memory.nested, pages, &old, &new, &r->at);
	spin_unlock(&vm->memory.lock);
	if (status != OK)
		vm_stop(vm, VM_END_CRASH,
			"no memory for the page tables that its MTRRs need; memtype = pat needs "
			"none");
	if (r->at == range->base + range->size)
		r->range++;
	return status != OK || r->range == vm->memory.map.backing_count;
}

/* What is given meanwhile has the new types, which the retyping leaves as they are. */
static void begin(struct vcpu *vcpu)
{
	struct retyping *r = &vcpu->vm->memory.retyping;

	spin_lock(&vcpu->vm->memory.lock);
	*r = (struct retyping){.from = r->to, .to = *vcpu->msr, .under_way = true};
	spin_unlock(&vcpu->vm->memory.lock);
}

bool guest_memtype_follow(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	if (!vm->memory.retyping.under_way)
		begin(vcpu);
	while (!step(vm)) {
		vcpu_give_way(vcpu, sched_yield);
		if (__atomic_load_n(&vcpu->thread.pending, __ATOMIC_RELAXED) &
		    (PENDING_STOP | PENDING_MOVE | PENDING_PAUSE))
			return false;
	}
	vm->memory.retyping.under_way = false;
	vcpu->retype = false;
	guest_memory_settle(vm, vcpu);
	return true;
}
