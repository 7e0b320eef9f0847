/* SPDX-License-Identifier: BSD-2-Clause */
/* The hypervisor's prompt: a line at a time, each command ends with "ok" or "error: ...". */
#pragma once

#include "core/status.h"
#include "core/types.h"

struct vm;

enum { SHELL_WORDS_MAX = 8 };

/* The keyboard has come to the shell: shows the prompt. */
void shell_begin(void);

/* One typed character. */
void shell_input(char c);

/* Gives vm the keyboard once the running command has said how it ended. */
void shell_hand_over(struct vm *vm);

/* Writes prompt and the line typed so far again, by put. */
void shell_redraw(void (*put)(const char *text, size_t size));

/*
 * core/shell/commands.c: runs the command whose words these are. Its output is
 * printed; an error is printed by the caller.
 */
enum status commands_run(const char *const *words, u32 count, struct error *err) must_check;

/* The administrator's thread: starts the guests, then serves console and shell for ever. */
_Noreturn void shell_thread(void *unused);
