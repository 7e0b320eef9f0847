/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest memory by windows. Knows RAM and nothing of devices. */
#include "core/memory/memory.h"

#include "core/base/string.h"
#include "core/guest/vcpu.h"
#include "core/guest/vm.h"
#include "core/insn/emulate.h"
#include "core/memory/types.h"
#include "mm/host/host.h"
#include "mm/host/window.h"

/* Who has seen no changes has left when the first is made (vcpu_flush_all). */
static bool lookup(struct vm *vm, u64 gpa, struct pt_found *found)
{
	bool changes = __atomic_load_n(&vm->memory.changes, __ATOMIC_RELAXED), mapped;

	if (changes)
		spin_lock(&vm->memory.lock);
	mapped = pt_lookup(&vm->memory.nested, gpa, found);
	if (changes)
		spin_unlock(&vm->memory.lock);
	return mapped;
}

void guest_memory_mapped(struct vm *vm)
{
	if (vm->memory.apic_page)
		pt_overlay_sync(&vm->memory.apic_view);
}

/*
 * What others retire while this waits is not this flush's: the tables to be freed
 * leave the tree before it begins.
 */
void guest_memory_settle(struct vm *vm, struct vcpu *self)
{
	struct pt retired;

	spin_lock(&vm->memory.lock);
	guest_memory_mapped(vm);
	retired = vm->memory.nested;
	vm->memory.nested.retired = hpa_make(0);
	vm->memory.nested.stale = false;
	spin_unlock(&vm->memory.lock);
	vcpu_flush_all(vm, self);
	pt_flushed(&retired);
}

static bool find_mapped(struct vm *vm, struct gpa gpa, struct guest_place *out)
{
	struct pt_found found;

	while (!lookup(vm, gpa.addr, &found))
		if (!vm->memory.changes || !guest_page_fetch(vm, gpa.addr))
			return false;
	*out = (struct guest_place){found.to, found.leaf.type};
	return true;
}

/* From the last, which is the largest as a rule. */
static inline bool find(struct vm *vm, struct gpa gpa, struct guest_place *out)
{
	for (u32 i = vm->memory.extent_count; i-- > 0;) {
		const struct guest_extent *extent = &vm->memory.extent[i];
		u64 offset = gpa.addr - extent->gpa;

		if (offset < extent->size) {
			*out = (struct guest_place){hpa_make(extent->hpa + offset), MEMTYPE_WB};
			return true;
		}
	}
	return find_mapped(vm, gpa, out);
}

bool guest_find(struct vm *vm, struct gpa gpa, struct guest_place *out)
{
	return find(vm, gpa, out);
}

void guest_memory_add(struct vm *vm, u64 gpa, struct hpa hpa, u64 size)
{
	struct guest_memory *ram = &vm->memory;
	struct guest_extent *last = ram->extent + ram->extent_count - 1;

	if (ram->changes)
		return;
	if (ram->extent_count && last->gpa + last->size == gpa &&
	    last->hpa + last->size == hpa.addr)
		last->size += size;
	else if (ram->extent_count < GUEST_EXTENTS_MAX)
		ram->extent[ram->extent_count++] = (struct guest_extent){gpa, size, hpa.addr};
}

bool guest_is_ram(struct vm *vm, struct gpa gpa)
{
	struct guest_place place;

	return vm->memory.changes ? guest_pages_are_ram(vm, gpa.addr, 1) : find(vm, gpa, &place);
}

/* One access within a page. */
enum direction { FROM_GUEST, TO_GUEST };

/* What most accesses are is moved at once; the start of a REP MOVS takes longer. */
static void copy(void *dst, const void *src, u64 size)
{
	switch (size) {
	case 1:
		__builtin_memcpy(dst, src, 1);
		break;
	case 2:
		__builtin_memcpy(dst, src, 2);
		break;
	case 4:
		__builtin_memcpy(dst, src, 4);
		break;
	case 8:
		__builtin_memcpy(dst, src, 8);
		break;
	default:
		memcpy(dst, src, size);
	}
}

