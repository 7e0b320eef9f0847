/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the table of commands; looks up their arguments; has the command help. */
#include "core/shell/commands.h"

#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/span.h"
#include "core/base/string.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/sched.h"
#include "core/terminal/report.h"
#include "core/vm/life.h"

static enum status help(const struct argument *args, struct report *out, struct error *err);

/* Sorted by name, for 'help' and for completion. */
static const struct command rows[] = {
	// clang-format off
	{"apic", "VM", {TAKES_VM},
		"a guest's APICs, and whether hardware runs them", "irr and isr are the highest "
		"vectors pending and in service, 0 for none. What hardware changes meanwhile is "
		"seen as it is in the page.", .run = commands_vm_apic},
	{"console", "VM", {TAKES_VM},
		"give a guest the keyboard; Ctrl-] takes it back",
		"What it has printed since it was last shown comes first. Ctrl-] twice gives the "
		"keyboard back to the guest that had it, and types one Ctrl-] there.", .show = commands_machine_console},
	{"console mix", "on|off", {TAKES_WORD},
		"show all guests' lines, with their names",
		"Lines of guests that have not got the keyboard, as '[name] line', whole lines only.",
		.run = commands_machine_console_mix},
	{"cpu list", "", {TAKES_NOTHING},
		"the physical CPUs", NULL, .show = commands_machine_cpu_list},
	{"cpu offline", "CPU", {TAKES_CPU},
		"use a CPU no more", "Its vCPUs move to others that their affinity allows, and "
		"virtualization is turned off there.", .run = commands_machine_cpu_offline},
	{"cpu online", "CPU", {TAKES_CPU},
		"use a CPU again that is offline", "It is looked at as when it was started, and parked "
		"if it has lost anything.", .run = commands_machine_cpu_online},
	{"cpu show", "CPU", {TAKES_CPU},
		"all that is known of a CPU", NULL, .show = commands_machine_cpu_show},
	{"exits", "VM", {TAKES_VM},
		"a guest's exits by reason", NULL, .run = commands_vm_exits},
	{"help", "[COMMAND [WORD]]", {TAKES_WORD, TAKES_WORD},
		"this list, or one command", NULL, .run = help},
	{"log", "", {TAKES_NOTHING},
		"the hypervisor's log", "All lines that the ring still has, whatever log= says.",
		.show = commands_machine_log},
	{"mem", "", {TAKES_NOTHING},
		"physical memory by owner", NULL, .show = commands_memory_owners},
	{"mem dump", "", {TAKES_NOTHING},
		"physical memory by address", "Every page of RAM, and what firmware keeps, has one "
		"owner.", .show = commands_memory_dump},
	{"mem map", "VM", {TAKES_VM},
		"a guest's memory, and where it is", "Guest-physical and host-physical addresses, as "
		"the nested page tables have them. A vCPU's APIC page is not among them.", .run = commands_memory_map},
	{"mem type", "VM GPA", {TAKES_VM, TAKES_NUMBER},
		"the memory type at a guest-physical address, and what decides it", "For each entry "
		"of the first vCPU's PAT; its MTRRs count for all.", .run = commands_memory_type},
	{"mem walk", "VM GPA", {TAKES_VM, TAKES_NUMBER},
		"the nested page-table entries for a guest-physical address", NULL, .run = commands_memory_walk},
	{"panic", "[overflow]", {TAKES_WORD},
		"end the hypervisor with a report (a test)", "'panic overflow' has it end as when a "
		"stack is too small.", .run = commands_machine_panic},
	{"pnp", "VM", {TAKES_VM},
		"a guest's page-not-present events", "Who is told of them, which are out, who sleeps "
		"for a page, and counts of this life.", .run = commands_memory_pnp},
	{"poweroff", "", {TAKES_NOTHING},
		"switch the machine off", "Guests are not asked.", .run = commands_machine_power_off},
	{"reboot", "", {TAKES_NOTHING},
		"reset the machine", "Guests are not asked.", .show = commands_machine_reboot},
	{"timing", "", {TAKES_NOTHING},
		"what the last command took",
		"Ticks of the TSC, from the arrival of its last key to its verdict.", .show = commands_machine_timing},
	{"trace dump", "[COUNT]", {TAKES_NUMBER},
		"the latest events of all CPUs, in order of time", "64, or as many as are asked for "
		"and a CPU's ring still has. Nothing is noted meanwhile.", .run = commands_trace_dump},
	{"trace off", "", {TAKES_NOTHING},
		"note no more events", "Those that were noted stay.", .show = commands_trace_off},
	{"trace on", "", {TAKES_NOTHING},
		"note exits, injections, IPIs, switches, wake-ups and hypercalls", "Meanwhile 'exits' "
		"also tells where the time goes.", .run = commands_trace_on},
	{"vcpu regs", "VM N", {TAKES_VM, TAKES_NUMBER},
		"all registers of a vCPU", "Of one that runs, at an instruction boundary; of a dead "
		"guest's, as they were at its end.", .run = commands_vm_regs},
	{"vcpu where", "VM N", {TAKES_VM, TAKES_NUMBER},
		"where a vCPU is and what it waits for", NULL, .run = commands_vm_where},
	{"version", "", {TAKES_NOTHING},
		"this build and its backend", NULL, .show = commands_machine_version},
	{"vm evict", "VM GPA [COUNT]", {TAKES_VM, TAKES_NUMBER, TAKES_NUMBER},
		"take pages of a guest's memory away", "Their contents are kept, and each comes back "
		"when it is touched: a test of guests that want to be told.", .run = commands_memory_evict},
	{"vm kill", "VM", {TAKES_VM},
		"stop a guest at once", "Its memory is zeroed and free again; what 'vm list' says of "
		"it stays until its next start. A restart that waits is given up.", .change_vm = vm_life_kill},
	{"vm list", "", {TAKES_NOTHING},
		"the guests, their state and how they ended", NULL, .show = commands_vm_list},
	{"vm log", "VM", {TAKES_VM},
		"what a guest has printed", "The last 16 KiB; after its end, too.", .show = commands_vm_log},
	{"vm pause", "VM", {TAKES_VM},
		"hold a guest, its time standing still", NULL, .change_vm = vm_life_pause},
	{"vm poison", "VM GPA [COUNT]", {TAKES_VM, TAKES_NUMBER, TAKES_NUMBER},
		"have pages of a guest's memory fail", "As memory that the machine reports broken. "
		"The guest ends when it touches one, unless it is told of it.", .run = commands_memory_poison},
	{"vm reset", "VM", {TAKES_VM},
		"kill a guest and start it again", NULL, .change_vm = vm_life_reset},
	{"vm resume", "VM", {TAKES_VM},
		"let a paused guest go on", NULL, .change_vm = vm_life_resume},
	{"vm show", "VM", {TAKES_VM},
		"all that is known of a guest", NULL, .show = commands_vm_show},
	{"vm start", "VM", {TAKES_VM},
		"start a guest that is stopped", "The log says when it runs, or why not.",
		.change_vm = vm_life_start},
	{"vm stop", "VM [SECONDS]", {TAKES_VM, TAKES_NUMBER},
		"press a guest's power button", "It is killed when it still runs after so many "
		"seconds (30), and is not restarted.", .run = commands_vm_stop},
	// clang-format on
};

