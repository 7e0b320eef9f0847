/* SPDX-License-Identifier: BSD-2-Clause */
/* Who writes to the serial line, and who reads from it. */
#include "core/shell/console.h"

#include "core/bits.h"
#include "core/format.h"
#include "core/lock.h"
#include "core/log.h"
#include "core/shell/shell.h"
#include "core/vm.h"
#include "drivers/host/serial.h"
#include "mm/host.h"

enum { RING_PAGES = 4, TEXT_SIZE = 512 };

struct console_ring {
	u64 written; /* bytes ever; lock */
	u64 shown;   /* of them; lock */
	char text[RING_PAGES * PAGE_SIZE - 2 * sizeof(u64)];
};

static struct spinlock lock;
static struct vm *attached; /* lock; NULL: the shell */
static bool line_begun;     /* the cursor is not at the start of a line; lock */

/* Lock held. */
static void put(const char *text, size_t size)
{
	if (size == 0)
		return;
	serial_write(text, size);
	line_begun = text[size - 1] != '\n';
}

/* A line of the log does not start in the middle of someone else's. */
static void log_line(const char *text, size_t size)
{
	spin_lock(&lock);
	if (line_begun)
		put("\r\n", 2);
	put(text, size);
	if (!attached)
		shell_redraw(put);
	spin_unlock(&lock);
}

void console_init(void)
{
	log_set_output(log_line);
}

struct console_ring *console_ring_create(void)
{
	static_assert(sizeof(struct console_ring) == RING_PAGES * PAGE_SIZE, "ring size");
	return heap_alloc_pages(RING_PAGES);
}

void console_guest_output(struct vm *vm, u8 byte)
{
	struct console_ring *ring = vm->output;
	char c = (char)byte;

	spin_lock(&lock);
	ring->text[ring->written++ % sizeof(ring->text)] = c;
	if (attached == vm) {
		put(&c, 1);
		ring->shown = ring->written;
	}
	spin_unlock(&lock);
}

void console_write(const char *text, size_t size)
{
	spin_lock(&lock);
	put(text, size);
	spin_unlock(&lock);
}

void console_print(const char *fmt, ...)
{
	char text[TEXT_SIZE];
	va_list args;
	size_t size;

	va_start(args, fmt);
	size = format_text_v(text, sizeof(text), fmt, args);
	va_end(args);
	console_write(text, min_u64(size, sizeof(text) - 1));
}

/* Lock held. */
static void show(struct console_ring *ring)
{
	if (ring->written - ring->shown > sizeof(ring->text))
		ring->shown = ring->written - sizeof(ring->text);
	for (; ring->shown < ring->written; ring->shown++)
		put(&ring->text[ring->shown % sizeof(ring->text)], 1);
}

void console_attach(struct vm *vm)
{
	spin_lock(&lock);
	attached = vm;
	if (vm)
		show(vm->output);
	spin_unlock(&lock);
}

struct vm *console_attached(void)
{
	return attached;
}

void console_poll(void)
{
	static int held = -1; /* read, and not yet taken by a guest */
	int c = held;

	for (;;) {
		if (c < 0)
			c = serial_read();
		if (c < 0)
			break;
		if (!attached) {
			shell_input((char)c);
		} else if (c == CONSOLE_ESCAPE) {
			console_attach(NULL);
			shell_begin();
		} else if (!vm_receive(attached, (u8)c) && attached->state == VM_RUNNING) {
			break; /* its UART is full: later */
		}
		c = -1;
	}
	held = c;
}
