/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the order in which text goes out on the one serial line: takes the text
 * of the shell, the log and the guests, and gives the bytes to send. Pure; the
 * caller locks.
 *
 * The shell goes first, then whole lines of the log, then guests: the attached
 * guest as it writes, and with mix the lines of all others behind "[name] ".
 * Text that interrupts a line begins on a new line; the shell's line is shown
 * again afterwards. A full ring of a guest forgets its oldest bytes, and the
 * number of lost bytes is shown.
 */
#pragma once

#include "core/base/bits.h"
#include "core/base/time.h"

enum {
	MUX_GUESTS_MAX = 32,
	MUX_SHELL_SIZE = 4096,
	MUX_LOG_SIZE = 8192,
	MUX_LINE_SIZE = 80,
	MUX_STAGE_SIZE = 2 * MUX_LINE_SIZE + 64,
	MUX_RING_PAGES = 4,
	MUX_TURN = 256,	 /* bytes that a guest may send while another guest waits */
	MUX_HIGH = 4096, /* a guest that is shown waits when its backlog has grown to this... */
	MUX_LOW = 1024,	 /* ...until it has shrunk to this */
	MUX_PAUSE_NS =
		200 * NS_PER_MS, /* a guest silent so long within a line pauses, as at a prompt */
};

struct mux_ring {
	const char *name;
	u64 written; /* bytes written so far */
	u64 sent;    /* bytes sent or forgotten so far */
	u64 lost;    /* bytes forgotten since the last note about them */
	bool waits;  /* MUX_HIGH has been reached, and MUX_LOW not yet again */
	char text[MUX_RING_PAGES * PAGE_SIZE - 40];
};
static_assert(sizeof(struct mux_ring) == MUX_RING_PAGES * PAGE_SIZE, "a ring is whole pages");

enum mux_source { MUX_NOBODY, MUX_SHELL, MUX_LOG, MUX_GUEST };

struct mux {
	struct {
		u32 first, count;
		char text[MUX_SHELL_SIZE];
	} shell;
	struct {
		u32 first, count;
		u32 dropped; /* lines without room since the last note about them */
		char text[MUX_LOG_SIZE];
	} log;
	struct mux_ring *guest[MUX_GUESTS_MAX];
	u32 guests;
	struct mux_ring *attached; /* NULL: the shell has the keyboard */
	bool mix;
	bool shell_idle; /* the shell waits for keys, so its line may be interrupted */

	/* What the terminal shows. */
	enum mux_source source; /* the source of the last byte */
	struct mux_ring *turn;	/* the guest that wrote last */
	u32 turn_used;
	bool turn_open; /* its line has not ended */
	bool mid_line;
	bool wrote;	   /* the attached guest has written since mux_tick */
	bool quiet;	   /* the attached guest pauses */
	u64 quiet_from_ns; /* when it pauses, if it writes nothing until then */
	u32 interrupted;   /* bytes that it wrote while the log waited for its line's end */
	bool shell_hidden; /* the shell's line has been interrupted and not shown again */
	struct {
		u32 length, column;
		char text[MUX_LINE_SIZE];
	} line; /* the shell's last line, to show it again */
	struct {
		u32 first, count;
		char text[MUX_STAGE_SIZE];
	} stage; /* is sent before anything else */
};

/* Takes as much of the text as there is room for; returns how much. */
size_t mux_put_shell(struct mux *mux, const char *text, size_t size);

/* Takes a whole line, ending in CR LF. A line without room is dropped and counted. */
void mux_put_log(struct mux *mux, const char *text, size_t size);

/*
 * Tells the mux the time, which never goes back; called every few milliseconds.
 * The log waits for the end of the line that a guest writes, unless the guest pauses.
 */
void mux_tick(struct mux *mux, u64 now_ns);

/* Always takes the byte. True: the guest should wait now (see mux_ring.waits). */
bool mux_put_guest(struct mux *mux, struct mux_ring *ring, char c);

void mux_add_guest(struct mux *mux, struct mux_ring *ring);

/* Gives up to size bytes to send, and returns how many; 0: there is nothing to send. */
size_t mux_take(struct mux *mux, char *buf, size_t size);

/* Copies what the ring holds from *position on; as log_read. */
size_t mux_ring_read(const struct mux_ring *ring, u64 *position, char *text, size_t size);

/* Computes ring->waits anew, and returns it: should the ring's guest wait? */
bool mux_update_wait(const struct mux *mux, struct mux_ring *ring);
