/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the machine's memory, guests' memory, and guests' absent pages. */
#include "core/base/bits.h"
#include "core/base/image.h"
#include "core/cpus/caps.h"
#include "core/guest/vcpu.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/mtrr.h"
#include "core/memory/types.h"
#include "core/shell/commands.h"
#include "core/terminal/report.h"
#include "core/vm/life.h"
#include "mm/host/heap.h"
#include "mm/host/ram.h"
#include "pv/pnp.h"

static void print_size(struct report *out, const char *key, const char *name, u64 bytes)
{
	report_row(out, "{%s}%-16s {kib}%10llu KiB", key, name, bytes / KIB);
}

/* The uses of the hypervisor's memory. The heap grows only when none of it is free. */
static void print_purposes(struct report *out)
{
	u64 heap, free;

	heap_usage(&heap, &free);
	report_list(out, "hypervisor");
	print_size(out, "purpose", "  image", image_size());
	print_size(out, "purpose", "  heap in use", heap - free);
	print_size(out, "purpose", "  heap free", free);
	print_size(out, "purpose", "  stacks", ram_total(FRAMES_HYPERVISOR) - image_size() - heap);
	report_list_end(out);
}

static const char *owner_name(u16 owner)
{
	static const char *const owners[] = {"free", "hypervisor", "modules", "firmware"};

	return owner < FRAMES_GUEST_BASE ? owners[owner]
					 : vm_by_id(owner - FRAMES_GUEST_BASE)->config->name;
}

void commands_memory_owners(const struct argument *args, struct report *out)
{
	(void)args;
	report_list(out, "memory");
	for (u32 i = 0; i < FRAMES_GUEST_BASE + vm_count(); i++)
		print_size(out, "owner", owner_name((u16)i), ram_total((u16)i));
	report_list_end(out);
	print_purposes(out);
}

void commands_memory_dump(const struct argument *args, struct report *out)
{
	struct extent extent;

	(void)args;
	report_list(out, "extents");
	for (size_t i = 0; ram_extent_at(i, &extent); i++)
		report_row(out, "{start}%#18llx to {end}%#18llx{kib}%12llu KiB  {owner}%s",
			   extent.start, extent.end, (extent.end - extent.start) / KIB,
			   owner_name(extent.owner));
	report_list_end(out);
}

/*
 * --- A guest's nested tables. Printing may wait, and the guest may end meanwhile. ---
 */

static bool has_tables(const struct vm *vm, struct error *err)
{
	if (!vm->memory.nested.format)
		fail(err, ERR_NOT_FOUND, "%s: it has no memory: it is %s", vm->config->name,
		     vm_state_name(vm));
	return vm->memory.nested.format;
}

static void print_leaf(struct report *out, const struct pt_found *found)
{
	const char perms[] = {found->leaf.perms & PT_READ ? 'r' : '-',
			      found->leaf.perms & PT_WRITE ? 'w' : '-',
			      found->leaf.perms & PT_EXEC ? 'x' : '-', 0};

	report_fields(out,
		      "{access}%-3s {type}%-*s {ignore_pat?IPAT}%d pages of {page_kib}%llu KiB",
		      perms, found->leaf.ignore_pat ? 2 : 3, memtype_name(found->leaf.type),
		      found->leaf.ignore_pat, pt_level_size(found->level) / KIB);
}

static bool next_run(struct vm *vm, u64 *at, struct pt_run *run)
{
	bool found;

	spin_lock(&vm->memory.lock);
	found = pt_next_run(&vm->memory.nested, at, run);
	spin_unlock(&vm->memory.lock);
	return found;
}

enum status commands_memory_map(const struct argument *args, struct report *out, struct error *err)
{
	struct vm *vm = args[0].vm;
	struct pt_run run;
	u64 at = 0;

	report_list(out, "runs");
	while (has_tables(vm, err) && next_run(vm, &at, &run)) {
		report_fields(out,
			      "{start}%#18llx to {end}%#18llx{kib}%12llu KiB  at {host}%#18llx  ",
			      run.start, run.end, (run.end - run.start) / KIB, run.first.to.addr);
		print_leaf(out, &run.first);
		report_row_end(out);
	}
	report_list_end(out);
	return err->status;
}

enum status commands_memory_walk(const struct argument *args, struct report *out, struct error *err)
{
	struct vm *vm = args[0].vm;
	struct pt_step steps[PT_LEVELS_MAX];
	struct pt_found found;
	unsigned count;
	bool mapped;

	if (!has_tables(vm, err))
		return err->status;
	spin_lock(&vm->memory.lock);
	count = pt_walk(&vm->memory.nested, args[1].number, steps);
	mapped = pt_lookup(&vm->memory.nested, args[1].number, &found);
	spin_unlock(&vm->memory.lock);
	if (!count)
		return fail(err, ERR_RANGE, "0x%llx: guest-physical addresses end at 0x%llx",
			    args[1].number,
			    (pt_level_size(vm->memory.nested.format->levels) * PT_ENTRIES));
	report_list(out, "entries");
	for (unsigned i = 0; i < count; i++)
		report_row(out, "level {level}%u  table{table}%#19llx  entry{entry}%#19llx",
			   steps[i].level, steps[i].table.addr, steps[i].entry);
	report_list_end(out);
	report_fields(out, "{mapped?at }%d", mapped);
	if (mapped) {
		report_fields(out, "{host}%#llx  ", found.to.addr);
		print_leaf(out, &found);
	} else {
		report_fields(out, "nothing is mapped there");
	}
	report_row_end(out);
	return OK;
}

