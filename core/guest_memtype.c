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

/* Memory is mapped write-back, and so it is by these but for the holes. */
void guest_memtype_init(struct vm *vm)
{
	vm->typed_by = *vm->vcpus[0]->msr;
}

void guest_memtype_written(struct vcpu *vcpu)
{
	if (!guest_memtype_exact(vcpu->vm) || vcpu->id != 0)
		return;
	vcpu->retype = true;
	vcpu_reconsider(vcpu);
}

/* In steps, between which others have this CPU, and the lock. */
static enum status retype_range(struct vcpu *vcpu, const struct guest_range *range)
{
	const struct pt_range pages = {range->base, range->size};
	struct vm *vm = vcpu->vm;
	struct mtrrs old, new;
	enum status status = OK;

	msr_mtrrs(&vm->typed_by, &vm->cpuid->model, &old);
	msr_mtrrs(vcpu->msr, &vm->cpuid->model, &new);
	for (u64 at = range->base; status == OK && at < range->base + range->size;) {
		spin_lock(&vm->ram.lock);
		status = retype(&vm->nested, pages, &old, &new, &at);
		spin_unlock(&vm->ram.lock);
		vcpu_give_way(vcpu, sched_yield);
	}
	return status;
}

/* What the vCPUs that use a path of their own through the tables have to know. */
static void sync_view(struct vm *vm)
{
	spin_lock(&vm->ram.lock);
	if (vm->apic_page)
		pt_overlay_sync(&vm->apic_view);
	spin_unlock(&vm->ram.lock);
}

static void free_tables(struct vm *vm)
{
	spin_lock(&vm->ram.lock);
	if (vm->apic_page)
		pt_flushed(&vm->apic_view.view);
	pt_flushed(&vm->nested);
	spin_unlock(&vm->ram.lock);
}

void guest_memtype_follow(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	enum status status = OK;

	vcpu->retype = false;
	for (u32 i = 0; status == OK && i < vm->map.backing_count; i++)
		status = retype_range(vcpu, &vm->map.backing[i]);
	vm->typed_by = *vcpu->msr;
	if (status != OK)
		vm_stop(vm, VM_END_CRASH,
			"no memory for the page tables that its MTRRs need; memtype = pat needs "
			"none");
	if (!vm->nested.stale)
		return;
	sync_view(vm);
	vcpu_flush_all(vcpu);
	free_tables(vm);
}
