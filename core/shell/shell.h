/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the hypervisor's prompt and the administrator's thread, which reads a line,
 * runs the command, and prints "ok" or "error: ...". All functions are for that
 * thread only. Never builds or unbuilds a VM: the keeper does.
 */
#pragma once

#include "core/base/types.h"

struct vm;

/* Shows the prompt. Call when the shell gets the keyboard. */
void shell_begin(void);

/* Handles one typed character. */
void shell_input(char c);

/* Call when no typed character waits: an ESC typed a while ago is then a key. */
void shell_input_idle(void);

/* Makes vm get the keyboard when the running command has ended and its verdict is printed. */
void shell_hand_over(struct vm *vm);

/* TSC ticks from the last key of the command before this one to its verdict. */
u64 shell_last_ticks(void);

/* Prints the verdict of a command that does not return. */
void shell_print_ok(void);

/* The administrator's thread: starts the guests, then serves the console and the shell. */
_Noreturn void shell_thread(void *unused);
