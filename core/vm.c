/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMs and their lives: start, the end whoever causes it, taking apart,
 * restart. How a VM is put together is core/vm_build.c's.
 */
#include "core/vm.h"

#include "core/format.h"
#include "core/log.h"
#include "core/shell/console.h"
#include "core/string.h"
#include "core/x86.h"
#include "mm/host.h"

static struct vm *vms; /* [count], made once */
static u32 count;
static struct thread *admin;

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
	size_t pages = align_up(config->count * sizeof(*vms), PAGE_SIZE) / PAGE_SIZE;

	if (config->count == 0)
		return OK;
	vms = heap_alloc_pages(pages);
	if (!vms)
		return fail(err, ERR_NO_MEMORY, "no memory for %u guests", config->count);
	for (u32 i = 0; i < config->count; i++) {
		vms[i].config = &config->vms[i];
		vms[i].id = i;
		vms[i].output = console_ring_create();
		if (!vms[i].output)
			return fail(err, ERR_NO_MEMORY, "%s: no memory for its console",
				    config->vms[i].name);
	}
	count = config->count;
	return OK;
}

void vm_set_admin(struct thread *thread)
{
	admin = thread;
}

void vm_notify_admin(void)
{
	if (admin)
		sched_wake(admin, PENDING_INPUT);
}

static const char *const state_names[] = {
	[VM_STOPPED] = "stopped",
	[VM_RUNNING] = "running",
	[VM_STOPPING] = "stopping",
};

const char *vm_state_name(const struct vm *vm)
{
	return vm->config->valid ? state_names[vm->state] : "refused";
}

void vm_describe_end(const struct vm *vm, char *buf, size_t size)
{
	switch (vm->end) {
	case VM_END_POWER_OFF:
		format_text(buf, size, "powered off");
		break;
	case VM_END_EXIT:
		format_text(buf, size, "exit code %u", vm->exit_code);
		break;
	case VM_END_RESET:
		format_text(buf, size, "reset");
		break;
	case VM_END_CRASH:
		format_text(buf, size, "crashed: %s", vm->end_text);
		break;
	case VM_END_KILLED:
		format_text(buf, size, "killed");
		break;
	default:
		format_text(buf, size, "%s", vm->starts ? "running" : "never started");
	}
}

/* What a description may ask for and this build does not do. */
static const struct unavailable {
	size_t offset; /* of a u32 in struct vm_config */
	u32 value;
	const char *text;
} unavailable[] = {
	// clang-format off
	{offsetof(struct vm_config, apic), VM_APIC_ACCELERATE,
		"apic = accelerate: the APIC is emulated on every CPU; use auto or emulate"},
	{offsetof(struct vm_config, memtype), VM_MEMTYPE_MTRR,
		"memtype = mtrr: guest MTRRs have no effect; use pat or wb"},
	{offsetof(struct vm_config, lazy), VM_LAZY_ZERO,
		"lazy = zero: all memory is given at the start; use off"},
	{offsetof(struct vm_config, lazy), VM_LAZY_PAGER,
		"lazy = pager: there are no pagers; use off"},
	{offsetof(struct vm_config, privileged), true,
		"privileged = yes: guests cannot manage others; use no"},
	// clang-format on
};

static enum status check_available(const struct vm_config *config, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(unavailable); i++) {
		const struct unavailable *row = &unavailable[i];

		if (*(const u32 *)((const char *)config + row->offset) == row->value)
			return fail(err, ERR_UNSUPPORTED, "%s: %s", config->name, row->text);
	}
	return OK;
}

enum status vm_start(struct vm *vm, struct error *err)
{
	enum status status;

	if (!vm->config->valid)
		return fail(err, ERR_INVALID, "%s: its description was refused, see the log",
			    vm->config->name);
	if (vm->state != VM_STOPPED)
		return fail(err, ERR_BUSY, "%s: it is %s", vm->config->name, vm_state_name(vm));
	if (!virt)
		return fail(err, ERR_UNSUPPORTED, "%s: this machine cannot run guests, see the log",
			    vm->config->name);
	status = check_available(vm->config, err);
	if (status != OK)
		return status;
	status = vm_build(vm, err);
	if (status != OK) {
		vm_unbuild(vm);
		return status;
	}
	vm->end = VM_END_NONE;
	vm->end_text[0] = '\0';
	vm->starts++;
	vm->running = vm->vcpu_count;
	vm->state = VM_RUNNING;
	log_write(LOG_INFO, "%s: started: %u vCPUs, %llu MiB", vm->config->name, vm->vcpu_count,
		  (unsigned long long)(vm->memory / MIB));
	for (u32 i = 0; i < vm->vcpu_count; i++) {
		vm->vcpus[i]->thread.pending = PENDING_IRQ | PENDING_ALARM;
		sched_start(&vm->vcpus[i]->thread);
	}
	return OK;
}

bool vm_stop(struct vm *vm, enum vm_end end, const char *why)
{
	u32 none = VM_END_NONE;

	if (!__atomic_compare_exchange_n(&vm->end, &none, (u32)end, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return false;
	format_text(vm->end_text, sizeof(vm->end_text), "%s", why);
	for (u32 i = 0; i < vm->vcpu_count; i++)
		sched_wake(&vm->vcpus[i]->thread, PENDING_STOP);
	return true;
}

/* Every vCPU has left the guest and its stack. */
static bool has_left(struct vm *vm)
{
	if (__atomic_load_n(&vm->running, __ATOMIC_ACQUIRE))
		return false;
	for (u32 i = 0; i < vm->vcpu_count; i++)
		if (!sched_reap(&vm->vcpus[i]->thread))
			return false;
	return true;
}

static bool wants_restart(const struct vm *vm)
{
	bool failed = vm->end == VM_END_CRASH || (vm->end == VM_END_EXIT && vm->exit_code);

	if (vm->end == VM_END_RESET)
		return true;
	if (vm->end == VM_END_KILLED)
		return false;
	return vm->config->restart == VM_RESTART_ALWAYS ||
	       (vm->config->restart == VM_RESTART_ON_FAILURE && failed);
}

static void finish(struct vm *vm)
{
	char why[ERROR_TEXT_SIZE];
	struct error err;

	vm_describe_end(vm, why, sizeof(why));
	log_write(LOG_INFO, "%s: %s", vm->config->name, why);
	vm_unbuild(vm);
	vm->state = VM_STOPPED;
	if (wants_restart(vm) && vm_start(vm, &err) != OK)
		log_write(LOG_ERROR, "%s", err.text);
}

void vm_reap(void)
{
	for (u32 i = 0; i < count; i++) {
		if (vms[i].state == VM_RUNNING && vms[i].end != VM_END_NONE)
			vms[i].state = VM_STOPPING;
		if (vms[i].state == VM_STOPPING && has_left(&vms[i]))
			finish(&vms[i]);
	}
}
