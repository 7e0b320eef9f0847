/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator does to guests and sees of them. */
#include "core/shell/vm_commands.h"

#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/console/console.h"
#include "core/guest/vcpu_record.h"
#include "core/guest/vcpu_trace.h"
#include "core/guest/vm.h"
#include "core/host/trace.h"
#include "core/terminal/report.h"
#include "drivers/host/clock.h"

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
			      (vm->memory.size ? vm->memory.size : vm->config->memory) / MIB);
		report_note(out, " MiB  starts ");
		report_number(out, "starts", -1, vm->life.starts);
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

	for (u32 i = 0; i < vm->records.count; i++)
		sum += vm->vcpus ? vm->vcpus[i]->exits[kind] : vm->records.at[i].exits[kind];
	return sum;
}

/* Of all vCPUs, since the trace was turned on; false: it is off. */
static bool sum_times(const struct vm *vm, struct vcpu_times *sum)
{
	*sum = (struct vcpu_times){0};
	for (u32 i = 0; vm->vcpus && i < vm->vcpu_count; i++) {
		const struct vcpu_times *times = &vm->vcpus[i]->times;

		if (!vcpu_times_valid(vm->vcpus[i]))
			continue;
		for (unsigned kind = 0; kind < EXIT_KIND_COUNT; kind++)
			sum->exit[kind] += times->exit[kind];
		sum->guest += times->guest;
		sum->service += times->service;
		sum->waiting += times->waiting;
	}
	return vm->vcpus && trace_on();
}

static u64 total_of(const struct vcpu_times *times)
{
	u64 total = times->guest + times->service + times->waiting;

	for (unsigned kind = 0; kind < EXIT_KIND_COUNT; kind++)
		total += times->exit[kind];
	return max_u64(total, 1);
}

/* In hundredths of a percent of the vCPUs' time, and how long that was. */
static void show_time(u64 ticks, u64 total, struct report *out)
{
	u64 share = ticks / (total / 10000 + 1);

	report_number(out, "time_us", 12, clock_ns_from_tsc(ticks) / 1000);
	report_note(out, " us  ");
	report_number(out, "share_basis_points", 5, share);
	report_note(out, " of 10000");
}

static void show_rest(const char *name, u64 ticks, u64 total, struct report *out)
{
	report_row(out);
	report_string(out, "reason", -10, name);
	report_note(out, "            ");
	show_time(ticks, total, out);
	report_row_end(out);
}

enum status vm_exits(const struct argument *args, struct report *out, struct error *err)
{
	struct vm *vm = args[0].vm;
	struct vcpu_times times;
	bool timed = sum_times(vm, &times);
	u64 total = total_of(&times);

	if (!vm->life.starts || vm->life.state == VM_STARTING)
		return fail(err, ERR_BUSY, "%s: it is %s", args[0].text, vm_state_name(vm));
	report_list(out, "exits");
	for (unsigned kind = 0; kind < EXIT_KIND_COUNT; kind++) {
		report_row(out);
		report_string(out, "reason", -10, exit_kind_name(kind));
		report_number(out, "count", timed ? -11 : 0, sum_exits(vm, kind));
		if (timed)
			show_time(times.exit[kind], total, out);
		report_row_end(out);
	}
	if (timed) {
		show_rest("guest", times.guest, total, out);
		show_rest("service", times.service, total, out);
		show_rest("waiting", times.waiting, total, out);
	}
	report_list_end(out);
	return OK;
}

/* The ring's next line without its end, cut if it is longer than size; false: none before end. */
static bool next_line(const struct vm *vm, u64 *position, u64 end, char *line, size_t size)
{
	size_t length = 0;
	bool some = false;
	char c = 0;

	while (c != '\n' && *position < end && console_read_ring(vm, position, &c, 1) == 1) {
		some = true;
		if (c != '\n' && c != '\r' && length + 1 < size)
			line[length++] = c;
	}
	line[length] = '\0';
	return some;
}

enum status vm_log(const struct argument *args, struct report *out, struct error *err)
{
	/* What comes while this is printed is not for it: it may come without end. */
	u64 position = 0, end = console_ring_end(args[0].vm);
	char line[256];

	(void)err;
	report_list(out, "lines");
	while (next_line(args[0].vm, &position, end, line, sizeof(line))) {
		report_row(out);
		report_string(out, "text", 0, line);
		report_row_end(out);
		sched_yield();
	}
	report_list_end(out);
	return OK;
}

/* Text and JSON alike: "accelerated", or the reasons why not. */
static void report_reasons(struct report *out, u32 reasons)
{
	char text[256];
	size_t used = 0;

	for (unsigned i = 0; i < ACCEL_REASONS; i++)
		if (reasons & BIT(i))
			used += format_text(text + used, sizeof(text) - used, "%s%s",
					    used ? ", " : "emulated: ", accel_reason_name(i));
	report_string(out, "runs", 0, reasons ? text : "accelerated");
}

static void report_apic(struct report *out, const struct vcpu *vcpu)
{
	static const char *const modes[] = {
		[APIC_MODE_DISABLED] = "off",
		[APIC_MODE_XAPIC] = "xapic",
		[APIC_MODE_X2APIC] = "x2apic",
	};
	u32 id = vcpu->id, reasons = vcpu_accel_reasons(vcpu);
	struct vlapic_summary apic;

	/* Printing may wait, and the vCPU be gone then. */
	vlapic_summarize(vcpu->apic, &apic);
	report_row(out);
	report_note(out, "vcpu");
	report_number(out, "vcpu", -3, id);
	report_string(out, "mode", -6, modes[apic.mode]);
	report_note(out, "base ");
	report_hex(out, "base", 0, apic.base);
	report_note(out, " id ");
	report_hex(out, "id", 0, apic.id);
	report_note(out, " ldr ");
	report_hex(out, "ldr", 0, apic.ldr);
	report_note(out, " tpr ");
	report_hex(out, "tpr", 0, apic.tpr);
	report_note(out, " ppr ");
	report_hex(out, "ppr", 0, apic.ppr);
	report_note(out, " irr ");
	report_hex(out, "irr", 0, apic.irr_top);
	report_note(out, " isr ");
	report_hex(out, "isr", 0, apic.isr_top);
	report_note(out, " ");
	report_reasons(out, reasons);
	report_row_end(out);
}

enum status vm_apics(const struct argument *args, struct report *out, struct error *err)
{
	struct vm *vm = args[0].vm;

	if (!vm->vcpus)
		return fail(err, ERR_BUSY, "%s: it is %s", args[0].text, vm_state_name(vm));
	report_list(out, "apics");
	for (u32 i = 0; vm->vcpus && i < vm->vcpu_count; i++)
		report_apic(out, vm->vcpus[i]);
	report_list_end(out);
	return OK;
}