static bool access_page(struct vm *vm, struct gpa gpa, void *buf, u64 size, enum direction dir)
{
	struct guest_place place;
	void *window;

	if (!find(vm, gpa, &place))
		return false;
	window = window_map(WINDOW_GUEST_DATA, place.at, place.type);
	if (dir == TO_GUEST)
		copy(window, buf, size);
	else
		copy(buf, window, size);
	window_unmap(WINDOW_GUEST_DATA);
	return true;
}

static bool all_ram(struct vm *vm, struct gpa gpa, u64 size)
{
	struct pt_found found;

	if (vm->memory.changes)
		return guest_pages_are_ram(vm, gpa.addr, size);
	for (u64 at = gpa.addr; at < gpa.addr + size;
	     at = align_down(at, pt_level_size(found.level)) + pt_level_size(found.level))
		if (!lookup(vm, at, &found))
			return false;
	return gpa.addr + size >= gpa.addr;
}

static u64 page_rest(u64 addr, u64 size)
{
	return min_u64(size, PAGE_SIZE - (addr & (PAGE_SIZE - 1)));
}

static bool access_range(struct vm *vm, struct gpa gpa, u8 *buf, u64 size, enum direction dir)
{
	if (page_rest(gpa.addr, size) == size)
		return access_page(vm, gpa, buf, size, dir);
	if (!all_ram(vm, gpa, size))
		return false;
	for (u64 done = 0, part; done < size; done += part) {
		part = page_rest(gpa.addr + done, size - done);
		if (!access_page(vm, gpa_make(gpa.addr + done), buf + done, part, dir))
			return false;
	}
	return true;
}

bool guest_read(struct vm *vm, struct gpa gpa, void *buf, u64 size)
{
	return access_range(vm, gpa, buf, size, FROM_GUEST);
}

bool guest_write(struct vm *vm, struct gpa gpa, const void *buf, u64 size)
{
	return access_range(vm, gpa, (u8 *)buf, size, TO_GUEST);
}

bool guest_copy_in(struct vm *vm, struct gpa gpa, struct hpa from, u64 size)
{
	struct guest_place place;

	if (!all_ram(vm, gpa, size))
		return false;
	for (u64 done = 0, part; done < size; done += part) {
		part = page_rest(gpa.addr + done, size - done);
		if (!find(vm, gpa_make(gpa.addr + done), &place))
			return false;
		phys_copy(place.at, hpa_make(from.addr + done), part);
	}
	return true;
}

bool guest_zero(struct vm *vm, struct gpa gpa, u64 size)
{
	struct guest_place place;

	if (size && !all_ram(vm, gpa, size))
		return false;
	for (u64 done = 0, part; done < size; done += part) {
		part = page_rest(gpa.addr + done, size - done);
		if (!find(vm, gpa_make(gpa.addr + done), &place))
			return false;
		phys_zero(place.at, part);
	}
	return true;
}

/* A table where there is no memory reads as the bus does: all ones, which the walk finds reserved.
 */
static enum guest_result read_entry(void *ctx, struct gpa gpa, unsigned size, u64 *entry)
{
	struct guest_place place;
	const void *window;

	*entry = size == 8 ? UINT64_MAX : UINT32_MAX;
	if (!find(ctx, gpa, &place))
		return GUEST_OK;
	window = window_map(WINDOW_GUEST_TABLE, place.at, place.type);
	if (size == 8)
		*entry = __atomic_load_n((const u64 *)window, __ATOMIC_RELAXED);
	else
		*entry = __atomic_load_n((const u32 *)window, __ATOMIC_RELAXED);
	window_unmap(WINDOW_GUEST_TABLE);
	return GUEST_OK;
}

