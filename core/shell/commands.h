/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands: to add one, write its function beside its noun's and its row in
 * commands.c.
 */
#pragma once

#include "core/terminal/command.h"

extern const struct command_table commands;

/* Finds the command, checks and looks up its arguments, runs it. */
enum status commands_run(const char *const *words, u32 count, struct report *out,
			 struct error *err) must_check;

/* The values that an argument may have, for complete(). */
bool commands_value(enum command_takes takes, u32 index, char *buf, size_t size);
