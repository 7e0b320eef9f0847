/* SPDX-License-Identifier: BSD-2-Clause */
/* The 16550A model: registers, receive FIFO and interrupt identification. Pure. */
#include "drivers/virt/uart.h"

#include "core/base/time.h"
#include "drivers/chips/uart_16550.h"
#include "drivers/virt/clock.h"

enum { TIMEOUT_CHARACTERS = 4, DIVISOR_ZERO = 0x10000 };

void uart_reset(struct uart *uart)
{
	*uart = (struct uart){.rx_trigger = 1, .divisor = 1};
}

static u32 rx_capacity(const struct uart *uart)
{
	return uart->fifo ? UART_FIFO_SIZE : 1;
}

static void rx_clear(struct uart *uart)
{
	uart->rx_head = 0;
	uart->rx_count = 0;
}

static void rx_push(struct uart *uart, u8 byte, u64 now)
{
	if (uart->rx_count == rx_capacity(uart)) {
		uart->overrun = true;
		if (uart->fifo)
			return;
		rx_clear(uart); /* without a FIFO the new byte replaces the old one */
	}
	uart->rx[(uart->rx_head + uart->rx_count) % UART_FIFO_SIZE] = byte;
	uart->rx_count++;
	uart->rx_touched = now;
}

static u8 rx_pop(struct uart *uart, u64 now)
{
	u8 byte = uart->rx[uart->rx_head];

	if (uart->rx_count == 0)
		return 0;
	uart->rx_head = (uart->rx_head + 1) % UART_FIFO_SIZE;
	uart->rx_count--;
	uart->rx_touched = now;
	return byte;
}

/* Returns the time of the receive timeout: four characters after the FIFO was last touched. */
static u64 rx_timeout(const struct uart *uart)
{
	/* A start bit, 5 to 8 data bits, a parity bit, one or two stop bits. */
	u64 bits = 1 + 5 + (uart->lcr & LCR_WORD) + (uart->lcr & LCR_PARITY ? 1 : 0) +
		   (uart->lcr & LCR_STOP ? 2 : 1);
	u64 divisor = uart->divisor ? uart->divisor : DIVISOR_ZERO;
	u64 wait = TIMEOUT_CHARACTERS * bits * divisor * NS_PER_S / UART_BASE_BAUD;

	return clock_add(uart->rx_touched, wait);
}

/* Returns MSR bits 7:4: a peer that is always connected and ready, or the outputs in loopback. */
static u8 modem_inputs(const struct uart *uart)
{
	u8 mcr = uart->mcr;

	if (!(mcr & MCR_LOOP))
		return MSR_CTS | MSR_DSR | MSR_DCD;
	return (mcr & MCR_RTS ? MSR_CTS : 0) | (mcr & MCR_DTR ? MSR_DSR : 0) |
	       (mcr & MCR_OUT1 ? MSR_RI : 0) | (mcr & MCR_OUT2 ? MSR_DCD : 0);
}

/* Returns IIR bits 3:0, the pending source with the highest priority (PC16550D "Interrupt
 * Control"). */
static u8 interrupt_source(const struct uart *uart, u64 now)
{
	if ((uart->ier & IER_LINE) && uart->overrun)
		return IIR_LINE;
	if ((uart->ier & IER_RX) && uart->rx_count > 0) {
		if (!uart->fifo || uart->rx_count >= uart->rx_trigger)
			return IIR_RX;
		if (now >= rx_timeout(uart))
			return IIR_TIMEOUT;
	}
	if ((uart->ier & IER_THRE) && uart->thre)
		return IIR_THRE;
	if ((uart->ier & IER_MODEM) && uart->msr_delta)
		return IIR_MODEM;
	return IIR_NONE;
}

bool uart_irq(const struct uart *uart, u64 now)
{
	return (uart->mcr & MCR_OUT2) && interrupt_source(uart, now) != IIR_NONE;
}

u64 uart_deadline(const struct uart *uart, u64 now)
{
	u64 timeout;

	if (!uart->fifo || !(uart->ier & IER_RX) || uart->rx_count == 0)
		return CLOCK_NONE;
	if (uart->rx_count >= uart->rx_trigger)
		return CLOCK_NONE;
	timeout = rx_timeout(uart);
	return now < timeout ? timeout : CLOCK_NONE;
}

static u8 iir_read(struct uart *uart, u64 now)
{
	u8 source = interrupt_source(uart, now);

	if (source == IIR_THRE)
		uart->thre = false;
	return source | (uart->fifo ? IIR_FIFO : 0);
}

