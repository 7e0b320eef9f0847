/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one serial line, shared by the log, the shell and every guest's console.
 * One of them has the keyboard; a guest's output goes to its ring, and to the
 * line while that guest has the keyboard.
 */
#pragma once

#include "core/types.h"

struct vm;
struct console_ring;

enum { CONSOLE_ESCAPE = 0x1d }; /* Ctrl-] */

/* Takes the log's output over. Before that the log writes by itself. */
void console_init(void);

/* A guest's output, kept while nobody looks. NULL: no memory. */
struct console_ring *console_ring_create(void);

/* One byte that a guest has written; the VM's lock is held. */
void console_guest_output(struct vm *vm, u8 byte);

/* Text of the shell's. */
void console_write(const char *text, size_t size);
void console_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Gives vm the keyboard and shows what it has printed meanwhile; NULL: the shell has it. */
void console_attach(struct vm *vm);
struct vm *console_attached(void);

/*
 * Passes what was typed to whom it belongs, for as long as they take it; calls
 * shell_input for the shell's. The administrator's thread only.
 */
void console_poll(void);
