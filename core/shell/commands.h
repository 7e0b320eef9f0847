/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of the shell and their table. To add a command, write its function
 * in the file of its subject, declare it here, and add its row in commands.c.
 */
#pragma once

#include "core/terminal/command.h"

extern const struct command_table commands;

/*
 * Finds the command that the words (count of them, at least 1) name, checks and
 * looks up its arguments, and runs it. Returns its error, or that of the arguments.
 */
enum status commands_run(const char *const *words, u32 count, struct report *out,
			 struct error *err) must_check;

/* Gives the values that an argument can have, as complete_values of complete.h says. */
bool commands_value(enum command_takes takes, u32 index, char *buf, size_t size);

/*
 * Prints a ring's text as a list of lines, from its oldest byte to the position
 * end. read copies text of source, as log_read copies text of the log.
 */
void commands_print_lines(struct report *out, const void *source, u64 end,
			  size_t (*read)(const void *source, u64 *position, char *text,
					 size_t size));

/* commands_machine.c: the hypervisor, its CPUs and its console */
command_show commands_machine_console, commands_machine_cpu_list, commands_machine_cpu_show;
command_show commands_machine_log, commands_machine_reboot, commands_machine_timing;
command_show commands_machine_version;
command_run commands_machine_console_mix, commands_machine_cpu_offline, commands_machine_cpu_online;
command_run commands_machine_panic, commands_machine_power_off;

/* commands_memory.c: the machine's memory and guests' */
command_show commands_memory_dump, commands_memory_owners;
command_run commands_memory_evict, commands_memory_map, commands_memory_pnp, commands_memory_poison;
command_run commands_memory_type, commands_memory_walk;

/* commands_trace.c */
command_show commands_trace_off;
command_run commands_trace_dump, commands_trace_on;

/* commands_vm.c: guests and their vCPUs */
command_show commands_vm_list, commands_vm_log, commands_vm_show;
command_run commands_vm_apic, commands_vm_exits, commands_vm_regs, commands_vm_stop;
command_run commands_vm_where;
