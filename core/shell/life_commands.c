/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands for a guest's life, and all that is known of one. */
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/base/time.h"
#include "core/guest/vcpu_record.h"
#include "core/guest/vm.h"
#include "core/shell/vm_commands.h"
#include "core/terminal/report.h"
#include "drivers/host/clock.h"

enum { STOP_SECONDS = 30, STOP_SECONDS_MAX = 86400 };

enum status vm_stop_command(const struct argument *args, struct report *out, struct error *err)
{
	u64 seconds = args[1].text ? args[1].number : STOP_SECONDS;

	(void)out;
	if (seconds > STOP_SECONDS_MAX)
		return fail(err, ERR_RANGE, "at most %u seconds", STOP_SECONDS_MAX);
	return vm_shut_down(args[0].vm, (u32)seconds, err);
}

enum status vm_reset_command(const struct argument *args, struct report *out, struct error *err)
{
	(void)out;
	return vm_reset(args[0].vm, err);
}

enum status vm_pause_command(const struct argument *args, struct report *out, struct error *err)
{
	(void)out;
	return vm_pause(args[0].vm, err);
}

enum status vm_resume_command(const struct argument *args, struct report *out, struct error *err)
{
	(void)out;
	return vm_resume(args[0].vm, err);
}

static void show_config(const struct vm_config *config, struct report *out)
{
	static const char *const restarts[] = {"never", "on-failure", "always"};
	static const char *const apics[] = {"auto", "emulate", "accelerate"};
	static const char *const memtypes[] = {"pat", "wb", "mtrr"};

	report_fact(out, "kernel", config->kernel);
	report_fact(out, "initrd", config->initrd);
	report_fact(out, "cmdline", config->cmdline);
	report_fact(out, "restart", restarts[config->restart]);
	report_fact(out, "apic", apics[config->apic]);
	report_fact(out, "x2apic", config->x2apic ? "on" : "off");
	report_fact(out, "memtype", memtypes[config->memtype]);
}

static void show_life(const struct vm *vm, struct report *out)
{
	u64 now = clock_uptime_ns();
	bool lives = vm->life.state == VM_RUNNING || vm->life.state == VM_STOPPING;
	char end[ERROR_TEXT_SIZE];

	vm_describe_end(vm, end, sizeof(end));
	report_fact(out, "name", vm->config->name);
	report_fact(out, "state", vm_state_name(vm));
	report_fact(out, "end", end);
	if (vm->life.end == VM_END_EXIT)
		report_fact_number(out, "exit_code", vm->life.exit_code);
	report_fact_number(out, "starts", vm->life.starts);
	if (vm->life.starts)
		report_fact_number(out, "lived_ms",
				   ((lives ? now : vm->life.ended_at) - vm->life.started_at) /
					   NS_PER_MS);
	if (vm->life.restart_at)
		report_fact_number(out, "restarts_in_s",
				   (max_u64(vm->life.restart_at, now) - now) / NS_PER_S);
	if (vm->life.kill_at)
		report_fact_number(out, "killed_in_s",
				   (max_u64(vm->life.kill_at, now) - now) / NS_PER_S);
}

/* As the guest is told. */
static void show_map(const struct vm *vm, struct report *out)
{
	report_list(out, "map");
	for (u32 i = 0; i < vm->memory.map.e820_count; i++) {
		const struct guest_range *range = &vm->memory.map.e820[i];

		report_row(out);
		report_hex(out, "base", 14, range->base);
		report_note(out, " ");
		report_hex(out, "size", 14, range->size);
		report_note(out, " ");
		report_number(out, "type", 0, range->type);
		report_row_end(out);
	}
	report_list_end(out);
}

static void show_vcpu(const struct vm *vm, u32 id, struct report *out)
{
	const struct vcpu_record *record = &vm->records.at[id];
	const struct vcpu *vcpu = vm->vcpus ? vm->vcpus[id] : NULL;
	const u64 *exits = vcpu ? vcpu->exits : record->exits;
	u64 ran = vcpu ? sched_run_time(&vcpu->thread) : record->run_tsc, sum = 0;
	u32 cpu = vcpu ? vcpu->thread.cpu : record->cpu;

	/* Printing may wait, and the vCPU be gone then. */
	for (unsigned kind = 0; kind < EXIT_KIND_COUNT; kind++)
		sum += exits[kind];
	report_row(out);
	report_note(out, "vcpu");
	report_number(out, "vcpu", -3, id);
	report_note(out, " on cpu");
	report_number(out, "cpu", -3, cpu);
	report_note(out, " ran ms ");
	report_number(out, "run_ms", 8, clock_ns_from_tsc(ran) / NS_PER_MS);
	report_note(out, " exits ");
	report_number(out, "exits", 10, sum);
	if (record->taken && !vcpu) {
		report_note(out, " last RIP ");
		report_hex(out, "rip", 0, record->state.regs.rip);
	}
	report_row_end(out);
}

enum status vm_show(const struct argument *args, struct report *out, struct error *err)
{
	const struct vm *vm = args[0].vm;
	u32 cpus = vm->vcpu_count ? vm->vcpu_count : vm->config->cpus;

	(void)err;
	show_life(vm, out);
	show_config(vm->config, out);
	if (vm->life.kernel_kind)
		report_fact(out, "kernel_kind", vm->life.kernel_kind);
	report_fact_number(out, "memory_mib",
			   (vm->memory.size ? vm->memory.size : vm->config->memory) / MIB);
	report_fact_number(out, "cpus", cpus);
	report_fact_number(out, "unclaimed", atomic_get(&vm->chips.unclaimed));
	show_map(vm, out);
	report_list(out, "vcpus");
	for (u32 i = 0; vm->life.state != VM_STARTING && i < vm->records.count; i++)
		show_vcpu(vm, i, out);
	report_list_end(out);
	return OK;
}
