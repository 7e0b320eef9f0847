/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves bytes from the mux to the UART, and from the UART to the ring of keys, under one lock. */
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
	PROMISE_NS = 1 * NS_PER_S,  /* the first interrupt arrives within this time */
	PATIENCE_NS = 2 * NS_PER_S, /* how long console_write waits while the UART sends nothing */
	WAIT_NS = 200 * NS_PER_MS,  /* longest wait for an interrupt, in case one is lost */
	FLUSH_MAX = 65536, /* bytes: a guest that prints without end must not delay a reset */
	SERVICE_MAX = 64,  /* rounds; the next interrupt or poll continues */
	RECEIVE_MAX = 256, /* bytes a round: more than the FIFO's 16 may arrive meanwhile */
};

static struct spinlock lock;
static struct thread *admin;
static struct mux mux;	 /* lock; mux.attached: atomic, lock to write */
static u64 interrupts;	 /* lock; number of the UART's interrupts so far */
static u64 promised_by;	 /* TSC by which the first interrupt must arrive; 0: nothing to check */
static bool shell_waits; /* lock; the shell waits for room in its queue */

static struct keys keys; /* lock */
static u64 typed_tsc;	 /* lock; TSC at the arrival of the last key */

static void wake_admin(void)
{
	if (admin)
		sched_wake(admin, PENDING_INPUT);
}

/* Fills the UART's FIFO if it is empty. Lock held. */
static void transmit(void)
{
	char bytes[SERIAL_FIFO_SIZE];

	if (serial_can_send())
		serial_send(bytes, mux_take(&mux, bytes, sizeof(bytes)));
}

/* Receives and sends until the UART requests nothing more, but at most SERVICE_MAX times. Lock
 * held. */
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

/*
 * True if the administrator's thread has work: keys, a guest that may write again,
 * or room for the shell's text. Lock held.
 */
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

/* Removes bytes to send, with no regard to a guest's unfinished line. Lock held, or a panic, in
 * which no other CPU runs. */
static size_t take_at_once(char *buf, size_t size)
{
	mux.quiet = true;
	return mux_take(&mux, buf, size);
}

void console_init(void)
{
	serial_set_backlog(take_at_once);
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

/* Waits, while other threads run, until the UART may have sent a part of the shell's full queue. */
static void wait_for_room(void)
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
	/*
	 * The pending bits that were removed above may have asked for other work. Input is set
	 * again, so that the administrator's loop does not block before it has done all work.
	 */
	atomic_or(&self->pending, PENDING_INPUT);
}

/* If no text has been sent for PATIENCE_NS, the rest is dropped: nobody may read it. */
void console_write(const char *text, size_t size)
{
	static bool stalled; /* the last text was dropped: the next does not wait again */
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
			wait_for_room();
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
		size = take_at_once(bytes, sizeof(bytes));
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

bool console_poll(void)
{
	bool busy;

	if (promised_by && x86_rdtsc() >= promised_by) {
		if (interrupts == 0)
			log_write(LOG_WARN,
				  "console: no interrupt comes from the UART; it is polled");
		promised_by = 0;
	}
	spin_lock(&lock);
	service();
	mux_tick(&mux, clock_uptime_ns());
	busy = interrupts == 0 && !serial_can_send();
	spin_unlock(&lock);
	return busy;
}
