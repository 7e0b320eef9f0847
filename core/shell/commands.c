/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands, what their arguments refer to, and help. */
#include "core/shell/commands.h"

#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/string.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/shell/console_commands.h"
#include "core/shell/cpu_commands.h"
#include "core/shell/machine_commands.h"
#include "core/shell/mem_commands.h"
#include "core/shell/page_commands.h"
#include "core/shell/trace_commands.h"
#include "core/shell/vcpu_commands.h"
#include "core/shell/vm_commands.h"
#include "core/terminal/report.h"

static enum status help(const struct argument *args, struct report *out, struct error *err);

/* By name: 'help' lists them so. */
static const struct command rows[] = {
	// clang-format off
	{"apic", "VM", {TAKES_VM},
		"a guest's APICs, and whether hardware runs them", "irr and isr are the highest "
		"vectors pending and in service, 0 for none. What hardware changes meanwhile is "
		"seen as it is in the page.", vm_apics},
	{"console", "VM", {TAKES_VM},
		"give a guest the keyboard; Ctrl-] takes it back",
		"What it has printed since it was last shown comes first. Ctrl-] twice gives the "
		"keyboard back to the guest that had it, and types one Ctrl-] there.", console_attach_command},
	{"console mix", "on|off", {TAKES_WORD},
		"show all guests' lines, with their names",
		"Lines of guests that have not got the keyboard, as '[name] line', whole lines only.",
		console_mix_command},
	{"cpu list", "", {TAKES_NOTHING},
		"the physical CPUs", NULL, cpu_list},
	{"cpu offline", "CPU", {TAKES_CPU},
		"use a CPU no more", "Its vCPUs move to others that their affinity allows, and "
		"virtualization is turned off there.", cpu_offline},
	{"cpu online", "CPU", {TAKES_CPU},
		"use a CPU again that is offline", "It is looked at as when it was started, and parked "
		"if it has lost anything.", cpu_online},
	{"cpu show", "CPU", {TAKES_CPU},
		"all that is known of a CPU", NULL, cpu_show},
	{"exits", "VM", {TAKES_VM},
		"a guest's exits by reason", NULL, vm_exits},
	{"help", "[COMMAND [WORD]]", {TAKES_WORD, TAKES_WORD},
		"this list, or one command", NULL, help},
	{"log", "", {TAKES_NOTHING},
		"the hypervisor's log", "All lines that the ring still has, whatever log= says.",
		machine_log},
	{"mem", "", {TAKES_NOTHING},
		"physical memory by owner", NULL, mem_owners},
	{"mem dump", "", {TAKES_NOTHING},
		"physical memory by address", "Every page of RAM, and what firmware keeps, has one "
		"owner.", mem_dump},
	{"mem map", "VM", {TAKES_VM},
		"a guest's memory, and where it is", "Guest-physical and host-physical addresses, as "
		"the nested page tables have them. A vCPU's APIC page is not among them.", mem_map},
	{"mem type", "VM GPA", {TAKES_VM, TAKES_NUMBER},
		"the memory type at a guest-physical address, and what decides it", "For each entry "
		"of the first vCPU's PAT; its MTRRs count for all.", mem_type},
	{"mem walk", "VM GPA", {TAKES_VM, TAKES_NUMBER},
		"the nested page-table entries for a guest-physical address", NULL, mem_walk},
	{"panic", "[overflow]", {TAKES_WORD},
		"end the hypervisor with a report (a test)", "'panic overflow' has it end as when a "
		"stack is too small.", machine_panic},
	{"pnp", "VM", {TAKES_VM},
		"a guest's page-not-present events", "Who is told of them, which are out, who sleeps "
		"for a page, and counts of this life.", page_events_show},
	{"poweroff", "", {TAKES_NOTHING},
		"switch the machine off", "Guests are not asked.", machine_power_off},
	{"reboot", "", {TAKES_NOTHING},
		"reset the machine", "Guests are not asked.", machine_reboot},
	{"timing", "", {TAKES_NOTHING},
		"what the last command took",
		"Ticks of the TSC, from the arrival of its last key to its verdict.", machine_timing},
	{"trace dump", "[COUNT]", {TAKES_NUMBER},
		"the latest events of all CPUs, in order of time", "64, or as many as are asked for "
		"and a CPU's ring still has. Nothing is noted meanwhile.", trace_dump_command},
	{"trace off", "", {TAKES_NOTHING},
		"note no more events", "Those that were noted stay.", trace_off_command},
	{"trace on", "", {TAKES_NOTHING},
		"note exits, injections, IPIs, switches, wake-ups and hypercalls", "Meanwhile 'exits' "
		"also tells where the time goes.", trace_on_command},
	{"vcpu regs", "VM N", {TAKES_VM, TAKES_NUMBER},
		"all registers of a vCPU", "Of one that runs, at an instruction boundary; of a dead "
		"guest's, as they were at its end.", vcpu_regs},
	{"vcpu where", "VM N", {TAKES_VM, TAKES_NUMBER},
		"where a vCPU is and what it waits for", NULL, vcpu_where},
	{"version", "", {TAKES_NOTHING},
		"this build and its backend", NULL, machine_version},
	{"vm evict", "VM GPA [COUNT]", {TAKES_VM, TAKES_NUMBER, TAKES_NUMBER},
		"take pages of a guest's memory away", "Their contents are kept, and each comes back "
		"when it is touched: a test of guests that want to be told.", vm_evict},
	{"vm kill", "VM", {TAKES_VM},
		"stop a guest at once", "Its memory is zeroed and free again; what 'vm list' says of "
		"it stays until its next start. A restart that waits is given up.", vm_kill_command},
	{"vm list", "", {TAKES_NOTHING},
		"the guests, their state and how they ended", NULL, vm_list},
	{"vm log", "VM", {TAKES_VM},
		"what a guest has printed", "The last 16 KiB; after its end, too.", vm_log},
	{"vm pause", "VM", {TAKES_VM},
		"hold a guest, its time standing still", NULL, vm_pause_command},
	{"vm poison", "VM GPA [COUNT]", {TAKES_VM, TAKES_NUMBER, TAKES_NUMBER},
		"have pages of a guest's memory fail", "As memory that the machine reports broken. "
		"The guest ends when it touches one, unless it is told of it.", vm_poison},
	{"vm reset", "VM", {TAKES_VM},
		"kill a guest and start it again", NULL, vm_reset_command},
	{"vm resume", "VM", {TAKES_VM},
		"let a paused guest go on", NULL, vm_resume_command},
	{"vm show", "VM", {TAKES_VM},
		"all that is known of a guest", NULL, vm_show},
	{"vm start", "VM", {TAKES_VM},
		"start a guest that is stopped", "The log says when it runs, or why not.",
		vm_start_command},
	{"vm stop", "VM [SECONDS]", {TAKES_VM, TAKES_NUMBER},
		"press a guest's power button", "It is killed when it still runs after so many "
		"seconds (30), and is not restarted.", vm_stop_command},
	// clang-format on
};

