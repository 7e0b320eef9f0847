/* SPDX-License-Identifier: BSD-2-Clause */
/* The UART's bytes, from the mux and to the keyboard's owner. */
#include "core/console/console.h"

#include "apic/host/lapic.h"
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/lock.h"
#include "core/base/log.h"
#include "core/base/time.h"
#include "core/base/x86.h"
#include "core/guest/vm.h"
#include "core/host/sched.h"
#include "core/host/traps.h"
#include "core/shell/shell.h"
#include "core/terminal/keys.h"
#include "core/terminal/mux.h"
#include "drivers/host/clock.h"
#include "drivers/host/serial.h"
#include "mm/host/heap.h"

enum {
	TEXT_SIZE = 512,
	PROMISE_NS = 1 * NS_PER_S,
	PATIENCE_NS = 2 * NS_PER_S, /* for who reads at the other end */
	WAIT_NS = 200 * NS_PER_MS,  /* for an interrupt that may have been lost */
	FLUSH_MAX = 65536,	    /* a guest that floods shall not delay a reset */
	SERVICE_MAX = 64,	    /* rounds; the next interrupt or poll goes on */
	RECEIVE_MAX = 256, /* bytes at a time: a FIFO has 16, and more may come meanwhile */
};

static struct spinlock lock;
static struct thread *admin;
static struct mux mux;	 /* lock */
static u64 interrupts;	 /* lock; 0: none has come yet */
static u64 promised_by;	 /* TSC; 0: no interrupt is expected */
static bool shell_waits; /* for room; lock */

static struct keys keys; /* lock */
static u64 typed_tsc;	 /* when the last of them came; lock */

/* The administrator's: who has the keyboard, who had it last, and a Ctrl-] that may be doubled. */
static struct vm *attached, *last_attached; /* attached: atomic */
static bool just_escaped;

/* For the administrator's thread there is something that it alone can do. */
static void notify_admin(void)
{
	if (admin)
		sched_wake(admin, PENDING_INPUT);
}

/* Lock held. */
static void transmit(void)
{
	char bytes[SERIAL_FIFO_SIZE];

	if (serial_can_send())
		serial_send(bytes, mux_take(&mux, bytes, sizeof(bytes)));
}

/* All that the UART wants, within bounds, whatever it says. Lock held. */
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

/* Is there something that the administrator's thread alone can do? Lock held. */
static bool admin_wanted(void)
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
	bool wanted;

	(void)frame;
	spin_lock(&lock);
	interrupts++;
	service();
	wanted = admin_wanted();
	spin_unlock(&lock);
	lapic_eoi();
	if (wanted)
		notify_admin();
}

static void log_line(const char *text, size_t size)
{
	spin_lock(&lock);
	mux_put_log(&mux, text, size);
	transmit();
	spin_unlock(&lock);
}

/* For a panic: no lock, for nobody else runs. */
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

bool console_guest_output(struct vm *vm, u8 byte)
{
	bool behind;

	spin_lock(&lock);
	behind = mux_put_guest(&mux, vm->output, (char)byte);
	transmit();
	spin_unlock(&lock);
	return behind;
}

bool console_wants_output(const struct vm *vm)
{
	bool wants;

	spin_lock(&lock);
	wants = !mux_update_wait(&mux, vm->output);
	spin_unlock(&lock);
	return wants;
}

void console_guest_drained(const struct vm *vm)
{
	if (atomic_get(&attached) == vm && keys.taken != keys.received)
		notify_admin();
}

/* The shell's queue is full: others run until the line has taken a part. */
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
	/* Whatever it was that woke us is still to be looked at. */
	atomic_or(&self->pending, PENDING_INPUT);
}

/* Nobody may read at the other end: after a while the shell drops its text rather than stop. */
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

void console_attach(struct vm *vm)
{
	spin_lock(&lock);
	mux.attached = vm ? vm->output : NULL;
	mux.shell_idle = !vm;
	atomic_set(&attached, vm);
	transmit();
	spin_unlock(&lock);
	if (vm)
		last_attached = vm;
	just_escaped = false;
}

void console_set_mix(bool mix)
{
	spin_lock(&lock);
	mux.mix = mix;
	transmit();
	spin_unlock(&lock);
}

size_t console_read_ring(const struct vm *vm, u64 *position, char *text, size_t size)
{
	size_t count;

	spin_lock(&lock);
	count = mux_ring_read(vm->output, position, text, size);
	spin_unlock(&lock);
	return count;
}

u64 console_ring_end(const struct vm *vm)
{
	u64 end;

	spin_lock(&lock);
	end = vm->output->written;
	spin_unlock(&lock);
	return end;
}

/*
 * Ctrl-] a second time, with nothing between, is for the guest that the first
 * one was typed to, and so are the keys that follow.
 */
static bool escape_twice(char c)
{
	bool twice = c == CONSOLE_ESCAPE && just_escaped && last_attached;

	just_escaped = false;
	if (twice) {
		console_attach(last_attached);
		vm_receive(last_attached, CONSOLE_ESCAPE);
	}
	return twice;
}

/* False: whoever has the keyboard cannot take it now. */
static bool pass(char c)
{
	if (!attached) {
		if (!escape_twice(c))
			shell_input(c);
		return true;
	}
	if (c == CONSOLE_ESCAPE) {
		console_attach(NULL);
		shell_begin();
		just_escaped = true;
		return true;
	}
	return vm_receive(attached, (u8)c);
}

/* Ctrl-] gets through to the shell before what a deaf guest has left. */
static bool escape_typed(void)
{
	bool typed;

	spin_lock(&lock);
	typed = keys_skip_to(&keys, CONSOLE_ESCAPE);
	spin_unlock(&lock);
	return typed;
}

static bool next_key(char *c)
{
	bool some;

	spin_lock(&lock);
	some = keys_peek(&keys, c);
	spin_unlock(&lock);
	return some;
}

static void pass_keys(void)
{
	char c;

	while (next_key(&c)) {
		if (pass(c)) {
			spin_lock(&lock);
			keys.taken++;
			spin_unlock(&lock);
		} else if (!escape_typed()) {
			return;
		}
	}
}

u64 console_input_tsc(void)
{
	return typed_tsc;
}

/* Says once that the interrupt which was routed does not come. */
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
	for (u32 i = 0; i < vm_count(); i++)
		vm_release_output(vm_by_id(i));
	if (keys.taken == keys.received)
		shell_input_idle();
	pass_keys();
	return busy;
}
