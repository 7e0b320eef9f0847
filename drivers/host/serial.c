/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's UART: accesses its registers. Never formats text and never queues output. */
#include "drivers/host/serial.h"

#include "core/base/x86.h"
#include "drivers/chips/uart_16550.h"

#define LSR_FLOATING 0xff /* no UART has all of these set */

enum {
	BACKLOG_MAX = 64 * 1024, /* bytes */
	/*
	 * A full FIFO is sent in 1.4 ms at 115200 baud, and a port read takes about 1 us.
	 * The limit allows some seconds, because the peer's reader may pause.
	 */
	WAIT_POLLS = 4000000,
};

static u16 base; /* 0: no UART */
static size_t (*backlog)(char *buf, size_t size);
static bool stalled; /* a wait has timed out: output is dropped until the FIFO is empty again */

/*
 * Without a UART a port reads as all ones or, for a moment, as the last value on the
 * bus. So another value goes over the bus before the scratch register is read back.
 */
static bool answers(u16 port, u8 value)
{
	x86_out8(port + UART_SCR, value);
	x86_out8(PORT_DELAY, (u8)~value);
	return x86_in8(port + UART_SCR) == value;
}

bool serial_init(u16 port, u32 baud)
{
	u16 divisor = (u16)(UART_BASE_BAUD / (baud ? baud : UART_BASE_BAUD));

	if (port == 0)
		base = 0;
	if (port == 0 || !answers(port, 0x5a) || !answers(port, 0xa5) ||
	    x86_in8(port + UART_LSR) == LSR_FLOATING)
		return false;
	x86_out8(port + UART_IER, 0);
	x86_out8(port + UART_LCR, LCR_DLAB);
	x86_out8(port + UART_DATA, (u8)divisor);
	x86_out8(port + UART_DATA + 1, (u8)(divisor >> 8));
	x86_out8(port + UART_LCR, LCR_WORD);
	x86_out8(port + UART_IIR_FCR, FCR_ENABLE | FCR_CLEAR_RX | FCR_CLEAR_TX);
	x86_out8(port + UART_MCR, MCR_DTR | MCR_RTS);
	base = port;
	return true;
}

bool serial_is_open(void)
{
	return base != 0;
}

/*
 * Waits until the transmit FIFO is empty. False after a timeout; later calls then poll only once.
 */
static bool wait_empty(void)
{
	u32 polls = stalled ? WAIT_POLLS - 1 : 0;

	for (; polls < WAIT_POLLS; polls++) {
		stalled = !(x86_in8(base + UART_LSR) & LSR_THRE);
		if (!stalled)
			return true;
	}
	return false;
}

void serial_write(const char *text, size_t size)
{
	for (size_t i = 0; i < size && base; i++) {
		if (i % SERIAL_FIFO_SIZE == 0 && !wait_empty())
			return;
		x86_out8(base + UART_DATA, (u8)text[i]);
	}
}

int serial_read(void)
{
	u8 lsr = base ? x86_in8(base + UART_LSR) : 0;

	if (!(lsr & LSR_DR) || lsr == LSR_FLOATING)
		return -1;
	return x86_in8(base + UART_DATA);
}

bool serial_can_send(void)
{
	return !base || (x86_in8(base + UART_LSR) & LSR_THRE);
}

void serial_send(const char *text, size_t size)
{
	for (size_t i = 0; i < size && base; i++)
		x86_out8(base + UART_DATA, (u8)text[i]);
}

void serial_enable_interrupts(void)
{
	if (!base)
		return;
	x86_out8(base + UART_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
	x86_out8(base + UART_IER, IER_RX | IER_THRE);
}

bool serial_interrupt_pending(void)
{
	return base && !(x86_in8(base + UART_IIR_FCR) & IIR_NONE);
}

void serial_set_backlog(size_t (*read_backlog)(char *buf, size_t size))
{
	backlog = read_backlog;
}

void serial_panic(void)
{
	char text[SERIAL_FIFO_SIZE];
	size_t size;

	if (base)
		x86_out8(base + UART_IER, 0);
	for (u32 sent = 0; backlog && sent < BACKLOG_MAX; sent += (u32)size) {
		size = backlog(text, sizeof(text));
		if (!size)
			break;
		serial_write(text, size);
	}
	backlog = NULL;
}

void serial_drain(void)
{
	for (u32 polls = 0; base && !stalled && polls < WAIT_POLLS; polls++)
		if (x86_in8(base + UART_LSR) & LSR_TEMT)
			return;
}

u16 serial_port(void)
{
	return base;
}

int serial_isa_irq(u16 port)
{
	switch (port) {
	case SERIAL_COM1:
	case SERIAL_COM3:
		return 4;
	case SERIAL_COM2:
	case SERIAL_COM4:
		return 3;
	default:
		return -1;
	}
}
