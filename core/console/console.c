/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves bytes from the mux to the UART, and from the UART to the ring of keys. */
#include "core/console/console.h"

#include "apic/host/lapic.h"
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/lock.h"
#include "core/base/log.h"
#include "core/base/time.h"
#include "core/base/x86.h"
#include "core/host/sched.h"
#include "core/host/traps.h"
#include "core/terminal/keys.h"
#include "core/terminal/mux.h"
#include "drivers/host/clock.h"
#include "drivers/host/serial.h"
#include "mm/host/heap.h"

enum {
	TEXT_SIZE = 512,
	PROMISE_NS = 1 * NS_PER_S,
	PATIENCE_NS = 2 * NS_PER_S, /* how long console_write waits for a line that stands still */
	WAIT_NS = 200 * NS_PER_MS,  /* an interrupt may have been lost after so long */
	FLUSH_MAX = 65536, /* bytes: a guest that prints without end must not delay a reset */
	SERVICE_MAX = 64,  /* rounds; the next interrupt or poll continues */
	RECEIVE_MAX = 256, /* bytes a round: the FIFO has 16, and more may come meanwhile */
};

static struct spinlock lock;
static struct thread *admin;
static struct mux mux;	 /* lock; mux.attached: atomic, lock to write */
static u64 interrupts;	 /* lock; 0: none has come yet */
static u64 promised_by;	 /* TSC by which the first interrupt must have come; 0: none is expected */
static bool shell_waits; /* for room in its queue; lock */

static struct keys keys; /* lock */
static u64 typed_tsc;	 /* when the last key came; lock */

static void wake_admin(void)
{
	if (admin)
		sched_wake(admin, PENDING_INPUT);
}

/* Fills the UART's FIFO. Lock held. */
static void transmit(void)
{
	char bytes[SERIAL_FIFO_SIZE];

	if (serial_can_send())
		serial_send(bytes, mux_take(&mux, bytes, sizeof(bytes)));
}

/* Receives and sends until the UART is satisfied, within bounds. Lock held. */
static void service(void)
{
	for (u32 i = 0; i < SERVICE_MAX; i++) {
		for (u32 bytes = 0; bytes < RECEIVE_MAX; bytes++) {
			int c = serial_read();

			if (c < 0)
				break;
			typed_tsc = x86_rdtsc();
			keys_put(&keys, (char)c, c == CONSOLE_ESCAPE);
		}
		transmit();
		if (!serial_interrupt_pending())
			return;
	}
}

/* Is there work that only the administrator's thread can do? Lock held. */
static bool admin_needed(void)
{
	if (keys.received != keys.taken)
		return true;
	for (u32 i = 0; i < mux.guests; i++)
		if (mux.guest[i]->waits && !mux_update_wait(&mux, mux.guest[i]))
			return true;
	return shell_waits && mux.shell.count < MUX_SHELL_SIZE / 2;
}

static void interrupt(struct trap_frame *frame)
{
	bool needed;

	(void)frame;
	spin_lock(&lock);
	interrupts++;
	service();
	needed = admin_needed();
	spin_unlock(&lock);
	lapic_eoi();
	if (needed)
		wake_admin();
}

static void log_line(const char *text, size_t size)
{
	spin_lock(&lock);
	mux_put_log(&mux, text, size);
	transmit();
	spin_unlock(&lock);
}

/* For a panic: without the lock, because no other CPU runs. */
static size_t take_unlocked(char *buf, size_t size)
{
	mux.quiet = true;
	return mux_take(&mux, buf, size);
}

void console_init(void)
{
	serial_set_backlog(take_unlocked);
	log_set_output(log_line);
}

void console_set_admin(struct thread *thread)
{
	admin = thread;
}

void console_use_interrupt(u8 vector)
{
	promised_by = x86_rdtsc() + clock_tsc_from_ns(PROMISE_NS);
	traps_set_handler(vector, interrupt);
	serial_enable_interrupts();
}

struct mux_ring *console_ring_create(const char *name)
{
	struct mux_ring *ring = heap_alloc_pages(MUX_RING_PAGES);

	if (ring) {
		ring->name = name;
		mux_add_guest(&mux, ring);
	}
	return ring;
}

bool console_ring_write(struct mux_ring *ring, u8 byte)
{
	bool behind;

	spin_lock(&lock);
	behind = mux_put_guest(&mux, ring, (char)byte);
	transmit();
	spin_unlock(&lock);
	return behind;
}

