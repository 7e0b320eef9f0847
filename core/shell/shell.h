/* SPDX-License-Identifier: BSD-2-Clause */
/* The hypervisor's prompt: a line at a time, each command ends with "ok" or "error: ...". */
#pragma once

#include "core/base/types.h"

struct vm;

/* The keyboard has come to the shell: shows the prompt. */
void shell_begin(void);

/* One typed character, and that none has come. */
void shell_input(char c);
void shell_input_idle(void);

/* Gives vm the keyboard once the running command has said how it ended. */
void shell_hand_over(struct vm *vm);

/* TSC ticks from the last key of the command before this one to its verdict. */
u64 shell_last_ticks(void);

/* For a command from which nothing comes back: it has done what it could. */
void shell_print_ok(void);

/* The administrator's thread: starts the guests, then serves console and shell for ever. */
_Noreturn void shell_thread(void *unused);