static bool exchange(void *at, unsigned size, u64 expected, u64 desired)
{
	u32 expected32 = (u32)expected;

	if (size == 8)
		return __atomic_compare_exchange_n((u64 *)at, &expected, desired, false,
						   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return __atomic_compare_exchange_n((u32 *)at, &expected32, (u32)desired, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static enum guest_result exchange_entry(void *ctx, struct gpa gpa, unsigned size, u64 expected,
					u64 desired)
{
	struct guest_place place;
	bool done;

	if (!find(ctx, gpa, &place))
		return GUEST_OK;
	done = exchange(window_map(WINDOW_GUEST_TABLE, place.at, place.type), size, expected,
			desired);
	window_unmap(WINDOW_GUEST_TABLE);
	return done ? GUEST_OK : GUEST_RETRY;
}

static const struct guest_walk_ops walk_ops = {
	.read = read_entry,
	.cmpxchg = exchange_entry,
};

void guest_memory_init(struct vm *vm)
{
	const struct cpu_model *model = &vm->cpuid->model;

	vm->memory.walker = (struct guest_walker){
		.ops = &walk_ops,
		.ctx = vm,
		.maxphyaddr = model->phys_bits,
		.gigabyte_pages = cpu_has(model, FEATURE_PAGE1GB),
		.bit8_reserved = model->vendor == CPU_VENDOR_AMD,
	};
	vm->memory.changes = guest_memtype_exact(vm) || vm->config->lazy != VM_LAZY_OFF;
	vm->memory.extent_count = 0;
}

enum guest_result guest_translate(struct vcpu *vcpu, u64 linear, unsigned access, struct gpa *out,
				  struct guest_fault *fault)
{
	struct guest_translation translation;
	enum guest_result result =
		guest_walk(&vcpu->vm->memory.walker, &vcpu->ctl, vcpu->regs.rflags, linear, access,
			   &translation, fault);

	if (vcpu->wait.wanted) /* for one of its tables: what was read in its stead is nothing */
		return GUEST_RETRY;
	if (result == GUEST_OK)
		*out = translation.gpa;
	return result;
}

void guest_raise(struct vcpu *vcpu, const struct guest_fault *fault)
{
	struct event event = event_exception_error(fault->vector, fault->error);

	event.has_error = fault->has_error;
	if (fault->vector == EXC_PF)
		vcpu->ctl.cr2 = fault->cr2;
	vcpu_raise(vcpu, event);
}

/* All within one page; false when it cannot be fetched. */
static bool fetch_part(struct vcpu *vcpu, u64 linear, u8 *bytes, size_t size,
		       struct guest_fault *fault)
{
	unsigned access = GUEST_FETCH | (vcpu->ctl.cpl == 3 ? GUEST_USER : 0);
	struct gpa gpa;
	enum guest_result result = guest_translate(vcpu, linear, access, &gpa, fault);

	if (result != GUEST_FAULT)
		fault->vector = 0;
	if (result != GUEST_OK)
		return false;
	if (access_page(vcpu->vm, gpa, bytes, size, FROM_GUEST))
		return true;
	memset(bytes, 0xff, size);
	return !guest_is_ram(vcpu->vm, gpa);
}

/* What the instruction may not have: nothing is waited for, and nobody ends over it. */
static bool prefetch(struct vcpu *vcpu, u64 linear, u8 *bytes, size_t size)
{
	struct guest_fault fault;
	bool done;

	vcpu->prefetches = true;
	done = fetch_part(vcpu, linear, bytes, size, &fault);
	vcpu->prefetches = false;
	return done;
}

size_t guest_fetch(struct vcpu *vcpu, u8 *bytes, size_t size)
{
	bool wide = insn_mode_of(&vcpu->ctl) == INSN_64;
	u64 linear = vcpu->regs.rip + (wide ? 0 : vcpu->ctl.seg[SEG_CS].base);
	struct guest_fault fault;
	size_t first;

	if (!wide)
		linear = (u32)linear;
	first = page_rest(linear, size);
	if (!fetch_part(vcpu, linear, bytes, first, &fault)) {
		if (fault.vector)
			guest_raise(vcpu, &fault);
		return 0;
	}
	if (first < size && prefetch(vcpu, linear + first, bytes + first, size - first))
		first = size;
	return first;
}
