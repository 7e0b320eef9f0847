/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM's kernel and initrd: from the boot loader's modules into the guest's
 * memory, as the pure loaders plan it, and the first vCPU's entry state.
 */
#include "core/load/load.h"
#include "core/base/atomic.h"
#include "core/base/log.h"
#include "core/guest/vm.h"
#include "core/host/boot_modules.h"
#include "core/memory/memory.h"
#include "mm/host/heap.h"
#include "mm/host/hostmap.h"
#include "mm/host/window.h"

enum { COPY_STEP = 2 * MIB };

/* In steps, as memory is zeroed: the threads of this CPU go on, and the start can be given up. */
static bool copy_in(struct vm *vm, struct gpa to, struct hpa from, u64 size)
{
	for (u64 done = 0, step; done < size; done += step) {
		step = min_u64(size - done, COPY_STEP);
		if (memory_copy_in(&vm->memory, gpa_make(to.addr + done),
				   hpa_make(from.addr + done), step) != PAGE_IS_PRESENT)
			return false;
		sched_yield();
		(void)vm_life_serve_pages();
		if (atomic_get(&vm->life.end) != VM_END_NONE)
			return true; /* it will never run */
	}
	return true;
}

/* Carries the loader's plan out. */
static enum status copy_segments(struct vm *vm, const struct load_plan *plan,
				 const struct load_request *request, const struct module *kernel,
				 const struct module *initrd, struct error *err)
{
	for (u32 i = 0; i < plan->segment_count; i++) {
		const struct load_segment *s = &plan->segments[i];
		const struct module *from = s->source == LOAD_KERNEL ? kernel : initrd;
		struct gpa to = gpa_make(s->gpa);
		bool done;

		if (s->source == LOAD_BLOB)
			done = memory_write(&vm->memory, to, request->scratch + s->offset,
					    s->file_size) == PAGE_IS_PRESENT;
		else
			done = from &&
			       copy_in(vm, to, hpa_make(from->start + s->offset), s->file_size);
		/* Memory is given out zeroed, but for what a pager brings, and firmware's data in
		   the first megabyte. */
		if (s->gpa < GUEST_HIGH_BASE || vm->pager)
			done = done && memory_zero(&vm->memory, gpa_make(s->gpa + s->file_size),
						   s->mem_size - s->file_size) == PAGE_IS_PRESENT;
		if (!done)
			return fail(err, ERR_RANGE,
				    "%s: a part of the kernel at 0x%llx is not in RAM",
				    vm->config->name, s->gpa);
	}
	return OK;
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

static enum status load_planned(struct vm *vm, const struct module *kernel,
				const struct module *initrd, u8 *scratch, struct load_plan *plan,
				struct error *err)
{
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
	status = copy_segments(vm, plan, &request, kernel, initrd, err);
	if (status == OK)
		set_entry(vm, &plan->entry);
	return status;
}

static const struct module *find_module(const struct vm *vm, const char *name, struct error *err)
{
	const struct module *module = boot_modules_find(name);

	if (!module)
		fail(err, ERR_NOT_FOUND, "%s: no module is named '%s' (modules: %s)",
		     vm->config->name, name, boot_modules_names());
	return module;
}

enum status vm_load_kernel(struct vm *vm, struct error *err)
{
	const struct module *kernel = find_module(vm, vm->config->kernel, err);
	const struct module *initrd = NULL;
	size_t plan_pages = align_up(sizeof(struct load_plan), PAGE_SIZE) / PAGE_SIZE;
	size_t pages = LOAD_SCRATCH_SIZE / PAGE_SIZE + plan_pages;
	u8 *scratch;
	enum status status;

	if (vm->config->initrd[0])
		initrd = find_module(vm, vm->config->initrd, err);
	if (!kernel || (vm->config->initrd[0] && !initrd))
		return ERR_NOT_FOUND;
	scratch = heap_alloc_pages(pages);
	if (!scratch)
		return fail(err, ERR_NO_MEMORY, "%s: no memory to load its kernel",
			    vm->config->name);
	status = load_planned(vm, kernel, initrd, scratch,
			      (struct load_plan *)(scratch + LOAD_SCRATCH_SIZE), err);
	heap_free_pages(scratch, pages);
	return status;
}
