/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM's kernel and initrd: from the boot loader's modules into the guest's
 * memory, as the pure loaders plan it, and the first vCPU's entry state.
 */
#include "core/vm/load.h"

#include "core/base/atomic.h"
#include "core/base/log.h"
#include "core/guest/vcpu_reset.h"
#include "core/guest/vm.h"
#include "core/host/boot_modules.h"
#include "core/host/virt.h"
#include "core/load/load.h"
#include "core/memory/memory.h"
#include "mm/host/heap.h"
#include "mm/host/hostmap.h"
#include "mm/host/window.h"

enum { COPY_STEP = 2 * MIB };

struct loading {
	struct vm *vm;
	const struct module *kernel, *initrd; /* initrd: NULL: none */
	void (*between)(void);
};

/* In steps, as memory is zeroed, and only as long as the VM's end has not begun. */
static bool copy_in(const struct loading *loading, u64 to, u64 from, u64 size)
{
	struct vm *vm = loading->vm;

	for (u64 done = 0, step; done < size; done += step) {
		step = min_u64(size - done, COPY_STEP);
		if (memory_copy_in(&vm->memory, gpa_make(to + done), hpa_make(from + done), step) !=
		    PAGE_IS_PRESENT)
			return false;
		loading->between();
		if (atomic_get(&vm->life.end) != VM_END_NONE)
			return true; /* the VM never runs */
	}
	return true;
}

static bool copy_segment(const struct loading *loading, const struct load_segment *s,
			 const u8 *scratch)
{
	const struct module *from = s->source == LOAD_KERNEL ? loading->kernel : loading->initrd;
	struct guest_memory *memory = &loading->vm->memory;
	const struct gpa to = gpa_make(s->gpa), rest = gpa_make(s->gpa + s->file_size);

	if (s->source == LOAD_BLOB) {
		if (memory_write(memory, to, scratch + s->offset, s->file_size) != PAGE_IS_PRESENT)
			return false;
	} else if (!from || !copy_in(loading, s->gpa, from->start + s->offset, s->file_size)) {
		return false;
	}
	/* New memory is zero, but for pages from a pager, and firmware's data below 1 MiB. */
	return (s->gpa >= GUEST_HIGH_BASE && !loading->vm->pager) ||
	       memory_zero(memory, rest, s->mem_size - s->file_size) == PAGE_IS_PRESENT;
}

static void set_entry(struct vm *vm, const struct load_entry *entry)
{
	struct vcpu_state state;

	vcpu_reset_state(&state, vcpu_reset_signature(vm->vcpus[0]));
	state.regs = entry->regs;
	state.ctl = entry->control;
	state.tr = entry->tr;
	state.gdtr = (struct segment){.base = entry->gdt_base, .limit = entry->gdt_limit};
	virt->vcpu_set_state(vm->vcpus[0], &state);
}

static void read_kernel(const struct load_request *request, u64 offset, void *to, size_t size)
{
	const struct module *kernel = request->reader;

	window_read(to, hpa_make(kernel->start + offset), size);
}

static enum status load_planned(const struct loading *loading, u8 *scratch, struct load_plan *plan,
				struct error *err)
{
	const struct module *kernel = loading->kernel, *initrd = loading->initrd;
	struct vm *vm = loading->vm;
	struct load_request request = {
		.head_size = min_u64(kernel->size, LOAD_HEAD_SIZE),
		.kernel_size = kernel->size,
		.read = read_kernel,
		.reader = kernel,
		.initrd_size = initrd ? initrd->size : 0,
		.initrd_name = vm->config->initrd,
		.cmdline = vm->config->cmdline,
		.map = vm->memory.map.e820,
		.map_count = vm->memory.map.e820_count,
		.rsdp = GUEST_TABLES_BASE,
		.scratch = scratch,
		.scratch_size = LOAD_SCRATCH_SIZE,
	};
	struct error why = {0};
	enum status status;

	if (memory_read(&vm->memory, gpa_make(request.rsdp), request.rsdp_bytes, LOAD_RSDP_SIZE) !=
	    PAGE_IS_PRESENT)
		return fail(err, ERR_RANGE, "%s: its ACPI tables are not in RAM", vm->config->name);
	request.head = hostmap_map_boot(hpa_make(kernel->start), request.head_size);
	if (!request.head)
		return fail(err, ERR_NO_MEMORY, "%s: the kernel cannot be mapped",
			    vm->config->name);
	status = load_make_plan(&request, plan, &why);
	hostmap_unmap_boot();
	if (status != OK)
		return fail(err, status, "%s: kernel '%s': %s", vm->config->name,
			    vm->config->kernel, why.text);
	vm->life.kernel_kind = load_kind_name(plan->kind);
	log_write(LOG_INFO, "%s: kernel '%s': %s", vm->config->name, vm->config->kernel,
		  vm->life.kernel_kind);
	for (u32 i = 0; i < plan->segment_count; i++)
		if (!copy_segment(loading, &plan->segments[i], scratch))
			return fail(err, ERR_RANGE,
				    "%s: a part of the kernel at 0x%llx is not in RAM",
				    vm->config->name, plan->segments[i].gpa);
	set_entry(vm, &plan->entry);
	return OK;
}

static const struct module *find_module(const struct vm *vm, const char *name, struct error *err)
{
	const struct module *module = boot_modules_find(name);

	if (!module)
		fail(err, ERR_NOT_FOUND, "%s: no module is named '%s' (modules: %s)",
		     vm->config->name, name, boot_modules_names());
	return module;
}

enum status vm_load_kernel(struct vm *vm, void (*between)(void), struct error *err)
{
	struct loading loading = {.vm = vm, .between = between};
	size_t pages = LOAD_SCRATCH_SIZE / PAGE_SIZE + pages_of(sizeof(struct load_plan));
	u8 *scratch;
	enum status status;

	loading.kernel = find_module(vm, vm->config->kernel, err);
	if (!loading.kernel)
		return ERR_NOT_FOUND;
	if (vm->config->initrd[0]) {
		loading.initrd = find_module(vm, vm->config->initrd, err);
		if (!loading.initrd)
			return ERR_NOT_FOUND;
	}
	scratch = heap_alloc_pages(pages);
	if (!scratch)
		return fail(err, ERR_NO_MEMORY, "%s: no memory to load its kernel",
			    vm->config->name);
	status = load_planned(&loading, scratch, (struct load_plan *)(scratch + LOAD_SCRATCH_SIZE),
			      err);
	heap_free_pages(scratch, pages);
	return status;
}
