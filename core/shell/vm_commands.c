/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator does to guests and sees of them. */
#include "core/shell/vm_commands.h"

#include "core/bits.h"
#include "core/shell/report.h"
#include "core/vcpu_record.h"
#include "core/vm.h"

enum status vm_list(const struct argument *args, struct report *out, struct error *err)
{
	char end[ERROR_TEXT_SIZE];

	(void)args;
	(void)err;
	report_list(out, "vms");
	for (u32 i = 0; i < vm_count(); i++) {
		const struct vm *vm = vm_by_id(i);

		vm_describe_end(vm, end, sizeof(end));
		report_row(out);
		report_string(out, "name", -16, vm->config->name);
		report_string(out, "state", -8, vm_state_name(vm));
		report_number(out, "cpus", 3, vm->vcpu_count ? vm->vcpu_count : vm->config->cpus);
		report_note(out, " vCPUs ");
		report_number(out, "memory_mib", 6,
			      (vm->memory ? vm->memory : vm->config->memory) / MIB);
		report_note(out, " MiB  starts ");
		report_number(out, "starts", -1, vm->starts);
		report_note(out, " ");
		report_string(out, "end", 0, end);
		report_row_end(out);
	}
	report_list_end(out);
	return OK;
}

enum status vm_start_command(const struct argument *args, struct report *out, struct error *err)
{
	(void)out;
	return vm_start(args[0].vm, err);
}

enum status vm_kill_command(const struct argument *args, struct report *out, struct error *err)
{
	(void)out;
	return vm_kill(args[0].vm, err);
}

/* Of a guest that has ended: as they were. */
static u64 sum_exits(const struct vm *vm, unsigned kind)
{
	u64 sum = 0;

	for (u32 i = 0; i < vm->record_count; i++)
		sum += vm->vcpus ? vm->vcpus[i]->exits[kind] : vm->records[i].exits[kind];
	return sum;
}

enum status vm_exits(const struct argument *args, struct report *out, struct error *err)
{
	struct vm *vm = args[0].vm;

	if (!vm->starts || vm->state == VM_STARTING)
		return fail(err, ERR_BUSY, "%s: it is %s", args[0].text, vm_state_name(vm));
	report_list(out, "exits");
	for (unsigned kind = 0; kind < EXIT_KIND_COUNT; kind++) {
		report_row(out);
		report_string(out, "reason", -10, exit_kind_name(kind));
		report_number(out, "count", 0, sum_exits(vm, kind));
		report_row_end(out);
	}
	report_list_end(out);
	return OK;
}
