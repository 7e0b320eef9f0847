/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds a VM from its description: memory behind nested page tables, kernel, ACPI tables,
 * chips, vCPUs; and takes it apart again.
 */
#include "core/vm/build.h"

#include "apic/virt/accel.h"
#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"
#include "core/base/log.h"
#include "core/base/string.h"
#include "core/base/x86.h"
#include "core/guest/chips.h"
#include "core/guest/hypercall.h"
#include "core/guest/vcpu_apic.h"
#include "core/guest/vcpu_record.h"
#include "core/guest/vcpu_reset.h"
#include "core/guest/vm.h"
#include "core/host/bringup.h"
#include "core/host/cpu.h"
#include "core/load/acpi.h"
#include "core/load/bda.h"
#include "core/memory/memory.h"
#include "core/memory/types.h"
#include "core/model/msr.h"
#include "core/vm/load.h"
#include "core/vm/place.h"
#include "drivers/host/clock.h"
#include "drivers/host/wallclock.h"
#include "mm/host/heap.h"
#include "mm/host/nested.h"
#include "mm/host/ram.h"
#include "mm/host/window.h"
#include "pv/abi.h"

enum {
	RESERVE = 32 * MIB,  /* "all free memory" leaves so much to the hypervisor, */
	RESERVE_SHARE = 128, /* ... and one part in so many for nested tables */
	ZERO_STEP = 2 * MIB,
	ACPI_FIXED = 4096,  /* all tables, without the DSDT and the MADT's entries of vCPUs */
	ACPI_VCPU = 32,	    /* the MADT's entries of one vCPU */
	APIC_KHZ = 1000000, /* the virtual APIC timer's clock */
};

/* Pages of the heap for so many bytes, zeroed. NULL: none, which err says. */
static void *alloc(const struct vm *vm, size_t bytes, const char *what, struct error *err)
{
	void *pages = heap_alloc_pages(pages_of(bytes));

	if (!pages)
		fail(err, ERR_NO_MEMORY, "%s: no memory for %s", vm->config->name, what);
	return pages;
}

/* Frees what alloc has returned, if anything, and clears the pointer to it. */
static void release(void **at, size_t bytes)
{
	heap_free_pages(*at, pages_of(bytes));
	*at = NULL;
}

static enum status build_cpuid(struct vm *vm, struct error *err)
{
	struct cpuid_config config = {
		.vcpus = vm->vcpu_count,
		.x2apic = vm->config->x2apic,
		.tsc_khz = clock_tsc_khz(),
		.apic_khz = APIC_KHZ,
		.hypercall = virt->hypercall,
		.abi_version = ASHLAR_ABI_VERSION,
		.abi_features = hypercall_groups(),
	};
	enum status status;

	vm->cpuid = alloc(vm, sizeof(*vm->cpuid), "CPUID", err);
	if (!vm->cpuid)
		return err->status;
	status = cpuid_build(vm->cpuid, bringup_cpuid, &config, err);
	if (status == OK)
		msr_build_quick(&vm->cpuid->model);
	return status;
}

/* Allocates the largest piece of [gpa, end) that is free in one, of *size bytes at *at. */
static enum status alloc_piece(struct vm *vm, u64 gpa, u64 end, u64 *size, struct hpa *at)
{
	static const u64 aligns[] = {1ULL << 30, 2 * MIB, PAGE_SIZE};

	for (unsigned i = 0; i < ARRAY_SIZE(aligns); i++) {
		struct frames_request request = {.align = aligns[i], .owner = vm->memory.owner};
		u64 free = align_down(ram_largest_free(aligns[i]), aligns[i]);

		if (!is_aligned(gpa, aligns[i]) || end - gpa < aligns[i] || free == 0)
			continue;
		if (i > 0) /* from the next boundary on, larger pages may fit */
			end = min_u64(end, align_up(gpa + 1, aligns[i - 1]));
		request.size = min_u64(align_down(end - gpa, aligns[i]), free);
		*size = request.size;
		if (ram_alloc(&request, at) == OK)
			return OK;
	}
	return ERR_NO_MEMORY;
}

/*
 * In steps, with other threads of this CPU in between: the vCPUs, and the administrator,
 * who may end the VM. Stops when *end is set.
 */
static void zero(struct hpa at, u64 size, const u32 *end, void (*between)(void))
{
	for (u64 done = 0, step; done < size && !atomic_get(end); done += step) {
		step = min_u64(size - done, ZERO_STEP);
		window_zero(hpa_make(at.addr + done), step);
		between();
	}
}

static enum status back_range(struct vm *vm, const struct guest_range *range, void (*between)(void),
			      struct error *err)
{
	u64 gpa = range->base, end = range->base + range->size, size;
	struct hpa at;

