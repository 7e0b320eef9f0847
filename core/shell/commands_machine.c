/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands about the hypervisor itself: its physical CPUs, console, log and version,
 * and the commands that end it. 'panic' tests the report of a panic.
 */
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/base/string.h"
#include "core/base/version.h"
#include "core/console/console.h"
#include "core/cpus/caps.h"
#include "core/guest/vcpu.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/virt.h"
#include "core/shell/commands.h"
#include "core/shell/shell.h"
#include "core/terminal/report.h"
#include "core/vm/hotplug.h"
#include "core/vm/place.h"
#include "drivers/host/power.h"

void commands_machine_cpu_list(const struct argument *args, struct report *out)
{
	(void)args;
	report_list(out, "cpus");
	for (u32 i = 0; i < cpu_count(); i++) {
		const struct cpu *cpu = cpu_by_number(i);
		char name[8];

		format_text(name, sizeof(name), "cpu%u", i);
		report_row(out, "{name}%-7s APIC ID {apic_id}%-6u {state}%-8s {vcpus}%3u vCPUs",
			   name, cpu->apic_id, hotplug_state_name(cpu), vm_place_count(i));
	}
	report_list_end(out);
}

enum status commands_machine_cpu_offline(const struct argument *args, struct report *out,
					 struct error *err)
{
	(void)out;
	return hotplug_offline(cpu_by_number((u32)args[0].number), err);
}

enum status commands_machine_cpu_online(const struct argument *args, struct report *out,
					struct error *err)
{
	(void)out;
	return hotplug_online(cpu_by_number((u32)args[0].number), err);
}

static void show_vcpus(u32 cpu, struct report *out)
{
	report_list(out, "vcpus");
	for (u32 id = 0; id < vm_count(); id++) {
		const struct vm *vm = vm_by_id(id);

		for (u32 i = 0; vm->vcpus && i < vm->vcpu_count; i++)
			if (vm->vcpus[i] && vm->vcpus[i]->cpu == cpu)
				report_row(out, "vCPU {vcpu}%-3u {vm}%s", i, vm->config->name);
	}
	report_list_end(out);
}

static void show_caps(const struct caps_table *table, const void *caps, struct report *out)
{
	struct caps_cursor cursor = {0};
	char name[CAPS_NAME_SIZE], value[CAPS_VALUE_SIZE];

	while (caps_next(table, caps, &cursor, name, value))
		report_row(out, "{name}%-27s {value}%s", name, value);
}

void commands_machine_cpu_show(const struct argument *args, struct report *out)
{
	const struct cpu *cpu = cpu_by_number((u32)args[0].number);

	report_facts(out, "{state}%s", hotplug_state_name(cpu));
	if (cpu->why[0])
		report_facts(out, "{why}%s", cpu->why);
	report_facts(out, "{apic_id}%u {unknown_nmis}%u {virtualization}%s", cpu->apic_id,
		     cpu->unknown_nmis, cpu->backend ? virt->name : "off");
	show_vcpus(cpu->number, out);
	if (!cpu->caps)
		return;
	/* As they were when the CPU last came online. */
	report_list(out, "capabilities");
	show_caps(&cpu_caps_table, &cpu->caps->cpu, out);
	if (virt)
		show_caps(virt->caps, cpu->caps->backend, out);
	report_list_end(out);
}

void commands_machine_console(const struct argument *args, struct report *out)
{
	report_row(out, "{keyboard}%s has the keyboard; Ctrl-] comes back here", args[0].text);
	shell_hand_over(args[0].vm);
}

enum status commands_machine_console_mix(const struct argument *args, struct report *out,
					 struct error *err)
{
	bool on = strcmp(args[0].text, "on") == 0;

	(void)out;
	if (!on && strcmp(args[0].text, "off") != 0)
		return fail(err, ERR_INVALID, "'%s': on or off", args[0].text);
	console_set_mix(on);
	return OK;
}

static size_t read_log(const void *source, u64 *position, char *text, size_t size)
{
	(void)source;
	return log_read(position, text, size);
}

void commands_machine_log(const struct argument *args, struct report *out)
{
	(void)args;
	commands_print_lines(out, NULL, log_end(), read_log);
}

void commands_machine_version(const struct argument *args, struct report *out)
{
	(void)args;
	report_row(out, "ashlar {version}%s, {backend}%s", version_text,
		   virt ? virt->name : "no virtualization");
}

void commands_machine_timing(const struct argument *args, struct report *out)
{
	(void)args;
	report_facts(out, "{ticks}%llu", shell_last_ticks());
}

/* Ends the report with its verdict and sends both: the machine may not run after this. */
static void end_session(struct report *out)
{
	report_end(out, NULL);
	shell_print_ok();
	console_flush();
}

void commands_machine_reboot(const struct argument *args, struct report *out)
{
	(void)args;
	end_session(out);
	power_reset();
}

enum status commands_machine_power_off(const struct argument *args, struct report *out,
				       struct error *err)
{
	(void)args;
	if (!power_can_off())
		return fail(err, ERR_UNSUPPORTED,
			    "the firmware's tables name no way to switch off; 'reboot' works");
	end_session(out);
	power_off();
	return fail(err, ERR_UNSUPPORTED, "the machine has stayed on; 'reboot' works");
}

/* Recurses without end. The read after the call keeps the compiler from turning the call into a
 * loop. */
// NOLINTNEXTLINE(misc-no-recursion)
static never_inline u32 overflow_stack(u32 depth)
{
	volatile u32 room[32];

	room[0] = depth;
	return depth ? overflow_stack(depth + 1) + room[0] : 0;
}

enum status commands_machine_panic(const struct argument *args, struct report *out,
				   struct error *err)
{
	(void)out;
	if (!args[0].text)
		panic("asked for at the console");
	if (strcmp(args[0].text, "overflow") != 0)
		return fail(err, ERR_INVALID, "'%s' is no way to panic; 'overflow' is",
			    args[0].text);
	return fail(err, ERR_INVALID, "no end at depth %u", overflow_stack(1));
}
