/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the serial line that the log, the shell and all guests' consoles share.
 * Takes bytes to send, each guest's through a ring of its own, and gives typed
 * keys. core/terminal/mux.h decides what is sent next. The UART's interrupt
 * sends and receives; without one, console_poll does. Knows no VM: the thread
 * that reads the keys (the administrator, core/shell) decides where they go.
 */
#pragma once

#include "core/base/types.h"

struct thread;
struct mux_ring;

enum { CONSOLE_ESCAPE = 0x1d }; /* Ctrl-]: a key that is never lost */

/* Takes over the log's output. Until then the log writes to the UART itself. */
void console_init(void);

/* The UART's interrupt arrives by this vector. If none comes, the UART is polled. */
void console_use_interrupt(u8 vector);

/* The thread that is woken when console_poll or the keys need it. Until then, none is woken. */
void console_set_admin(struct thread *thread);

/*
 * Keeps what a guest prints, shown or not, and outlives the guest. name is kept,
 * not copied. NULL: no memory.
 */
struct mux_ring *console_ring_create(const char *name);

/*
 * Adds one byte; the oldest is lost if the ring is full. True if the line is so
 * far behind that the guest's UART must be busy until console_ring_has_room.
 */
bool console_ring_write(struct mux_ring *ring, u8 byte);

/* True if the line has caught up with the ring. */
bool console_ring_has_room(struct mux_ring *ring);

/* As log_read, of what the ring holds. */
size_t console_ring_read(const struct mux_ring *ring, u64 *position, char *text, size_t size);

/* The position behind the last byte that was written so far. */
u64 console_ring_end(const struct mux_ring *ring);

/* The guest of this ring can take keys again. Wakes the administrator if keys wait for it. */
void console_request_keys(const struct mux_ring *ring);

/* Shows this ring as it is written, its backlog first; NULL: the shell. */
void console_attach(struct mux_ring *ring);

/* Shows the lines of all rings, with their names, or not. */
void console_set_mix(bool mix);

/* Text of the shell's; waits while the line is behind. The administrator's thread only. */
void console_write(const char *text, size_t size);
void console_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* True: the shell waits for keys, and others may interrupt its line. */
void console_set_idle(bool idle);

/* Sends all that waits, before the machine is reset. */
void console_flush(void);

/*
 * Sends and receives what the UART is ready for. True if the caller has to call
 * again at once, because there is no interrupt and bytes wait to be sent.
 */
bool console_poll(void);

/* The next key, which remains; false: there is none. The administrator's thread only. */
bool console_peek_key(char *c);

/* Removes the key that console_peek_key gave. */
void console_remove_key(void);

/* Removes all keys before the first CONSOLE_ESCAPE; false: there is none, and all remain. */
bool console_skip_to_escape(void);

/* TSC when the last byte came in. */
u64 console_input_tsc(void);
