/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's memory as its vCPUs use it. */
#include "core/guest/vcpu_memory.h"

#include "apic/virt/vioapic.h"
#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"
#include "core/base/string.h"
#include "core/guest/vcpu.h"
#include "core/guest/vm.h"
#include "core/host/sched.h"
#include "core/insn/emulate.h"
#include "core/memory/types.h"
#include "core/model/cpuid.h"
#include "core/model/event.h"
#include "mm/host/window.h"

enum vcpu_place vcpu_memory_place(const struct vcpu *vcpu, struct gpa gpa)
{
	u64 page = align_down(gpa.addr, PAGE_SIZE);

	if (vlapic_mode(vcpu->apic) == APIC_MODE_XAPIC && page == vlapic_page(vcpu->apic))
		return VCPU_PLACE_APIC;
	if (memory_is_ram(&vcpu->vm->memory, page, PAGE_SIZE))
		return VCPU_PLACE_RAM;
	return page == VIOAPIC_BASE ? VCPU_PLACE_IOAPIC : VCPU_PLACE_NOTHING;
}

enum status vcpu_memory_sync_apic_page(struct vcpu *vcpu)
{
	struct apic_page *page = &vcpu->memory.apic_page;
	struct guest_memory *memory = &vcpu->vm->memory;

	vcpu->flush = true;
	if (vlapic_mode(vcpu->apic) == APIC_MODE_XAPIC)
		return apic_page_set(page, memory, vlapic_page(vcpu->apic));
	apic_page_reset(page, memory);
	return OK;
}

/* --- Accesses --- */

/* For memory outside all extents; never_inline, since page walks seldom need it. */
static never_inline bool find_elsewhere(struct vm *vm, struct gpa gpa, struct guest_place *out)
{
	enum page_state state = memory_find(&vm->memory, gpa, out);
	struct vcpu *vcpu = vcpu_current(vm);
	struct error err;

	if (state == PAGE_IS_PRESENT)
		return true;
	if (state == PAGE_NOT_RAM || (vcpu && vcpu->memory.prefetches))
		return false;
	if (state == PAGE_IS_ABSENT && vcpu) {
		vcpu->wait = (struct page_wait){.gpa = gpa.addr, .active = true};
		vcpu_reconsider(vcpu);
		return false;
	}
	fail(&err, ERR_NO_MEMORY,
	     "the page at 0x%llx, which an instruction needs that is executed in "
	     "software, %s",
	     gpa.addr,
	     state == PAGE_HAS_FAILED ? "has failed" : "cannot be had: memory is used up");
	vm_stop(vm, VM_END_CRASH, err.text);
	return false;
}

bool vcpu_memory_find(struct vm *vm, struct gpa gpa, struct guest_place *out)
{
	return memory_find_extent(&vm->memory, gpa, out) || find_elsewhere(vm, gpa, out);
}

static bool is_in_one_page(struct gpa gpa, u64 size)
{
	return size <= PAGE_SIZE - (gpa.addr & (PAGE_SIZE - 1));
}

bool vcpu_memory_read(struct vm *vm, struct gpa gpa, void *buf, u64 size)
{
	struct guest_place place;

	if (!is_in_one_page(gpa, size) || !vcpu_memory_find(vm, gpa, &place))
		return false;
	memory_read_at(&place, buf, size);
	return true;
}

bool vcpu_memory_write(struct vm *vm, struct gpa gpa, const void *buf, u64 size)
{
	struct guest_place place;

	if (!is_in_one_page(gpa, size) || !vcpu_memory_find(vm, gpa, &place))
		return false;
	memory_write_at(&place, buf, size);
	return true;
}

/* --- Translation --- */

/* Without memory at gpa all bits read as 1, as from a bus, and the walk reports reserved bits. */
static enum guest_result read_entry(void *ctx, struct gpa gpa, unsigned size, u64 *entry)
{
	struct guest_place place;
	const void *window;

	*entry = size == 8 ? UINT64_MAX : UINT32_MAX;
	if (!vcpu_memory_find(ctx, gpa, &place))
		return GUEST_OK;
	window = window_map(WINDOW_GUEST_TABLE, place.at, place.type);
	if (size == 8)
		*entry = atomic_get((const u64 *)window);
	else
		*entry = atomic_get((const u32 *)window);
	window_unmap(WINDOW_GUEST_TABLE);
	return GUEST_OK;
}

/* Fully ordered, as the CPU's own update of an entry is, which is a locked access. */
static bool exchange(void *at, unsigned size, u64 expected, u64 desired)
{
	u32 expected32 = (u32)expected;

	if (size == 8)
		return atomic_compare_swap((u64 *)at, &expected, desired);
	return atomic_compare_swap((u32 *)at, &expected32, (u32)desired);
}

static enum guest_result exchange_entry(void *ctx, struct gpa gpa, unsigned size, u64 expected,
					u64 desired)
{
	struct guest_place place;
	bool done;

	if (!vcpu_memory_find(ctx, gpa, &place))
		return GUEST_OK;
	done = exchange(window_map(WINDOW_GUEST_TABLE, place.at, place.type), size, expected,
			desired);
	window_unmap(WINDOW_GUEST_TABLE);
	return done ? GUEST_OK : GUEST_RETRY;
}

static const struct walk_ops walk_ops = {
	.read = read_entry,
	.cmpxchg = exchange_entry,
};

