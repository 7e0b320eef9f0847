/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the serial line that the log, the shell and all guests' consoles share:
 * receives bytes to send, those of each guest through a ring, and gives typed keys.
 * core/terminal/mux.h decides which byte is sent next. The UART's interrupt
 * handler sends and receives; if no interrupt arrives, console_poll does. Knows no
 * VM: the thread that reads the keys (the administrator, core/shell) decides where
 * the keys go.
 */
#pragma once

#include "core/base/types.h"

struct thread;
struct mux_ring;

enum { CONSOLE_ESCAPE = 0x1d }; /* Ctrl-]: a key that is never lost */

/* Makes the log write to the console. Before that call the log writes to the UART directly. */
void console_init(void);

/*
 * Enables the UART's interrupt, which is routed to this vector. If no interrupt
 * arrives within a second, the log says so once, and the UART stays polled.
 */
void console_use_interrupt(u8 vector);

/* Sets the thread to wake when keys or console_poll need it. Before that call none is woken. */
void console_set_admin(struct thread *thread);

/*
 * Creates the ring that keeps what a guest prints, whether it is shown or not. A
 * ring is never destroyed. name is kept, not copied. NULL: no memory.
 */
struct mux_ring *console_ring_create(const char *name);

/*
 * Adds one byte; the oldest is lost if the ring is full. True if the serial line is
 * so far behind that the guest's UART must be busy until console_ring_has_room.
 */
bool console_ring_write(struct mux_ring *ring, u8 byte);

/* True if the serial line has caught up with the ring, so that its guest may write. */
bool console_ring_has_room(struct mux_ring *ring);

/* Copies text of the ring, as log_read copies text of the log. */
size_t console_ring_read(const struct mux_ring *ring, u64 *position, char *text, size_t size);

/* The position behind the ring's last byte. */
u64 console_ring_end(const struct mux_ring *ring);

/*
 * Call when the ring's guest can receive keys again. Wakes the administrator if keys wait for it.
 */
void console_request_keys(const struct mux_ring *ring);

/* Shows this ring's backlog, and then each byte as it is written. NULL: shows the shell. */
void console_attach(struct mux_ring *ring);

/* True: whole lines of all rings are shown, with their guests' names. */
void console_set_mix(bool mix);

/*
 * Writes text of the shell. While the serial line is behind, other threads run; if
 * it sends nothing for 2 s, the text is dropped. The administrator's thread only.
 */
void console_write(const char *text, size_t size);
void console_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* True: the shell waits for keys, and the log and guests may interrupt its line. */
void console_set_idle(bool idle);

/* Sends what waits to be sent, up to 64 KiB, before the machine is reset. */
void console_flush(void);

/*
 * Sends and receives as much as the UART is ready for. True if the caller has to
 * call again at once, because no interrupt arrives and the UART is still sending.
 */
bool console_poll(void);

/* Gives the next key, which stays. False: no key waits. The administrator's thread only. */
bool console_peek_key(char *c);

/* Removes the key that console_peek_key has given. */
void console_remove_key(void);

/* Removes all keys before the first CONSOLE_ESCAPE. False: none waits, and all keys remain. */
bool console_skip_to_escape(void);

/* The TSC at the arrival of the last byte. */
u64 console_input_tsc(void);
