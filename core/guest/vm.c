/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMs of the configuration, and the end of one, which any thread may begin. The keeper of
 * their lives is core/vm/life.c; core/vm/build.c builds one.
 */
#include "core/guest/vm.h"

#include "core/base/atomic.h"
#include "core/base/format.h"
#include "core/base/string.h"
#include "core/base/x86.h"
#include "core/console/console.h"
#include "core/guest/chips.h"
#include "core/guest/vcpu.h"
#include "core/host/sched.h"
#include "drivers/host/clock.h"
#include "mm/frames.h"
#include "mm/host/heap.h"

static struct vm *vms; /* [count], made once */
static u32 count;
static struct thread *keeper;

u32 vm_count(void)
{
	return count;
}

struct vm *vm_by_id(u32 id)
{
	return id < count ? &vms[id] : NULL;
}

struct vm *vm_find(const char *name)
{
	for (u32 i = 0; i < count; i++)
		if (strcmp(vms[i].config->name, name) == 0)
			return &vms[i];
	return NULL;
}

enum status vm_init_all(const struct config *config, struct error *err)
{
	size_t each = sizeof(*vms) + sizeof(struct chips) + sizeof(*config->vms);
	struct chips *chips;
	struct vm_config *copies;

	if (config->count == 0)
		return OK;
	vms = heap_alloc_pages(pages_of(config->count * each));
	if (!vms)
		return fail(err, ERR_NO_MEMORY, "no memory for %u guests", config->count);
	chips = (struct chips *)&vms[config->count];
	copies = (struct vm_config *)&chips[config->count];
	for (u32 i = 0; i < config->count; i++) {
		copies[i] = config->vms[i];
		vms[i].config = &copies[i];
		vms[i].chips = &chips[i];
		vms[i].id = i;
		vms[i].memory.config = &copies[i];
		vms[i].memory.owner = (u16)(FRAMES_GUEST_BASE + i);
		vms[i].output = console_ring_create(copies[i].name);
		if (!vms[i].output)
			return fail(err, ERR_NO_MEMORY, "%s: no memory for its console",
				    config->vms[i].name);
	}
	count = config->count;
	for (u32 i = 0; i < count; i++)
		if (copies[i].lazy == VM_LAZY_PAGER)
			vms[i].pager = vm_find(copies[i].pager);
	return OK;
}

void vm_set_keeper(struct thread *thread)
{
	keeper = thread;
}

void vm_wake_keeper(void)
{
	if (keeper)
		sched_wake(keeper, PENDING_INPUT);
}

void vm_move_keeper(u32 cpu)
{
	sched_send(keeper, cpu);
}

static const char *const state_names[] = {
	[VM_STOPPED] = "stopped",
	[VM_STARTING] = "starting",
	[VM_RUNNING] = "running",
	[VM_STOPPING] = "stopping",
};

const char *vm_state_name(const struct vm *vm)
{
	if (!vm->config->valid)
		return "refused";
	return vm->life.state == VM_RUNNING && vm->pause.on ? "paused"
							    : state_names[vm->life.state];
}

void vm_describe_end(const struct vm *vm, char *buf, size_t size)
{
	static const char *const texts[] = {
		[VM_END_POWER_OFF] = "powered off",
		[VM_END_RESET] = "reset",
		[VM_END_CRASH] = "crashed: ",
		[VM_END_KILLED] = "killed",
		[VM_END_RESTART] = "reset by the operator",
		[VM_END_FAILED] = "could not be started: ",
	};
	u32 end = vm->life.end;

	if (end == VM_END_NONE)
		format_text(buf, size, "%s",
			    vm->life.state != VM_STOPPED ? vm_state_name(vm) : "never started");
	else if (end == VM_END_EXIT)
		format_text(buf, size, "exit code %u", vm->life.exit_code);
	else /* end_text is empty but for a crash and a failed start */
		format_text(buf, size, "%s%s", texts[end], vm->life.end_text);
}

void vm_wake_vcpus(struct vm *vm, u32 bits)
{
	for (u32 i = 0; i < vm->vcpu_count; i++)
		sched_wake(&vm->vcpus[i]->thread, bits);
}

bool vm_stop(struct vm *vm, enum vm_end end, const char *why)
{
	u32 none = VM_END_NONE;

	if (!atomic_compare_swap(&vm->life.end, &none, (u32)end))
		return false;
	format_text(vm->life.end_text, sizeof(vm->life.end_text), "%s", why);
	/* While the VM is built the keeper reads 'end' itself. */
	if (atomic_load_acquire(&vm->life.state) == VM_RUNNING)
		vm_wake_vcpus(vm, PENDING_STOP);
	return true;
}

u64 vm_time(const struct vm *vm, u64 host_tsc)
{
	return clock_ns_from_tsc(host_tsc - vm->tsc_base);
}

u64 vm_now(const struct vm *vm)
{
	return vm_time(vm, x86_rdtsc());
}

/* One tick later than exact: an alarm that comes early would be armed again and again. */
u64 vm_host_tsc(const struct vm *vm, u64 ns)
{
	return ns == UINT64_MAX ? UINT64_MAX : vm->tsc_base + clock_tsc_from_ns(ns) + 1;
}
