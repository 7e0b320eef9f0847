/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A 16550A as a guest sees it. Transmission takes no time, a byte that the
 * guest writes is the caller's at once; but the caller may hold the line. Owns the chip's registers
 * and receive FIFO; never touches the console or an interrupt controller. Pure.
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
	bool held;     /* the line takes nothing: LSR.THRE and TEMT stay clear */
	u8 rx[UART_FIFO_SIZE];
	u8 rx_head, rx_count;
	u16 divisor;
	u64 rx_touched; /* when a byte last entered or left the receive FIFO */
};

/* What a write did; a set of these. */
enum uart_effect {
	UART_EMIT = 1,	      /* the value written leaves on the line */
	UART_IRQ_DROPPED = 2, /* the interrupt output was low for a moment, whatever it is now */
};

void uart_reset(struct uart *uart);

/* reg: 0 to UART_PORTS - 1; now in ns. Reads have the chip's side effects. */
u8 uart_read(struct uart *uart, unsigned reg, u64 now);
/* Returns a set of enum uart_effect. */
unsigned uart_write(struct uart *uart, unsigned reg, u8 value, u64 now);

/* Is there room for a byte from the line? Never while in loopback. */
bool uart_can_receive(const struct uart *uart);
/* Has the guest read all that came? */
bool uart_is_drained(const struct uart *uart);
/* A byte arrives from the line. Without room it is lost and LSR.OE says so. */
void uart_receive(struct uart *uart, u8 byte, u64 now);

/*
 * While the line is held a byte that is written has left, but the register does
 * not become empty: a guest that looks before it writes waits.
 */
void uart_hold(struct uart *uart, bool held);

/* Level of the interrupt output behind OUT2, at now. */
bool uart_irq(const struct uart *uart, u64 now);
/* When the character timeout will raise the interrupt output; CLOCK_NONE if it will not. */
u64 uart_deadline(const struct uart *uart, u64 now);
