/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chooses the home CPU of each vCPU. A vCPU keeps its home unless the CPU goes offline, and
 * never has a home outside its guest's affinity.
 */
#include "core/vm/place.h"

#include "core/base/atomic.h"
#include "core/guest/vcpu.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"

static struct vcpu *vcpu_at(const struct vm *vm, u32 index)
{
	return vm->vcpus && index < vm->vcpu_count ? vm->vcpus[index] : NULL;
}

u32 vm_place_count(u32 cpu)
{
	u32 count = 0;

	for (u32 id = 0; id < vm_count(); id++)
		for (u32 i = 0; i < vm_by_id(id)->vcpu_count; i++) {
			const struct vcpu *vcpu = vcpu_at(vm_by_id(id), i);

			count += vcpu && vcpu->cpu == cpu;
		}
	return count;
}

static bool is_allowed(const struct vm *vm, u32 cpu)
{
	const struct config_ranges *affinity = &vm->config->affinity;

	return affinity->count == 0 || config_ranges_contain(affinity, cpu);
}

bool vm_place(const struct vm *vm, u32 without, u32 *cpu)
{
	u32 least = UINT32_MAX;

	for (u32 i = 0; i < cpu_count(); i++) {
		u32 load;

		if (i == without || !cpu_is_online(cpu_by_number(i)) || !is_allowed(vm, i))
			continue;
		load = vm_place_count(i);
		if (load >= least)
			continue;
		least = load;
		*cpu = i;
	}
	return least != UINT32_MAX;
}

/* OK: each vCPU of vm that lives on cpu can go to another CPU, or ends anyway. */
static enum status check(const struct vm *vm, u32 cpu, struct error *err)
{
	u32 other;

	if (atomic_get(&vm->life.end) != VM_END_NONE)
		return OK;
	for (u32 i = 0; i < vm->vcpu_count; i++) {
		const struct vcpu *vcpu = vcpu_at(vm, i);

		if (vcpu && vcpu->cpu == cpu && !vm_place(vm, cpu, &other))
			return fail(err, ERR_BUSY,
				    "cpu%u: vCPU %u of %s may run on no other CPU that is online: "
				    "stop the guest or widen its affinity",
				    cpu, i, vm->config->name);
	}
	return OK;
}

enum status vm_place_check_vacate(u32 cpu, struct error *err)
{
	enum status status = OK;

	for (u32 id = 0; status == OK && id < vm_count(); id++)
		status = check(vm_by_id(id), cpu, err);
	return status;
}

void vm_place_vacate(u32 cpu)
{
	u32 other;

	for (u32 id = 0; id < vm_count(); id++)
		for (u32 i = 0; i < vm_by_id(id)->vcpu_count; i++) {
			struct vcpu *vcpu = vcpu_at(vm_by_id(id), i);

			if (vcpu && vcpu->cpu == cpu && vm_place(vcpu->vm, cpu, &other))
				vcpu_move(vcpu, other);
		}
}
