/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator sees of physical CPUs. */
#include "core/shell/cpu_commands.h"

#include "core/base/format.h"
#include "core/cpus/caps.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/virt.h"
#include "core/terminal/report.h"
#include "core/vm/hotplug.h"

enum status cpu_list(const struct argument *args, struct report *out, struct error *err)
{
	(void)args;
	(void)err;
	report_list(out, "cpus");
	for (u32 i = 0; i < cpu_count(); i++) {
		char name[8];

		format_text(name, sizeof(name), "cpu%u", i);
		report_row(out);
		report_string(out, "name", -7, name);
		report_note(out, "APIC ID ");
		report_number(out, "apic_id", -6, cpu_by_number(i)->apic_id);
		report_string(out, "state", -8, hotplug_state_name(cpu_by_number(i)));
		report_number(out, "vcpus", 3, vm_vcpus_at(i));
		report_note(out, " vCPUs");
		report_row_end(out);
	}
	report_list_end(out);
	return OK;
}

enum status cpu_offline(const struct argument *args, struct report *out, struct error *err)
{
	(void)out;
	return hotplug_offline(cpu_by_number((u32)args[0].number), err);
}

enum status cpu_online(const struct argument *args, struct report *out, struct error *err)
{
	(void)out;
	return hotplug_online(cpu_by_number((u32)args[0].number), err);
}

static void show_vcpus(u32 cpu, struct report *out)
{
	report_list(out, "vcpus");
	for (u32 id = 0; id < vm_count(); id++) {
		const struct vm *vm = vm_by_id(id);

		for (u32 i = 0; vm->vcpus && i < vm->vcpu_count; i++) {
			if (!vm->vcpus[i] || vm->vcpus[i]->cpu != cpu)
				continue;
			report_row(out);
			report_note(out, "vCPU ");
			report_number(out, "vcpu", -3, i);
			report_string(out, "vm", 0, vm->config->name);
			report_row_end(out);
		}
	}
	report_list_end(out);
}

static void show_caps(const struct caps_table *table, const void *caps, struct report *out)
{
	struct caps_cursor cursor = {0};
	char name[CAPS_NAME_SIZE], value[CAPS_VALUE_SIZE];

	while (caps_next(table, caps, &cursor, name, value)) {
		report_row(out);
		report_string(out, "name", -27, name);
		report_string(out, "value", 0, value);
		report_row_end(out);
	}
}

/* As the CPU found itself, on its way to being online. */
static void show_snapshot(const struct caps_snapshot *caps, struct report *out)
{
	report_list(out, "capabilities");
	show_caps(&cpu_caps_table, &caps->cpu, out);
	if (virt)
		show_caps(virt->caps, caps->backend, out);
	report_list_end(out);
}

enum status cpu_show(const struct argument *args, struct report *out, struct error *err)
{
	const struct cpu *cpu = cpu_by_number((u32)args[0].number);

	(void)err;
	report_fact(out, "state", hotplug_state_name(cpu));
	if (cpu->why[0])
		report_fact(out, "why", cpu->why);
	report_fact_number(out, "apic_id", cpu->apic_id);
	report_fact_number(out, "unknown_nmis", cpu->unknown_nmis);
	report_fact(out, "virtualization", cpu->backend ? virt->name : "off");
	show_vcpus(cpu->number, out);
	if (cpu->caps)
		show_snapshot(cpu->caps, out);
	return OK;
}