const struct command_table commands = {rows, ARRAY_SIZE(rows)};

static void print_command(struct report *out, const struct command *command)
{
	int width = 17 - (int)strlen(command->name);

	report_row(out);
	report_string(out, "command", 0, command->name);
	report_note(out, " ");
	report_string(out, "arguments", width < 0 ? -width : -1, command->arguments);
	report_string(out, "summary", 0, command->summary);
	report_row_end(out);
}

static enum status help_one(const struct command *command, struct report *out)
{
	report_row(out);
	report_note(out, "usage: ");
	report_string(out, "command", 0, command->name);
	report_note(out, " ");
	report_string(out, "arguments", 0, command->arguments);
	report_row_end(out);
	report_row(out);
	report_string(out, "summary", 0, command->summary);
	report_row_end(out);
	if (command->more) {
		report_row(out);
		report_string(out, "more", 0, command->more);
		report_row_end(out);
	}
	return OK;
}

static enum status help(const struct argument *args, struct report *out, struct error *err)
{
	const char *words[] = {args[0].text, args[1].text};
	const struct command *command;
	u32 used;

	if (args[0].text) {
		command = command_find(&commands, words, args[1].text ? 2 : 1, &used, err);
		return command ? help_one(command, out) : err->status;
	}
	report_list(out, "commands");
	for (u32 i = 0; i < commands.count; i++)
		print_command(out, &commands.rows[i]);
	report_list_end(out);
	report_note(out, "With --json a command's output is one JSON object on one line.");
	return OK;
}

static enum status look_up_vm(struct argument *arg, struct error *err)
{
	arg->vm = vm_find(arg->text);
	if (!arg->vm)
		return fail(err, ERR_NOT_FOUND, "no guest is named '%s'; 'vm list' shows them",
			    arg->text);
	return OK;
}

static enum status look_up_cpu(struct argument *arg, struct error *err)
{
	const char *digits = strncmp(arg->text, "cpu", 3) == 0 ? arg->text + 3 : arg->text;

	if (!command_parse_number(digits, &arg->number) || arg->number >= cpu_count())
		return fail(err, ERR_NOT_FOUND, "no CPU '%s'; 'cpu list' shows them", arg->text);
	return OK;
}

static enum status look_up(enum command_takes takes, struct argument *arg, struct error *err)
{
	switch (takes) {
	case TAKES_VM:
		return look_up_vm(arg, err);
	case TAKES_CPU:
		return look_up_cpu(arg, err);
	case TAKES_NUMBER:
		if (!command_parse_number(arg->text, &arg->number))
			return fail(err, ERR_INVALID, "'%s' is no number (12 or 0xc)", arg->text);
		return OK;
	default:
		return OK;
	}
}

bool commands_value(enum command_takes takes, u32 index, char *buf, size_t size)
{
	if (takes == TAKES_VM && index < vm_count()) {
		format_text(buf, size, "%s", vm_by_id(index)->config->name);
		return true;
	}
	if (takes == TAKES_CPU && index < cpu_count()) {
		format_text(buf, size, "%u", index);
		return true;
	}
	return false;
}

enum status commands_run(const char *const *words, u32 count, struct report *out, struct error *err)
{
	struct argument args[COMMAND_ARGUMENTS_MAX] = {0};
	const struct command *command;
	enum status status;
	u32 used;

	command = command_find(&commands, words, count, &used, err);
	if (!command)
		return err->status;
	status = command_check_count(command, count - used, err);
	for (u32 i = 0; status == OK && i < count - used; i++) {
		args[i].text = words[used + i];
		status = look_up(command->takes[i], &args[i], err);
	}
	return status == OK ? command->run(args, out, err) : status;
}
