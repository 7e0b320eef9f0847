/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of one 16550 UART of the host. During boot and in a panic the UART is
 * polled; in between it raises interrupts. Never takes a lock: its user
 * (core/console) holds one around each call.
 */
#pragma once

#include "core/base/types.h"

enum { PORT_DELAY = 0x80 }; /* POST codes: an access has no effect and takes about 1 us */

enum {
	SERIAL_COM1 = 0x3f8,
	SERIAL_COM2 = 0x2f8,
	SERIAL_COM3 = 0x3e8,
	SERIAL_COM4 = 0x2e8,
	SERIAL_DEFAULT_BAUD = 115200,
	SERIAL_FIFO_SIZE = 16,
};

/*
 * Opens the UART at port with 8N1 and FIFOs. baud must divide 115200; 0 means 115200.
 * False if no UART answers at port; the UART used so far then stays in use. Port 0:
 * no UART is in use from now on; false.
 */
bool serial_init(u16 port, u32 baud);

/* True if a UART is in use. */
bool serial_is_open(void);

/* Sends text, and waits while the FIFO is full. The wait is bounded; then the rest is dropped. */
void serial_write(const char *text, size_t size);

/* Returns the next received byte, or -1 if none has arrived. Never waits. */
int serial_read(void);

/* True if the transmit FIFO is empty, with room for SERIAL_FIFO_SIZE bytes; also without a UART. */
bool serial_can_send(void);

/* Sends at most SERIAL_FIFO_SIZE bytes without a wait; serial_can_send must be true. */
void serial_send(const char *text, size_t size);

/* From now on the UART raises an interrupt for received bytes and for an empty transmit FIFO. */
void serial_enable_interrupts(void);

/*
 * True if an interrupt is still pending. The call clears the 'FIFO empty' interrupt,
 * so the caller must send waiting output first.
 */
bool serial_interrupt_pending(void);

/*
 * serial_panic disables the UART's interrupts and sends the output that still waits
 * elsewhere, which it fetches with the function set by serial_set_backlog. That
 * function fills buf, removes the output from its queue and returns the number of
 * bytes; 0: no more. NULL: no output waits anywhere.
 */
void serial_set_backlog(size_t (*read_backlog)(char *buf, size_t size));
void serial_panic(void);

/* Waits until the chip has sent all bytes, for a bounded time. */
void serial_drain(void);

/* Returns the port of the UART in use; 0: none. */
u16 serial_port(void);

/* Returns the ISA interrupt line of a PC's COM port; -1 if port is none of the four. */
int serial_isa_irq(u16 port);