/* All that decides the memory types of accesses to one guest-physical address. */
struct typing {
	const struct pt_format *format;
	struct pt_found found;
	enum memtype guest, host; /* according to the MTRRs */
	u64 pat;		  /* that hardware uses */
};

/* False: the address is not mapped, or the guest has no vCPU. */
static bool find_typing(struct vm *vm, u64 gpa, struct typing *out)
{
	struct mtrrs guest, host;
	bool mapped;
	u64 end;

	spin_lock(&vm->memory.lock);
	mapped = pt_lookup(&vm->memory.nested, gpa, &out->found);
	spin_unlock(&vm->memory.lock);
	if (!mapped || !vm->vcpus || !vm->vcpus[0])
		return false;
	msr_get_mtrrs(vm->vcpus[0]->msr, &vm->cpuid->model, &guest);
	mtrr_of(&cpu_this()->caps->cpu, &host);
	out->format = vm->memory.nested.format;
	out->guest = memtype_of_mtrrs(&guest, gpa, &end);
	out->host = memtype_of_mtrrs(&host, out->found.to.addr, &end);
	out->pat = memory_types_pat(&vm->memory, vm->vcpus[0]->pat);
	return true;
}

enum status commands_memory_type(const struct argument *args, struct report *out, struct error *err)
{
	struct vm *vm = args[0].vm;
	struct typing typing;

	if (!has_tables(vm, err))
		return err->status;
	if (!find_typing(vm, args[1].number, &typing))
		return fail(err, ERR_NOT_FOUND, "0x%llx: nothing is mapped there", args[1].number);
	report_facts(out, "{guest_mtrr}%s", memtype_name(typing.guest));
	report_fields(out, "leaf            ");
	print_leaf(out, &typing.found);
	report_row_end(out);
	report_facts(out, "{host_mtrr}%s", memtype_name(typing.host));
	report_list(out, "pat");
	for (unsigned i = 0; i < 8; i++) {
		enum memtype type = memtype_in_pat(typing.pat, i);

		report_row(out, "PAT {entry}%u  {type}%-3s  gives {effective}%s", i,
			   memtype_name(type),
			   memtype_name(memtype_effective(typing.format, typing.found.leaf, type,
							  typing.host)));
	}
	report_list_end(out);
	return OK;
}

/* --- Absent pages, and a guest's page-not-present events --- */

static enum status remove_pages(const struct argument *args, enum absent_why why, struct error *err)
{
	u64 count = args[2].text ? args[2].number : 1;

	if (vm_life_check_running(args[0].vm, err) != OK)
		return err->status;
	return vcpu_memory_remove(args[0].vm, args[1].number, count, why, err);
}

enum status commands_memory_evict(const struct argument *args, struct report *out,
				  struct error *err)
{
	(void)out;
	return remove_pages(args, ABSENT_EVICTED, err);
}

enum status commands_memory_poison(const struct argument *args, struct report *out,
				   struct error *err)
{
	(void)out;
	return remove_pages(args, ABSENT_FAILED, err);
}

static void show_pager(const struct vm *vm, struct report *out)
{
	const struct pager pager = vm->as_pager;

	if (vm->pager)
		report_facts(out, "{pager}%s {brought}%llu {late}%llu", vm->pager->config->name,
			     vm->memory.pools.brought, vm->page_events.counts.late);
	if (pager.size)
		report_facts(out, "{pager_ring}%#llx {pager_ring_events}%u {pager_head}%u",
			     pager.ring, pager.size, pager.head);
}

static void show_vcpu(const struct vm *vm, u32 id, struct report *out)
{
	const struct vcpu *vcpu = vm->vcpus[id];
	struct page_registration registration = vcpu->registration;
	struct page_wait wait = vcpu->wait;

	report_fields(out, "vcpu{vcpu}%-3u {registered?}%d", id, registration.on);
	if (registration.on)
		report_fields(out, " data{data}%#15llx vectors {vector}%-3u {resolved_vector}%-3u ",
			      registration.data, registration.vector, registration.resolved);
	if (wait.active)
		report_fields(out, " sleeps for{sleeps_for}%#15llx", wait.gpa);
	report_row_end(out);
}

/*
 * Copies a guest's structures before it prints: printing may wait, and the guest may end meanwhile.
 */
enum status commands_memory_pnp(const struct argument *args, struct report *out, struct error *err)
{
	const struct vm *vm = args[0].vm;
	const struct page_counts counts = vm->page_events.counts;
	struct pnp pnp;

	if (vm_life_check_running(vm, err) != OK)
		return err->status;
	pnp = *vm->page_events.pnp;
	report_facts(out, "{told}%llu {slept}%llu {resolved}%llu {failed}%llu {taken_away}%u",
		     counts.notified, counts.slept, counts.resolved, counts.failed,
		     vm->memory.absent.count);
	show_pager(vm, out);
	if (pnp.size)
		report_facts(out, "{ring}%#llx {ring_events}%u {head}%u {tokens_out}%u", pnp.ring,
			     pnp.size, pnp.head, pnp.out);
	report_list(out, "tokens");
	for (int i = pnp_next(&pnp, 0); i >= 0; i = pnp_next(&pnp, (unsigned)i + 1)) {
		report_row(out, "token{token}%#12x of vcpu {vcpu}%u for{gpa}%#15llx",
			   pnp.token[i].value, pnp.token[i].vcpu, pnp.token[i].request.gpa);
	}
	report_list_end(out);
	report_list(out, "vcpus");
	for (u32 i = 0; vm->vcpus && i < vm->vcpu_count; i++)
		show_vcpu(vm, i, out);
	report_list_end(out);
	return OK;
}