void vcpu_memory_init(struct vcpu *vcpu)
{
	const struct cpu_model *model = &vcpu->vm->cpuid->model;

	vcpu->memory.walker = (struct walker){
		.ops = &walk_ops,
		.ctx = vcpu->vm,
		.maxphyaddr = model->phys_bits,
		.gigabyte_pages = cpu_model_has(model, FEATURE_PAGE1GB),
		.bit8_reserved = model->vendor == CPU_VENDOR_AMD,
	};
	apic_page_reset(&vcpu->memory.apic_page, &vcpu->vm->memory);
	vcpu->flush = true;
}

enum guest_result vcpu_memory_translate(struct vcpu *vcpu, u64 linear, unsigned access,
					struct gpa *out, struct guest_fault *fault)
{
	struct walk_result translation;
	enum guest_result result =
		walk_translate(&vcpu->memory.walker, &vcpu->ctl, vcpu->regs.rflags, linear, access,
			       &translation, fault);

	if (vcpu->wait.active) /* a page table is absent, and the walk has read ones instead */
		return GUEST_RETRY;
	if (result == GUEST_OK)
		*out = translation.gpa;
	return result;
}

void vcpu_memory_raise(struct vcpu *vcpu, const struct guest_fault *fault)
{
	struct event event = event_exception_error(fault->vector, fault->error);

	event.has_error = fault->has_error;
	if (fault->vector == EXC_PF)
		vcpu->ctl.cr2 = fault->cr2;
	vcpu_raise(vcpu, event);
}

/*
 * Fetches bytes that all lie in one page. False: they cannot be fetched; fault->vector is the
 * exception, or 0 for none.
 */
static bool fetch_part(struct vcpu *vcpu, u64 linear, u8 *bytes, size_t size,
		       struct guest_fault *fault)
{
	unsigned access = GUEST_FETCH | (vcpu->ctl.cpl == 3 ? GUEST_USER : 0);
	struct gpa gpa;
	enum guest_result result = vcpu_memory_translate(vcpu, linear, access, &gpa, fault);

	if (result != GUEST_FAULT)
		fault->vector = 0;
	if (result != GUEST_OK)
		return false;
	if (vcpu_memory_read(vcpu->vm, gpa, bytes, size))
		return true;
	memset(bytes, 0xff, size);
	return !memory_is_ram(&vcpu->vm->memory, gpa.addr, 1);
}

/*
 * Fetches bytes that may not belong to the instruction: neither waits for an absent page nor ends
 * the guest.
 */
static bool prefetch(struct vcpu *vcpu, u64 linear, u8 *bytes, size_t size)
{
	struct guest_fault fault;
	bool done;

	vcpu->memory.prefetches = true;
	done = fetch_part(vcpu, linear, bytes, size, &fault);
	vcpu->memory.prefetches = false;
	return done;
}

size_t vcpu_memory_fetch(struct vcpu *vcpu, u8 *bytes, size_t size)
{
	bool wide = decode_mode(&vcpu->ctl) == INSN_64;
	u64 linear = vcpu->regs.rip + (wide ? 0 : vcpu->ctl.seg[SEG_CS].base);
	struct guest_fault fault;
	size_t first;

	if (!wide)
		linear = (u32)linear;
	first = min_u64(size, PAGE_SIZE - (linear & (PAGE_SIZE - 1)));
	if (!fetch_part(vcpu, linear, bytes, first, &fault)) {
		if (fault.vector)
			vcpu_memory_raise(vcpu, &fault);
		return 0;
	}
	if (first < size && prefetch(vcpu, linear + first, bytes + first, size - first))
		first = size;
	return first;
}

/* --- Changes of the nested tables --- */

void vcpu_memory_flush(struct vm *vm, struct vcpu *self)
{
	struct pt retired = memory_retire(&vm->memory);

	vcpu_flush_all(vm, self);
	pt_flushed(&retired);
}

enum status vcpu_memory_remove(struct vm *vm, u64 gpa, u64 count, enum absent_why why,
			       struct error *err)
{
	struct guest_memory *memory = &vm->memory;
	struct pt_range range = {align_down(gpa, PAGE_SIZE), count * PAGE_SIZE};
	enum status status;
	bool flush;

	if (count == 0 || count > memory->size / PAGE_SIZE ||
	    !memory_is_ram(memory, range.start, range.size))
		return fail(err, ERR_NOT_FOUND, "%llu pages at 0x%llx: not all of it is RAM", count,
			    range.start);
	if (pages_enable_changes(memory, &flush, err) != OK)
		return err->status;
	if (flush)
		vcpu_flush_all(vm, NULL);
	status = pages_remove(memory, range, why, err);
	if (memory->nested.format)
		vcpu_memory_flush(vm, NULL);
	vm_wake_keeper(); /* vCPUs may already wait for one of these pages */
	return status;
}

void vcpu_memory_mtrr_written(struct vcpu *vcpu)
{
	if (!memory_types_exact(&vcpu->vm->memory) || vcpu->id != 0)
		return;
	vcpu->memory.retype = true;
	vcpu_reconsider(vcpu);
}

bool vcpu_memory_retype(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	enum status status;

	while ((status = memory_types_step(&vm->memory, vcpu->msr)) == ERR_BUSY) {
		vcpu_switch_away(vcpu, sched_yield);
		if (atomic_get(&vcpu->thread.pending) &
		    (PENDING_STOP | PENDING_MOVE | PENDING_PAUSE))
			return false;
	}
	if (status != OK)
		vm_stop(vm, VM_END_CRASH,
			"no memory for the page tables that its MTRRs need; memtype = pat needs "
			"none");
	vcpu->memory.retype = false;
	vcpu_memory_flush(vm, vcpu);
	return true;
}
