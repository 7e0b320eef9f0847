/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator sees of memory. */
#include "core/shell/mem_commands.h"

#include "core/bits.h"
#include "core/image.h"
#include "core/shell/report.h"
#include "core/vm.h"
#include "mm/host.h"
#include "mm/ram.h"

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
	if (!vm->nested.format)
		fail(err, ERR_NOT_FOUND, "%s: it has no memory: it is %s", vm->config->name,
		     vm_state_name(vm));
	return vm->nested.format;
}

/* Guest-physical [start, end) with one set of attributes, in one piece of host memory. */
struct run {
	u64 start, end;
	struct pt_found first;
};

static bool continues(const struct run *run, const struct pt_found *found)
{
	return found->to.addr == run->first.to.addr + (run->end - run->start) &&
	       found->level == run->first.level && found->leaf.perms == run->first.leaf.perms &&
	       found->leaf.type == run->first.leaf.type &&
	       found->leaf.ignore_pat == run->first.leaf.ignore_pat;
}

/* The first run at or above *at, which moves behind it; false: nothing is mapped there. */
static bool next_run(const struct pt *pt, u64 *at, struct run *run)
{
	u64 end = pt_level_size(pt->format->levels) * PT_ENTRIES;
	struct pt_found found;
	bool begun = false;

	for (; *at < end;
	     *at = align_down(*at, pt_level_size(found.level)) + pt_level_size(found.level)) {
		bool mapped = pt_lookup(pt, *at, &found);

		if (begun && (!mapped || !continues(run, &found)))
			return true;
		if (mapped && !begun)
			*run = (struct run){*at, *at, found};
		begun |= mapped;
		if (mapped)
			run->end += pt_level_size(found.level);
	}
	return begun;
}

static const char *type_name(u8 type)
{
	static const char *const names[PT_MEMTYPES] = {"UC", "WC", "?",	 "?",
						       "WT", "WP", "WB", "UC-"};

	return type < PT_MEMTYPES ? names[type] : "?";
}

static void print_leaf(struct report *out, const struct pt_found *found)
{
	const char perms[] = {found->leaf.perms & PT_READ ? 'r' : '-',
			      found->leaf.perms & PT_WRITE ? 'w' : '-',
			      found->leaf.perms & PT_EXEC ? 'x' : '-', 0};

	report_string(out, "access", -3, perms);
	report_string(out, "type", found->leaf.ignore_pat ? -2 : -3, type_name(found->leaf.type));
	report_flag(out, "ignore_pat", "IPAT", found->leaf.ignore_pat);
	report_note(out, " pages of ");
	report_number(out, "page_kib", 0, pt_level_size(found->level) / KIB);
	report_note(out, " KiB");
}

enum status mem_map(const struct argument *args, struct report *out, struct error *err)
{
	const struct vm *vm = args[0].vm;
	struct run run;
	u64 at = 0;

	report_list(out, "runs");
	while (has_tables(vm, err) && next_run(&vm->nested, &at, &run)) {
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
	const struct vm *vm = args[0].vm;
	struct pt_step steps[PT_LEVELS_MAX];
	struct pt_found found;
	unsigned count;
	bool mapped;

	if (!has_tables(vm, err))
		return err->status;
	count = pt_walk(&vm->nested, args[1].number, steps);
	mapped = pt_lookup(&vm->nested, args[1].number, &found);
	if (!count)
		return fail(err, ERR_RANGE, "0x%llx: guest-physical addresses end at 0x%llx",
			    (unsigned long long)args[1].number,
			    (unsigned long long)(pt_level_size(vm->nested.format->levels) *
						 PT_ENTRIES));
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