static u8 lsr_read(struct uart *uart)
{
	u8 lsr = uart->held ? 0 : LSR_THRE | LSR_TEMT;

	if (uart->rx_count > 0)
		lsr |= LSR_DR;
	if (uart->overrun)
		lsr |= LSR_OE;
	uart->overrun = false;
	return lsr;
}

static u8 msr_read(struct uart *uart)
{
	u8 msr = modem_inputs(uart) | uart->msr_delta;

	uart->msr_delta = 0;
	return msr;
}

u8 uart_read(struct uart *uart, unsigned reg, u64 now)
{
	bool dlab = uart->lcr & LCR_DLAB;

	switch (reg) {
	case UART_DATA:
		return dlab ? uart->divisor & 0xff : rx_pop(uart, now);
	case UART_IER:
		return dlab ? uart->divisor >> 8 : uart->ier;
	case UART_IIR_FCR:
		return iir_read(uart, now);
	case UART_LCR:
		return uart->lcr;
	case UART_MCR:
		return uart->mcr;
	case UART_LSR:
		return lsr_read(uart);
	case UART_MSR:
		return msr_read(uart);
	case UART_SCR:
		return uart->scr;
	}
	return 0xff;
}

/*
 * The transmitter takes the byte at once, so the 'register empty' interrupt is
 * cleared by the write and pending again right after it. An edge-triggered interrupt
 * controller must see the line fall in between: otherwise a guest that writes
 * without reading IIR would get no further interrupt.
 */
static unsigned thr_write(struct uart *uart, u8 value, u64 now)
{
	unsigned effect;

	uart->thre = false;
	effect = uart_irq(uart, now) ? 0 : UART_IRQ_DROPPED;
	if (uart->mcr & MCR_LOOP)
		rx_push(uart, value & BITS(4 + (uart->lcr & LCR_WORD), 0), now);
	else
		effect |= UART_EMIT;
	uart->thre = !uart->held;
	return effect;
}

static void ier_write(struct uart *uart, u8 value)
{
	if (!(uart->ier & IER_THRE) && (value & IER_THRE) && !uart->held)
		uart->thre = true; /* enabling it while THR is empty makes it pending, even if IIR
				      was read */
	uart->ier = value & IER_MASK;
}

static void fcr_write(struct uart *uart, u8 value)
{
	static const u8 triggers[] = {1, 4, 8, 14};
	bool enable = value & FCR_ENABLE;

	if (enable != uart->fifo)
		rx_clear(uart);
	uart->fifo = enable;
	if (!enable)
		return; /* the other bits have an effect only if this one is set */
	if (value & FCR_CLEAR_RX)
		rx_clear(uart);
	uart->rx_trigger = triggers[value >> 6];
}

static void mcr_write(struct uart *uart, u8 value)
{
	u8 before = modem_inputs(uart);
	u8 after;

	uart->mcr = value & MCR_MASK;
	after = modem_inputs(uart);
	uart->msr_delta |= ((before ^ after) & ~MSR_RI) >> MSR_DELTA_SHIFT;
	if ((before & MSR_RI) && !(after & MSR_RI))
		uart->msr_delta |= MSR_TERI; /* RI's delta is set when RI falls */
}

unsigned uart_write(struct uart *uart, unsigned reg, u8 value, u64 now)
{
	bool dlab = uart->lcr & LCR_DLAB;

	switch (reg) {
	case UART_DATA:
		if (!dlab)
			return thr_write(uart, value, now);
		uart->divisor = (uart->divisor & 0xff00) | value;
		break;
	case UART_IER:
		if (dlab)
			uart->divisor = (u16)(value << 8) | (uart->divisor & 0xff);
		else
			ier_write(uart, value);
		break;
	case UART_IIR_FCR:
		fcr_write(uart, value);
		break;
	case UART_LCR:
		uart->lcr = value;
		break;
	case UART_MCR:
		mcr_write(uart, value);
		break;
	case UART_SCR:
		uart->scr = value;
		break;
	}
	return 0;
}

void uart_hold(struct uart *uart, bool held)
{
	if (held != uart->held)
		uart->thre = !held;
	uart->held = held;
}

bool uart_can_receive(const struct uart *uart)
{
	return !(uart->mcr & MCR_LOOP) && uart->rx_count < rx_capacity(uart);
}

bool uart_is_drained(const struct uart *uart)
{
	return uart->rx_count == 0;
}

void uart_receive(struct uart *uart, u8 byte, u64 now)
{
	if (!(uart->mcr & MCR_LOOP))
		rx_push(uart, byte, now);
}