bool console_ring_has_room(struct mux_ring *ring)
{
	bool room;

	spin_lock(&lock);
	room = !mux_update_wait(&mux, ring);
	spin_unlock(&lock);
	return room;
}

size_t console_ring_read(const struct mux_ring *ring, u64 *position, char *text, size_t size)
{
	size_t count;

	spin_lock(&lock);
	count = mux_ring_read(ring, position, text, size);
	spin_unlock(&lock);
	return count;
}

u64 console_ring_end(const struct mux_ring *ring)
{
	u64 end;

	spin_lock(&lock);
	end = ring->written;
	spin_unlock(&lock);
	return end;
}

void console_request_keys(const struct mux_ring *ring)
{
	if (atomic_get(&mux.attached) == ring && keys.taken != keys.received)
		wake_admin();
}

void console_attach(struct mux_ring *ring)
{
	spin_lock(&lock);
	atomic_set(&mux.attached, ring);
	mux.shell_idle = !ring;
	transmit();
	spin_unlock(&lock);
}

void console_set_mix(bool mix)
{
	spin_lock(&lock);
	mux.mix = mix;
	transmit();
	spin_unlock(&lock);
}

/* The shell's queue is full: lets other threads run until the line has sent a part of it. */
static void wait_for_line(void)
{
	struct thread *self = sched_current();

	thread_take_pending(self);
	spin_lock(&lock);
	service();
	shell_waits = mux.shell.count == MUX_SHELL_SIZE;
	spin_unlock(&lock);
	if (shell_waits && interrupts) {
		sched_arm(x86_rdtsc() + clock_tsc_from_ns(WAIT_NS));
		sched_block();
	} else {
		sched_yield();
	}
	shell_waits = false;
	/* The reason for the wake-up may be another: the main loop looks at all of them. */
	atomic_or(&self->pending, PENDING_INPUT);
}

/* Nothing may read at the other end: after PATIENCE_NS the text is dropped. */
void console_write(const char *text, size_t size)
{
	static bool stalled;
	u64 patience = x86_rdtsc() + clock_tsc_from_ns(PATIENCE_NS);

	while (size) {
		size_t taken;

		spin_lock(&lock);
		taken = mux_put_shell(&mux, text, size);
		transmit();
		spin_unlock(&lock);
		text += taken;
		size -= taken;
		stalled = size && (stalled || x86_rdtsc() > patience);
		if (stalled)
			return;
		if (taken)
			patience = x86_rdtsc() + clock_tsc_from_ns(PATIENCE_NS);
		if (size)
			wait_for_line();
	}
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

void console_set_idle(bool idle)
{
	spin_lock(&lock);
	mux.shell_idle = idle;
	transmit();
	spin_unlock(&lock);
}

void console_flush(void)
{
	char bytes[SERIAL_FIFO_SIZE];
	size_t size;

	spin_lock(&lock);
	for (u32 sent = 0; sent < FLUSH_MAX; sent += (u32)size) {
		mux.quiet = true;
		size = mux_take(&mux, bytes, sizeof(bytes));
		if (!size)
			break;
		serial_write(bytes, size);
	}
	serial_drain();
	spin_unlock(&lock);
}

bool console_peek_key(char *c)
{
	bool some;

	spin_lock(&lock);
	some = keys_peek(&keys, c);
	spin_unlock(&lock);
	return some;
}

void console_remove_key(void)
{
	spin_lock(&lock);
	keys.taken++;
	spin_unlock(&lock);
}

bool console_skip_to_escape(void)
{
	bool typed;

	spin_lock(&lock);
	typed = keys_skip_to(&keys, CONSOLE_ESCAPE);
	spin_unlock(&lock);
	return typed;
}

u64 console_input_tsc(void)
{
	return typed_tsc;
}

/* Logs once that the UART's interrupt does not arrive. */
static void check_promise(void)
{
	if (!promised_by || x86_rdtsc() < promised_by)
		return;
	if (interrupts == 0)
		log_write(LOG_WARN, "console: no interrupt comes from the UART; it is polled");
	promised_by = 0;
}

bool console_poll(void)
{
	bool busy;

	check_promise();
	spin_lock(&lock);
	service();
	mux_tick(&mux, clock_uptime_ns());
	busy = interrupts == 0 && !serial_can_send();
	spin_unlock(&lock);
	return busy;
}
