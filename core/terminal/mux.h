/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the order in which text goes out on the one serial line: receives the text
 * of the shell, the log and the guests, and gives the bytes to send. Never sends.
 * Pure; the caller locks.
 *
 * The shell's text goes first, then whole lines of the log, then guests' text: of
 * the attached guest each byte as it is written and, if mix is on, of all other
 * guests whole lines behind "[name] ". Text that interrupts a line begins on a new
 * line; an interrupted line of the shell is shown again afterwards. When a guest's
 * ring is full its oldest bytes are lost, and the number of lost bytes is shown.
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
	MUX_HIGH = 4096, /* bytes of backlog at which a guest that is shown begins to wait */
	MUX_LOW = 1024,	 /* bytes of backlog at which it stops waiting */
	/* A guest that writes nothing for so long pauses, as at a prompt. */
	MUX_PAUSE_NS = 200 * NS_PER_MS,
};

/* The last text of one guest. */
struct mux_ring {
	const char *name;
	u64 written; /* bytes written so far */
	u64 sent;    /* bytes sent or lost so far */
	u64 lost;    /* bytes lost since the last note about them */
	bool waits;  /* the guest waits: see MUX_HIGH and MUX_LOW */
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

	/* The state of the terminal. */
	enum mux_source source; /* the source of the last byte */
	struct mux_ring *turn;	/* the guest that wrote last */
	u32 turn_used;		/* bytes of its turn so far */
	bool turn_open;		/* its line has not ended */
	bool mid_line;		/* the last byte did not end a line */
	bool wrote;		/* the attached guest has written since mux_tick */
	bool quiet;		/* the attached guest pauses */
	u64 quiet_from_ns; /* the attached guest pauses from then on, unless it writes before */
	u32 interrupted;   /* bytes of guests that were sent since the log began to wait */
	bool shell_hidden; /* the shell's line has been interrupted and not shown again */
	struct {
		u32 length, column;
		char text[MUX_LINE_SIZE];
	} line; /* a copy of the shell's line on the screen */
	struct {
		u32 first, count;
		char text[MUX_STAGE_SIZE];
	} stage; /* bytes to send before all others */
};

/* Adds as much of the shell's text as fits; returns how many bytes. */
size_t mux_put_shell(struct mux *mux, const char *text, size_t size);

/* Adds a whole line of the log, which ends in CR LF. A line that does not fit is dropped and
 * counted. */
void mux_put_log(struct mux *mux, const char *text, size_t size);

/*
 * Call every few milliseconds with a clock that never goes back. The log waits for
 * the end of the attached guest's line, unless the guest pauses; the time decides
 * whether it pauses.
 */
void mux_tick(struct mux *mux, u64 now_ns);

/* Adds a byte to the guest's ring; the oldest is lost if the ring is full. Returns ring->waits. */
bool mux_put_guest(struct mux *mux, struct mux_ring *ring, char c);

/* Adds a guest's ring. From the MUX_GUESTS_MAX + 1st on, text is never shown. */
void mux_add_guest(struct mux *mux, struct mux_ring *ring);

/* Removes up to size bytes to send and returns how many; 0: nothing is to be sent now. */
size_t mux_take(struct mux *mux, char *buf, size_t size);

/* Copies the ring's text from *position on, and moves *position, as log_read does. */
size_t mux_ring_read(const struct mux_ring *ring, u64 *position, char *text, size_t size);

/* Computes ring->waits anew and returns it. True: the ring's guest has to wait. */
bool mux_update_wait(const struct mux *mux, struct mux_ring *ring);
