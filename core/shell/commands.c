/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands: one table, one row a command, one function each. */
#include "core/cpu.h"
#include "core/log.h"
#include "core/shell/console.h"
#include "core/shell/shell.h"
#include "core/string.h"
#include "core/version.h"
#include "core/vm.h"
#include "drivers/host/power.h"
#include "mm/ram.h"

struct command {
	const char *first, *second; /* words; second may be NULL */
	const char *arguments;	    /* for help */
	const char *help;
	u32 argument_count;
	enum status (*run)(const char *const *argument, struct error *err);
};

static enum status find_vm(const char *name, struct vm **vm, struct error *err)
{
	*vm = vm_find(name);
	if (!*vm)
		return fail(err, ERR_NOT_FOUND, "no guest is named '%s'; 'vm list' shows them",
			    name);
	return OK;
}

static enum status vm_list(const char *const *argument, struct error *err)
{
	char end[ERROR_TEXT_SIZE];

	(void)argument;
	(void)err;
	for (u32 i = 0; i < vm_count(); i++) {
		const struct vm *vm = vm_by_id(i);

		vm_describe_end(vm, end, sizeof(end));
		console_print(
			"%-16s %-8s %3u vCPUs %6llu MiB  starts %u  %s\r\n", vm->config->name,
			vm_state_name(vm), vm->vcpu_count ? vm->vcpu_count : vm->config->cpus,
			(unsigned long long)((vm->memory ? vm->memory : vm->config->memory) / MIB),
			vm->starts, end);
	}
	return OK;
}

static enum status vm_start_command(const char *const *argument, struct error *err)
{
	struct vm *vm;

	if (find_vm(argument[0], &vm, err) != OK)
		return err->status;
	return vm_start(vm, err);
}

static enum status vm_kill(const char *const *argument, struct error *err)
{
	struct vm *vm;

	if (find_vm(argument[0], &vm, err) != OK)
		return err->status;
	if (vm->state != VM_RUNNING)
		return fail(err, ERR_BUSY, "%s: it is %s", argument[0], vm_state_name(vm));
	vm_stop(vm, VM_END_KILLED, "");
	return OK;
}

static enum status exits(const char *const *argument, struct error *err)
{
	struct vm *vm;

	if (find_vm(argument[0], &vm, err) != OK)
		return err->status;
	if (!vm->vcpus)
		return fail(err, ERR_BUSY, "%s: it is %s", argument[0], vm_state_name(vm));
	for (unsigned kind = 0; kind < EXIT_KIND_COUNT; kind++) {
		u64 sum = 0;

		for (u32 i = 0; i < vm->vcpu_count; i++)
			sum += vm->vcpus[i]->exits[kind];
		console_print("%-10s %llu\r\n", exit_kind_name(kind), (unsigned long long)sum);
	}
	return OK;
}

static enum status cpu_list(const char *const *argument, struct error *err)
{
	static const char *const states[] = {
		[CPU_STARTING] = "starting",
		[CPU_ONLINE] = "online",
		[CPU_PARKED] = "parked",
		[CPU_DEAD] = "dead",
	};

	(void)argument;
	(void)err;
	for (u32 i = 0; i < cpu_count(); i++)
		console_print("cpu%-4u APIC ID %-6u %s\r\n", i, cpu_by_number(i)->apic_id,
			      states[cpu_by_number(i)->state]);
	return OK;
}

static enum status mem(const char *const *argument, struct error *err)
{
	static const char *const owners[] = {"free", "hypervisor", "modules", "firmware"};

	(void)argument;
	(void)err;
	for (u32 i = 0; i < ARRAY_SIZE(owners); i++)
		console_print("%-16s %10llu KiB\r\n", owners[i],
			      (unsigned long long)(ram_total((u16)i) / KIB));
	for (u32 i = 0; i < vm_count(); i++)
		console_print("%-16s %10llu KiB\r\n", vm_by_id(i)->config->name,
			      (unsigned long long)(ram_total((u16)(FRAMES_GUEST_BASE + i)) / KIB));
	return OK;
}

static enum status console(const char *const *argument, struct error *err)
{
	struct vm *vm;

	if (find_vm(argument[0], &vm, err) != OK)
		return err->status;
	console_print("%s has the keyboard; Ctrl-] comes back here\r\n", argument[0]);
	shell_hand_over(vm);
	return OK;
}

static enum status show_log(const char *const *argument, struct error *err)
{
	char text[256];
	u64 position = 0;
	size_t size;

	(void)argument;
	(void)err;
	while ((size = log_read(&position, text, sizeof(text))) > 0) {
		for (size_t i = 0; i < size; i++)
			console_print(text[i] == '\n' ? "\r\n" : "%c", text[i]);
		sched_yield();
	}
	return OK;
}

static enum status version(const char *const *argument, struct error *err)
{
	(void)argument;
	(void)err;
	console_print("ashlar %s, %s\r\n", version_text, virt ? virt->name : "no virtualization");
	return OK;
}

static enum status reboot(const char *const *argument, struct error *err)
{
	(void)argument;
	(void)err;
	console_print("ok\r\n");
	power_reset();
}

static enum status poweroff(const char *const *argument, struct error *err)
{
	(void)argument;
	console_print("ok\r\n");
	power_off();
	return fail(err, ERR_UNSUPPORTED,
		    "the firmware's tables name no way to switch off; 'reboot' works");
}

static enum status help(const char *const *argument, struct error *err);

static const struct command commands[] = {
	{"vm", "list", "", "the guests, their state and how they ended", 0, vm_list},
	{"vm", "start", "NAME", "start a guest that is stopped", 1, vm_start_command},
	{"vm", "kill", "NAME", "stop a guest at once", 1, vm_kill},
	{"cpu", "list", "", "the physical CPUs", 0, cpu_list},
	{"console", NULL, "NAME", "give a guest the keyboard; Ctrl-] takes it back", 1, console},
	{"exits", NULL, "NAME", "a guest's exits by reason", 1, exits},
	{"mem", NULL, "", "physical memory by owner", 0, mem},
	{"log", NULL, "", "the hypervisor's log", 0, show_log},
	{"version", NULL, "", "this build and its backend", 0, version},
	{"reboot", NULL, "", "reset the machine", 0, reboot},
	{"poweroff", NULL, "", "switch the machine off", 0, poweroff},
	{"help", NULL, "", "this list", 0, help},
};

static enum status help(const char *const *argument, struct error *err)
{
	(void)argument;
	(void)err;
	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
		console_print(
			"%s%s%s %-*s %s\r\n", commands[i].first, commands[i].second ? " " : "",
			commands[i].second ? commands[i].second : "",
			16 - (int)strlen(commands[i].first) -
				(int)(commands[i].second ? strlen(commands[i].second) + 1 : 0),
			commands[i].arguments, commands[i].help);
	return OK;
}

static bool matches(const struct command *command, const char *const *words, u32 count)
{
	if (strcmp(command->first, words[0]) != 0)
		return false;
	return !command->second || (count > 1 && strcmp(command->second, words[1]) == 0);
}

enum status commands_run(const char *const *words, u32 count, struct error *err)
{
	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *command = &commands[i];
		u32 skip = command->second ? 2 : 1;

		if (!matches(command, words, count))
			continue;
		if (count - skip != command->argument_count)
			return fail(err, ERR_INVALID, "usage: %s %s %s", command->first,
				    command->second ? command->second : "", command->arguments);
		return command->run(words + skip, err);
	}
	return fail(err, ERR_NOT_FOUND, "no command '%s'; 'help' lists them", words[0]);
}
