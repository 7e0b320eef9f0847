/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host 16550 UART. Polled while the machine starts and when it panics;
 * between, its user is told by an interrupt. No lock: that is the user's.
 */
#pragma once

#include "core/base/types.h"

enum { PORT_DELAY = 0x80 }; /* POST codes: an access does nothing and takes about 1 us */

enum {
	SERIAL_COM1 = 0x3f8,
	SERIAL_COM2 = 0x2f8,
	SERIAL_COM3 = 0x3e8,
	SERIAL_COM4 = 0x2e8,
	SERIAL_DEFAULT_BAUD = 115200,
	SERIAL_FIFO_SIZE = 16,
};

/*
 * Sets 8N1 and FIFOs at baud (which divides 115200). False when no UART answers
 * at port, and then output goes where it went before. Port 0: nowhere.
 */
bool serial_init(u16 port, u32 baud);

/* Is there a UART? */
bool serial_is_open(void);

/* Waits while the FIFO is full, but for a bounded time: a dead line cannot stop the hypervisor. */
void serial_write(const char *text, size_t size);

/* The next received byte, or -1. Never waits. */
int serial_read(void);

/* Is the transmit FIFO empty, and takes SERIAL_FIFO_SIZE bytes? True as well without a UART. */
bool serial_can_send(void);
void serial_send(const char *text, size_t size);

/* An interrupt from now on when something was received, and when the FIFO becomes empty. */
void serial_enable_interrupts(void);

/* Is there still a cause? Asking takes away that of an empty FIFO, so send before. */
bool serial_interrupt_pending(void);

/*
 * For a panic: no more interrupts, and what take still has goes out first. take
 * fills buf and returns how much; 0: that was all. NULL: nothing waits.
 */
void serial_set_backlog(size_t (*take)(char *buf, size_t size));
void serial_panic(void);

/* Waits until all has left the chip, for a bounded time. */
void serial_drain(void);

/* In use; 0: none. */
u16 serial_port(void);

/* The PC's interrupt line of that port; -1: not one of the PC's four. */
int serial_isa_irq(u16 port);
