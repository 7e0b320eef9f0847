/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of a 16550A, for the driver of the host's and the model of the
 * guests' (National Semiconductor PC16550D "Registers"). Header only.
 */
#pragma once

#include "core/base/bits.h"

/* Offsets from the first port. */
enum uart_register {
	UART_DATA,    /* RBR, THR; divisor low while LCR.DLAB */
	UART_IER,     /* divisor high while LCR.DLAB */
	UART_IIR_FCR, /* IIR is read, FCR is written */
	UART_LCR,
	UART_MCR,
	UART_LSR,
	UART_MSR,
	UART_SCR,
};

enum {
	IER_RX = BIT(0),
	IER_THRE = BIT(1),
	IER_LINE = BIT(2),
	IER_MODEM = BIT(3),
	IER_MASK = BITS(3, 0),

	IIR_MODEM = 0x0,
	IIR_NONE = 0x1,
	IIR_THRE = 0x2,
	IIR_RX = 0x4,
	IIR_LINE = 0x6,
	IIR_TIMEOUT = 0xc,
	IIR_FIFO = BITS(7, 6),

	FCR_ENABLE = BIT(0),
	FCR_CLEAR_RX = BIT(1),
	FCR_CLEAR_TX = BIT(2),

	LCR_WORD = BITS(1, 0), /* its length less 5 */
	LCR_STOP = BIT(2),
	LCR_PARITY = BIT(3),
	LCR_DLAB = BIT(7),

	MCR_DTR = BIT(0),
	MCR_RTS = BIT(1),
	MCR_OUT1 = BIT(2),
	MCR_OUT2 = BIT(3), /* on a PC: lets the interrupt output through */
	MCR_LOOP = BIT(4),
	MCR_MASK = BITS(4, 0),

	LSR_DR = BIT(0),
	LSR_OE = BIT(1),
	LSR_THRE = BIT(5),
	LSR_TEMT = BIT(6),

	MSR_TERI = BIT(2),
	MSR_CTS = BIT(4),
	MSR_DSR = BIT(5),
	MSR_RI = BIT(6),
	MSR_DCD = BIT(7),
	MSR_DELTA_SHIFT = 4, /* from an input to its delta bit */
};

enum { UART_BASE_BAUD = 115200 }; /* bits a second at divisor 1: 1.8432 MHz / 16 */