	for (; gpa < end; gpa += size) {
		if (alloc_piece(vm, gpa, end, &size, &at) != OK)
			return fail(err, ERR_NO_MEMORY,
				    "%s: %llu MiB of memory are not free: %llu KiB "
				    "are, and %llu MiB are missing; give it less memory",
				    vm->config->name, (vm->memory.size / MIB),
				    (ram_total(FRAMES_FREE) / KIB), ((end - gpa) / MIB));
		zero(at, size, &vm->life.end, between);
		if (atomic_get(&vm->life.end) != VM_END_NONE)
			return fail(err, ERR_BUSY, "%s: killed", vm->config->name);
		if (pt_map(&vm->memory.nested, (struct pt_range){gpa, size}, at,
			   memory_types_leaf(&vm->memory, gpa)) != OK)
			return fail(err, ERR_NO_MEMORY, "%s: no memory for nested page tables",
				    vm->config->name);
		memory_add_extent(&vm->memory, gpa, at, size);
	}
	return OK;
}

static enum status build_memory(struct vm *vm, void (*between)(void), struct error *err)
{
	u64 free = ram_total(FRAMES_FREE);
	u64 reserve = RESERVE + free / RESERVE_SHARE;
	u64 size = vm->config->memory;
	enum status status;

	if (size == 0)
		size = free > reserve ? align_down(free - reserve, 2 * MIB) : 0;
	status = memory_init(&vm->memory, &vm->cpuid->model, size, err);
	if (status == OK)
		status = nested_create(&vm->memory.nested, virt->nested_format,
				       virt->nested_leaf_level(), err);
	memory_types_init(&vm->memory);
	if (status == OK && vm->pager)
		status = pages_prepare(&vm->memory, err);
	if (vm->config->lazy != VM_LAZY_OFF)
		return status; /* pages are given when they are touched */
	for (u32 i = 0; status == OK && i < vm->memory.map.backing_count; i++)
		status = back_range(vm, &vm->memory.map.backing[i], between, err);
	return status;
}

/* The tables and the page with which hardware runs APICs, unless emulation is asked for. */
static enum status build_apics(struct vm *vm, struct error *err)
{
	if (vm->config->apic == VM_APIC_EMULATE || !virt->accel->modes)
		return OK;
	if (virt->accel_create && virt->accel_create(vm, err) != OK)
		return err->status;
	return apic_page_create_view(&vm->memory, err);
}

static enum status build_acpi(struct vm *vm, struct error *err)
{
	struct load_acpi_config config = {
		.base = GUEST_TABLES_BASE,
		.vcpus = vm->vcpu_count,
		.dsdt = load_dsdt,
		.dsdt_size = (size_t)(load_dsdt_end - load_dsdt),
	};
	/* Not GUEST_TABLES_SIZE, since the heap never gives memory back to the free frames. */
	size_t used, size = min_u64(
			     align_up(ACPI_FIXED + config.dsdt_size + (u64)ACPI_VCPU * config.vcpus,
				      PAGE_SIZE),
			     GUEST_TABLES_SIZE);
	u8 *buffer = alloc(vm, size, "ACPI tables", err);
	enum status status;

	if (!buffer)
		return err->status;
	status = load_acpi_build(buffer, size, &config, &used, err);
	if (status == OK &&
	    memory_write(&vm->memory, gpa_make(GUEST_TABLES_BASE), buffer, used) != PAGE_IS_PRESENT)
		status = fail(err, ERR_RANGE, "%s: too little memory for ACPI tables",
			      vm->config->name);
	heap_free_pages(buffer, size / PAGE_SIZE);
	return status;
}

static enum status build_bda(struct vm *vm, struct error *err)
{
	static const u8 ebda_kib = LOAD_EBDA_KIB;
	u8 bda[LOAD_BDA_SIZE];

	load_bda_build(bda);
	if (memory_write(&vm->memory, gpa_make(LOAD_BDA_BASE), bda, sizeof(bda)) !=
		    PAGE_IS_PRESENT ||
	    memory_write(&vm->memory, gpa_make(GUEST_EBDA_BASE), &ebda_kib, sizeof(ebda_kib)) !=
		    PAGE_IS_PRESENT)
		return fail(err, ERR_RANGE, "%s: too little memory for the BIOS data area",
			    vm->config->name);
	return OK;
}

static void build_machine(struct vm *vm)
{
	struct machine_setup setup = {
		.epoch_seconds = wallclock_now(),
		.memory_below_4g = vm->memory.map.low_top,
		.memory_above_4g = vm->memory.map.above_top - GUEST_ABOVE_BASE,
		.cpus = (u16)vm->vcpu_count,
	};

	vm->tsc_base = x86_rdtsc();
	vm->pause.ticks = 0;
	chips_init(vm->chips, &setup);
}

