/* SPDX-License-Identifier: BSD-2-Clause */
/* Who writes to the serial line, and who reads from it. */
#include "core/shell/console.h"

#include "core/bits.h"
#include "core/format.h"
#include "core/lock.h"
#include "core/log.h"
#include "core/sched.h"
#include "core/shell/shell.h"
#include "core/vm.h"
#include "drivers/host/serial.h"
#include "mm/host.h"

enum { RING_PAGES = 4, TEXT_SIZE = 512, SHOW_STEP = 64, INPUT_SIZE = 4096 };

/* Typed, and not yet taken by the guest that has the keyboard. The administrator's. */
static struct {
	u32 count, taken;
	u8 byte[INPUT_SIZE];
} input;

struct console_ring {
	u64 written; /* bytes ever; lock */
	u64 shown;   /* of them; lock */
	char text[RING_PAGES * PAGE_SIZE - 2 * sizeof(u64)];
};

static struct spinlock lock;
static struct vm *attached; /* lock; NULL: the shell */
static bool line_begun;	    /* the cursor is not at the start of a line; lock */

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

/* A part of what was not shown yet; false: nothing is left. Lock held. */
static bool show(struct console_ring *ring)
{
	u64 end;

	if (ring->written - ring->shown > sizeof(ring->text))
		ring->shown = ring->written - sizeof(ring->text);
	end = min_u64(ring->written, ring->shown + SHOW_STEP);
	for (; ring->shown < end; ring->shown++)
		put(&ring->text[ring->shown % sizeof(ring->text)], 1);
	return ring->shown < ring->written;
}

/* In steps: a slow line shall not hold up the guests that want to write. */
void console_attach(struct vm *vm)
{
	bool more = vm;

	while (more) {
		spin_lock(&lock);
		more = show(vm->output);
		if (!more)
			attached = vm;
		spin_unlock(&lock);
		sched_yield();
	}
	if (!vm)
		__atomic_store_n(&attached, NULL, __ATOMIC_RELEASE);
}

struct vm *console_attached(void)
{
	return attached;
}

/* What the guest takes; the rest waits, for its UART may be full for long. */
static void feed(void)
{
	while (attached && input.taken < input.count &&
	       vm_receive(attached, input.byte[input.taken]))
		input.taken++;
	if (!attached || input.taken == input.count)
		input.count = input.taken = 0;
}

void console_poll(void)
{
	int c;

	while ((c = serial_read()) >= 0) {
		if (!attached) {
			shell_input((char)c);
		} else if (c == CONSOLE_ESCAPE) {
			input.count = input.taken = 0;
			console_attach(NULL);
			shell_begin();
		} else if (input.count < INPUT_SIZE) {
			input.byte[input.count++] = (u8)c;
		}
	}
	feed();
}
