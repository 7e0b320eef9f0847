/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the hypervisor's prompt and the administrator's thread: reads a line, runs the
 * command, prints "ok" or "error: ...".
 */
#pragma once

#include "core/base/types.h"

struct vm;

/* Shows the prompt, because the shell has been given the keyboard. */
void shell_begin(void);

/* Takes one typed character. shell_input_idle: no character waits. */
void shell_input(char c);
void shell_input_idle(void);

/* Gives vm the keyboard after the verdict of the running command. */
void shell_hand_over(struct vm *vm);

/* TSC ticks from the last key of the command before this one to its verdict. */
u64 shell_last_ticks(void);

/* For a command that does not return: prints its verdict. */
void shell_print_ok(void);

/* The administrator's thread: starts the guests, then serves the console and the shell. */
_Noreturn void shell_thread(void *unused);