const struct command_table commands = {rows, ARRAY_SIZE(rows)};

static enum status help(const struct argument *args, struct report *out, struct error *err)
{
	const char *words[] = {args[0].text, args[1].text};
	const struct command *command;
	u32 used;

	if (args[0].text) {
		command = command_find(&commands, words, args[1].text ? 2 : 1, &used, err);
		if (!command)
			return err->status;
		report_row(out, "usage: {command}%s {arguments}%s", command->name,
			   command->arguments);
		report_row(out, "{summary}%s", command->summary);
		if (command->more)
			report_row(out, "{more}%s", command->more);
		return OK;
	}
	report_list(out, "commands");
	for (u32 i = 0; i < commands.count; i++)
		report_row(out, "{command}%s {arguments}%-1s {summary}%s", commands.rows[i].name,
			   commands.rows[i].arguments, commands.rows[i].summary);
	report_list_end(out);
	report_row(out, "With --json a command's output is one JSON object on one line.");
	return OK;
}

/* A source of text that is read line by line, up to the position end. */
struct lines {
	const void *source;
	u64 position, end;
	size_t (*read)(const void *source, u64 *position, char *text, size_t size);
};

/*
 * Reads one line without its CR and LF; characters that do not fit in size are
 * dropped. False: no text is left before the end.
 */
static bool next_line(struct lines *lines, char *line, size_t size)
{
	size_t length = 0;
	bool some = false;
	char c = 0;

	while (c != '\n' && lines->position < lines->end &&
	       lines->read(lines->source, &lines->position, &c, 1) == 1) {
		some = true;
		if (c != '\n' && c != '\r' && length + 1 < size)
			line[length++] = c;
	}
	line[length] = '\0';
	return some;
}

void commands_print_lines(struct report *out, const void *source, u64 end,
			  size_t (*read)(const void *source, u64 *position, char *text,
					 size_t size))
{
	struct lines lines = {source, 0, end, read};
	char line[256];

	report_list(out, "lines");
	while (next_line(&lines, line, sizeof(line))) {
		report_row(out, "{text}%s", line);
		sched_yield(); /* the serial line is slow: other threads run between lines */
	}
	report_list_end(out);
}

static enum status look_up_cpu(struct argument *arg, struct error *err)
{
	const char *digits = strncmp(arg->text, "cpu", 3) == 0 ? arg->text + 3 : arg->text;

	if (!span_number(span_of(digits), UINT64_MAX, &arg->number) || arg->number >= cpu_count())
		return fail(err, ERR_NOT_FOUND, "no CPU '%s'; 'cpu list' shows them", arg->text);
	return OK;
}

/* Finds the guest or the CPU that an argument names, or decodes its number. */
static enum status look_up(enum command_takes takes, struct argument *arg, struct error *err)
{
	switch (takes) {
	case TAKES_VM:
		arg->vm = vm_find(arg->text);
		if (!arg->vm)
			return fail(err, ERR_NOT_FOUND,
				    "no guest is named '%s'; 'vm list' shows them", arg->text);
		return OK;
	case TAKES_CPU:
		return look_up_cpu(arg, err);
	case TAKES_NUMBER:
		if (!span_number(span_of(arg->text), UINT64_MAX, &arg->number))
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
	return status == OK ? command_perform(command, args, out, err) : status;
}
