/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one serial line, shared by the log, the shell and every guest's console:
 * core/terminal/mux.h decides, this file sends and receives. The shell or one
 * guest has the keyboard. Bytes go out when the UART asks for them, by its
 * interrupt; where none comes, the administrator's thread looks after it.
 */
#pragma once

#include "core/base/types.h"

struct thread;
struct vm;
struct mux_ring;

enum { CONSOLE_ESCAPE = 0x1d }; /* Ctrl-] */

/*
 * Takes the log's output over. Before that the log writes by itself.
 * console_use_interrupt: the UART's arrives by this vector, or nobody knows.
 */
void console_init(void);
void console_use_interrupt(u8 vector);

/* Whom to wake when there is something for console_poll; before it runs, nobody. */
void console_set_admin(struct thread *thread);

/* A guest's output, kept whether it is shown or not. NULL: no memory. */
struct mux_ring *console_ring_create(const char *name);

/*
 * One byte that a guest has written; the VM's lock is held. True: the line is
 * behind, and the guest's UART is to be busy until console_wants_output.
 */
bool console_guest_output(struct vm *vm, u8 byte);
bool console_wants_output(const struct vm *vm);

/* The guest has read all it had been given; its lock is held. */
void console_guest_drained(const struct vm *vm);

/* Text of the shell's; waits while the line is behind. The administrator's thread only. */
void console_write(const char *text, size_t size);
void console_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The shell waits for keys, or not: is its line one that others may interrupt? */
void console_set_idle(bool idle);

/* Sends all that waits, before the machine goes. */
void console_flush(void);

/* Gives vm the keyboard and shows what it has printed meanwhile; NULL: the shell has it. */
void console_attach(struct vm *vm);

/* Are other guests' lines shown, with their names? */
void console_set_mix(bool mix);

/* As log_read, of what a guest has printed. */
size_t console_read_ring(const struct vm *vm, u64 *position, char *text, size_t size);

/* The position behind the last byte that a guest has printed so far. */
u64 console_ring_end(const struct vm *vm);

/*
 * Passes what was typed to whom it belongs, for as long as they take it; calls
 * shell_input for the shell's. False: there is more to do, as nobody but the
 * caller sends what waits. The administrator's thread only.
 */
bool console_poll(void);

/* TSC when the last byte came in. */
u64 console_input_tsc(void);
