/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model of a 16550A. Owns the chip's registers and its receive FIFO; never accesses
 * the console or an interrupt controller. Transmission takes no time: uart_write
 * passes each byte to the caller at once. If the caller cannot take more bytes, it
 * holds the line (uart_hold). Pure.
 */
#pragma once

#include "core/base/types.h"

enum { UART_PORTS = 8, UART_FIFO_SIZE = 16 };

struct uart {
	u8 ier, lcr, mcr, scr;
	u8 msr_delta;  /* MSR bits 3:0, cleared by reading MSR */
	u8 rx_trigger; /* bytes in the FIFO that make 'data available' */
	bool fifo;     /* FIFO mode */
	bool overrun;  /* LSR.OE */
	bool thre;     /* 'transmitter holding register empty' is pending */
	bool held;     /* uart_hold: LSR.THRE and TEMT stay clear */
	u8 rx[UART_FIFO_SIZE];
	u8 rx_head, rx_count;
	u16 divisor;
	u64 rx_touched; /* ns; when a byte last entered or left the receive FIFO */
};

/* Bits: the effects of a write. */
enum uart_effect {
	UART_EMIT = 1,	      /* send the written value to the console */
	UART_IRQ_DROPPED = 2, /* the interrupt output was low for a moment; it may be high again */
};

void uart_reset(struct uart *uart);

/* A guest's read of register reg, 0 to UART_PORTS - 1, with its side effects; now in ns. */
u8 uart_read(struct uart *uart, unsigned reg, u64 now);
/* A guest's write. Returns bits of enum uart_effect. */
unsigned uart_write(struct uart *uart, unsigned reg, u8 value, u64 now);

/* True if the receiver has room for a byte from the line; false in loopback mode. */
bool uart_can_receive(const struct uart *uart);
/* True if the guest has read all received bytes. */
bool uart_is_drained(const struct uart *uart);
/*
 * Receives a byte from the line. Without room a byte is lost and LSR.OE set; ignored in loopback.
 */
void uart_receive(struct uart *uart, u8 byte, u64 now);

/*
 * While the line is held, uart_write still emits a written byte, but LSR.THRE stays
 * clear, so that a guest that polls LSR before it writes will wait. A repeated call
 * with the same value has no effect.
 */
void uart_hold(struct uart *uart, bool held);

/* Returns the level of the interrupt output at now; it is low while MCR.OUT2 is clear. */
bool uart_irq(const struct uart *uart, u64 now);
/* Returns when the character timeout will raise the output, in ns; CLOCK_NONE if it will not. */
u64 uart_deadline(const struct uart *uart, u64 now);