static void setup_vcpu(struct vm *vm, struct vcpu *vcpu)
{
	const struct cpu_model *model = &vm->cpuid->model;
	struct vlapic_config config = {
		.x2apic_id = vcpu->id,
		.physical_bits = model->phys_bits,
		.bsp = vcpu->id == 0,
		.x2apic = vm->config->x2apic,
		.tsc_deadline = cpu_model_has(model, FEATURE_TSC_DEADLINE),
		.suppress_eoi = true,
	};
	struct vcpu_state state;
	struct route_apic apic;

	vlapic_reset(vcpu->apic, &config);
	if (config.bsp)
		vlapic_set_virtual_wire(vcpu->apic);
	vcpu_apic_sync_lint0(vcpu);
	vlapic_get_route(vcpu->apic, &apic);
	route_update(vm->apics.route, vcpu->id, &apic);
	msr_reset(vcpu->msr);
	msr_set_firmware(vcpu->msr, model, &vm->memory.map);
	vcpu->tsc.offset = 0 - vm->tsc_base;
	vcpu_reset_state(&state, vcpu_reset_signature(vcpu));
	state.ctl.cr0 &= ~(u64)(CR0_CD | CR0_NW); /* firmware has turned the caches on */
	virt->vcpu_set_state(vcpu, &state);
	vcpu_memory_init(vcpu);
}

static enum status build_vcpus(struct vm *vm, struct error *err)
{
	enum status status = OK;
	u32 cpu;

	vm->vcpus = alloc(vm, PAGE_SIZE, "vCPUs", err);
	vm->apics.route = alloc(vm, sizeof(*vm->apics.route), "vCPUs", err);
	if (!vm->vcpus || !vm->apics.route)
		return err->status;
	route_init(vm->apics.route, vm->vcpu_count);
	for (u32 i = 0; status == OK && i < vm->vcpu_count; i++) {
		if (!vm_place(vm, CPU_NONE, &cpu))
			return fail(err, ERR_NOT_FOUND, "%s: affinity names no CPU that is online",
				    vm->config->name);
		status = vcpu_create(vm, i, cpu, &vm->vcpus[i], err);
		if (status == OK)
			setup_vcpu(vm, vm->vcpus[i]);
	}
	return status;
}

/* Hardware of both vendors reads the map in this form: a port whose bit is set exits. */
static enum status build_port_map(struct vm *vm, struct error *err)
{
	const struct config_ranges *ports = &vm->config->ports;
	u8 *map = alloc(vm, CHIPS_PORT_MAP_SIZE, "the map of its ports", err);

	if (!map)
		return err->status;
	memset(map, 0xff, CHIPS_PORT_MAP_SIZE);
	for (u32 i = 0; i < ports->count; i++)
		for (u32 port = ports->at[i].first; port <= ports->at[i].last; port++)
			map[port / 8] &= (u8) ~(1 << (port % 8));
	vm->chips->port_map = map;
	return OK;
}

enum status vm_build(struct vm *vm, void (*between)(void), struct error *err)
{
	vm->page_events.counts = (struct page_counts){0};
	vm->page_events.pnp =
		alloc(vm, sizeof(*vm->page_events.pnp), "page-not-present events", err);
	if (!vm->page_events.pnp)
		return err->status;
	vm->vcpu_count = vm->config->cpus ? vm->config->cpus
					  : (u32)min_u64(cpu_online_count(), CONFIG_CPUS_MAX);
	if (vcpu_record_create(vm, err) != OK || build_cpuid(vm, err) != OK ||
	    build_memory(vm, between, err) != OK || build_port_map(vm, err) != OK ||
	    build_apics(vm, err) != OK)
		return err->status;
	build_machine(vm);
	if (build_vcpus(vm, err) != OK || build_acpi(vm, err) != OK || build_bda(vm, err) != OK)
		return err->status;
	return vm_load_kernel(vm, between, err);
}

static void free_memory(struct vm *vm, void (*between)(void))
{
	const u32 go_on = VM_END_NONE;
	struct extent extent;

	while (ram_extent(vm->memory.owner, 0, &extent)) {
		zero(hpa_make(extent.start), extent.end - extent.start, &go_on, between);
		if (ram_free(extent.start, extent.end, vm->memory.owner) != OK)
			panic("%s: its memory cannot be given back", vm->config->name);
	}
}

void vm_build_undo(struct vm *vm, void (*between)(void))
{
	for (u32 i = 0; vm->vcpus && i < vm->vcpu_count; i++)
		if (vm->vcpus[i])
			vcpu_destroy(vm->vcpus[i]);
	release((void **)&vm->vcpus, PAGE_SIZE);
	release((void **)&vm->apics.route, sizeof(*vm->apics.route));
	release((void **)&vm->chips->port_map, CHIPS_PORT_MAP_SIZE);
	if (vm->apics.tables)
		virt->accel_destroy(vm);
	apic_page_destroy_view(&vm->memory);
	if (vm->memory.nested.format)
		nested_destroy(&vm->memory.nested);
	vm->memory.extent_count = 0;
	pages_release(&vm->memory);
	vm->as_pager.size = 0;
	release((void **)&vm->page_events.pnp, sizeof(*vm->page_events.pnp));
	release((void **)&vm->cpuid, sizeof(*vm->cpuid));
	free_memory(vm, between);
}
