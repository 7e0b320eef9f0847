/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator sees of memory. */
#include "core/shell/mem_commands.h"

#include "core/base/bits.h"
#include "core/base/image.h"
#include "core/cpus/caps.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/mtrr.h"
#include "core/memory/types.h"
#include "core/terminal/report.h"
#include "mm/host/heap.h"
#include "mm/host/ram.h"

static void print_size(struct report *out, const char *key, const char *name, u64 bytes)
{
	report_row(out);
	report_string(out, key, -16, name);
	report_number(out, "kib", 10, bytes / KIB);
	report_note(out, " KiB");
	report_row_end(out);
}

/* What the hypervisor's share is for; heap that is free will be used before more is taken. */
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

enum status mem_owners(const struct argument *args, struct report *out, struct error *err)
{
	(void)args;
	(void)err;
	report_list(out, "memory");
	for (u32 i = 0; i < FRAMES_GUEST_BASE + vm_count(); i++)
		print_size(out, "owner", owner_name((u16)i), ram_total((u16)i));
	report_list_end(out);
	print_purposes(out);
	return OK;
}

/* [start, end), and the size of it. */
static void print_range(struct report *out, u64 start, u64 end)
{
	report_hex(out, "start", 18, start);
	report_note(out, " to ");
	report_hex(out, "end", 18, end);
	report_number(out, "kib", 12, (end - start) / KIB);
	report_note(out, " KiB  ");
}

enum status mem_dump(const struct argument *args, struct report *out, struct error *err)
{
	struct extent extent;

	(void)args;
	(void)err;
	report_list(out, "extents");
	for (size_t i = 0; ram_extent_at(i, &extent); i++) {
		report_row(out);
		print_range(out, extent.start, extent.end);
		report_string(out, "owner", 0, owner_name(extent.owner));
		report_row_end(out);
	}
	report_list_end(out);
	return OK;
}

/* --- A guest's nested tables. Printing may wait, and the guest end meanwhile. --- */

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

	report_string(out, "access", -3, perms);
	report_string(out, "type", found->leaf.ignore_pat ? -2 : -3,
		      memtype_name(found->leaf.type));
	report_flag(out, "ignore_pat", "IPAT", found->leaf.ignore_pat);
	report_note(out, " pages of ");
	report_number(out, "page_kib", 0, pt_level_size(found->level) / KIB);
	report_note(out, " KiB");
}

static bool next_run(struct vm *vm, u64 *at, struct pt_run *run)
{
	bool found;

	spin_lock(&vm->memory.lock);
	found = pt_next_run(&vm->memory.nested, at, run);
	spin_unlock(&vm->memory.lock);
	return found;
}

enum status mem_map(const struct argument *args, struct report *out, struct error *err)
{
	struct vm *vm = args[0].vm;
	struct pt_run run;
	u64 at = 0;

	report_list(out, "runs");
	while (has_tables(vm, err) && next_run(vm, &at, &run)) {
		report_row(out);
		print_range(out, run.start, run.end);
		report_note(out, "at ");
		report_hex(out, "host", 18, run.first.to.addr);
		report_note(out, "  ");
		print_leaf(out, &run.first);
		report_row_end(out);
	}
	report_list_end(out);
	return err->status;
}

enum status mem_walk(const struct argument *args, struct report *out, struct error *err)
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
	for (unsigned i = 0; i < count; i++) {
		report_row(out);
		report_note(out, "level ");
		report_number(out, "level", 0, steps[i].level);
		report_note(out, "  table");
		report_hex(out, "table", 19, steps[i].table.addr);
		report_note(out, "  entry");
		report_hex(out, "entry", 19, steps[i].entry);
		report_row_end(out);
	}
	report_list_end(out);
	report_row(out);
	report_flag(out, "mapped", "at ", mapped);
	if (mapped) {
		report_hex(out, "host", 0, found.to.addr);
		report_note(out, "  ");
		print_leaf(out, &found);
	} else {
		report_note(out, "nothing is mapped there");
	}
	report_row_end(out);
	return OK;
}

/* What decides the types of accesses to one of a guest's addresses. */
struct typing {
	const struct pt_format *format;
	struct pt_found found;
	enum memtype guest, host; /* by MTRRs */
	u64 pat;
};

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
	msr_mtrrs(vm->vcpus[0]->msr, &vm->cpuid->model, &guest);
	mtrr_of(&cpu_this()->caps->cpu, &host);
	out->format = vm->memory.nested.format;
	out->guest = memtype_of_mtrrs(&guest, gpa, &end);
	out->host = memtype_of_mtrrs(&host, out->found.to.addr, &end);
	out->pat = memory_types_pat(&vm->memory, vm->vcpus[0]->pat);
	return true;
}

static void print_effective(struct report *out, const struct typing *typing)
{
	report_list(out, "pat");
	for (unsigned i = 0; i < 8; i++) {
		enum memtype type = memtype_in_pat(typing->pat, i);

		report_row(out);
		report_note(out, "PAT ");
		report_number(out, "entry", 0, i);
		report_note(out, "  ");
		report_string(out, "type", -3, memtype_name(type));
		report_note(out, " gives ");
		report_string(out, "effective", 0,
			      memtype_name(memtype_effective(typing->format, typing->found.leaf,
							     type, typing->host)));
		report_row_end(out);
	}
	report_list_end(out);
}

enum status mem_type(const struct argument *args, struct report *out, struct error *err)
{
	struct vm *vm = args[0].vm;
	struct typing typing;

	if (!has_tables(vm, err))
		return err->status;
	if (!find_typing(vm, args[1].number, &typing))
		return fail(err, ERR_NOT_FOUND, "0x%llx: nothing is mapped there", args[1].number);
	report_fact(out, "guest_mtrr", memtype_name(typing.guest));
	report_row(out);
	report_note(out, "leaf            ");
	print_leaf(out, &typing.found);
	report_row_end(out);
	report_fact(out, "host_mtrr", memtype_name(typing.host));
	print_effective(out, &typing);
	return OK;
}
