/* SPDX-License-Identifier: BSD-2-Clause */
/* The 16550's registers. */
#include "drivers/host/serial.h"

#include "core/base/bits.h"
#include "core/base/x86.h"

/* PC16550D "Registers": offsets from the port. */
enum {
	REG_DATA = 0,	 /* DLAB clear */
	REG_DIVISOR = 0, /* DLAB set; low byte, high byte at 1 */
	REG_IER = 1,
	REG_FCR = 2, /* write */
	REG_IIR = 2, /* read */
	REG_LCR = 3,
	REG_MCR = 4,
	REG_LSR = 5,
	REG_SCRATCH = 7,
};

#define LCR_8N1	      0x03
#define LCR_DLAB      BIT(7)
#define FCR_ENABLE    (BIT(0) | BIT(1) | BIT(2)) /* on, both FIFOs cleared */
#define MCR_DTR_RTS   (BIT(0) | BIT(1))
#define MCR_OUT2      BIT(3) /* on a PC: lets the interrupt output through */
#define IER_RX	      BIT(0)
#define IER_THR_EMPTY BIT(1)
#define IIR_NONE      BIT(0)
#define LSR_DATA      BIT(0)
#define LSR_THR_EMPTY BIT(5)
#define LSR_ALL_EMPTY BIT(6)
#define LSR_FLOATING  0xff /* no UART has all of these set */

enum {
	BASE_BAUD = 115200,
	PORT_DELAY = 0x80, /* POST codes: any byte may be written there */
	BACKLOG_MAX = 64 * 1024,
	/*
	 * A full FIFO takes 1.4 ms at 115200 and a port read about 1 us, but whoever
	 * reads at the other end may pause: some seconds are for him.
	 */
	WAIT_POLLS = 4000000,
};

static u16 base; /* 0: no UART */
static size_t (*backlog)(char *buf, size_t size);
static bool stalled; /* the line takes nothing: output is dropped until it does again */

/* Nothing there reads as all ones, or, for a moment, as what was last on the bus. */
static bool answers(u16 port, u8 value)
{
	x86_out8(port + REG_SCRATCH, value);
	x86_out8(PORT_DELAY, (u8)~value);
	return x86_in8(port + REG_SCRATCH) == value;
}

bool serial_init(u16 port, u32 baud)
{
	u16 divisor = (u16)(BASE_BAUD / (baud ? baud : BASE_BAUD));

	if (port == 0)
		base = 0;
	if (port == 0 || !answers(port, 0x5a) || !answers(port, 0xa5) ||
	    x86_in8(port + REG_LSR) == LSR_FLOATING)
		return false;
	x86_out8(port + REG_IER, 0);
	x86_out8(port + REG_LCR, LCR_DLAB);
	x86_out8(port + REG_DIVISOR, (u8)divisor);
	x86_out8(port + REG_DIVISOR + 1, (u8)(divisor >> 8));
	x86_out8(port + REG_LCR, LCR_8N1);
	x86_out8(port + REG_FCR, FCR_ENABLE);
	x86_out8(port + REG_MCR, MCR_DTR_RTS);
	base = port;
	return true;
}

bool serial_is_open(void)
{
	return base != 0;
}

/* Until the transmit FIFO is empty; false when that takes too long, and at once after that. */
static bool wait_empty(void)
{
	u32 polls = stalled ? WAIT_POLLS - 1 : 0;

	for (; polls < WAIT_POLLS; polls++) {
		stalled = !(x86_in8(base + REG_LSR) & LSR_THR_EMPTY);
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
		x86_out8(base + REG_DATA, (u8)text[i]);
	}
}

int serial_read(void)
{
	u8 lsr = base ? x86_in8(base + REG_LSR) : 0;

	if (!(lsr & LSR_DATA) || lsr == LSR_FLOATING)
		return -1;
	return x86_in8(base + REG_DATA);
}

bool serial_can_send(void)
{
	return !base || (x86_in8(base + REG_LSR) & LSR_THR_EMPTY);
}

void serial_send(const char *text, size_t size)
{
	for (size_t i = 0; i < size && base; i++)
		x86_out8(base + REG_DATA, (u8)text[i]);
}

void serial_enable_interrupts(void)
{
	if (!base)
		return;
	x86_out8(base + REG_MCR, MCR_DTR_RTS | MCR_OUT2);
	x86_out8(base + REG_IER, IER_RX | IER_THR_EMPTY);
}

bool serial_interrupt_pending(void)
{
	return base && !(x86_in8(base + REG_IIR) & IIR_NONE);
}

void serial_set_backlog(size_t (*take)(char *buf, size_t size))
{
	backlog = take;
}

void serial_panic(void)
{
	char text[SERIAL_FIFO_SIZE];
	size_t size;

	if (base)
		x86_out8(base + REG_IER, 0);
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
		if (x86_in8(base + REG_LSR) & LSR_ALL_EMPTY)
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
