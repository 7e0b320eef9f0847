/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes out on the one line when: takes text from the shell, the log and
 * the guests, and gives bytes to whoever sends them. Pure; the caller locks.
 *
 * The shell goes first, then whole lines of the log, then guests: the one that
 * is attached as it writes, and with mix the others' lines with "[name] ".
 * Whoever is cut off in the middle of a line gets a new one; the shell's is
 * shown again. A guest's ring forgets its oldest bytes, and that is said.
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
	MUX_TURN = 256,			/* bytes that a guest may send while another waits */
	MUX_HIGH = 4096,		/* a shown guest this far behind is to wait... */
	MUX_LOW = 1024,			/* ...until it is only this far */
	MUX_PAUSE_NS = 200 * NS_PER_MS, /* this long silent in a line: a pause, as at a prompt */
};

struct mux_ring {
	const char *name;
	u64 written; /* bytes ever */
	u64 sent;    /* of them, or forgotten */
	u64 lost;    /* forgotten, and not yet said */
	bool waits;  /* MUX_HIGH was passed, MUX_LOW not yet */
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
		u32 dropped; /* lines that found no room, not yet said */
		char text[MUX_LOG_SIZE];
	} log;
	struct mux_ring *guest[MUX_GUESTS_MAX];
	u32 guests;
	struct mux_ring *attached; /* NULL: the shell has the keyboard */
	bool mix;
	bool shell_idle; /* the shell waits for keys: its line may be interrupted */

	/* The terminal. */
	enum mux_source source; /* of what came last */
	struct mux_ring *turn;	/* the guest whose turn it is or was */
	u32 turn_used;
	bool turn_open; /* it has not come to the end of a line */
	bool mid_line;
	bool wrote;	   /* the guest that has the keyboard, since mux_tick */
	bool quiet;	   /* it pauses */
	u64 quiet_from_ns; /* when it will, if it goes on writing nothing */
	u32 interrupted;   /* bytes that it wrote since the log has waited for its line's end */
	bool shell_hidden; /* the shell's line is not on the screen */
	struct {
		u32 length, column;
		char text[MUX_LINE_SIZE];
	} line; /* the shell's last line, to show it again */
	struct {
		u32 first, count;
		char text[MUX_STAGE_SIZE];
	} stage; /* goes before anything else */
};

/* How much of the text was taken; the rest has to wait. */
size_t mux_put_shell(struct mux *mux, const char *text, size_t size);

/* A whole line, ending in CR LF. Without room it is counted. */
void mux_put_log(struct mux *mux, const char *text, size_t size);

/*
 * To be called every few milliseconds, with a time that never goes back: the log
 * waits for the end of a line that a guest is writing, but not for one who pauses.
 */
void mux_tick(struct mux *mux, u64 now_ns);

/* Always takes it. True: the guest should wait now (see mux_ring.waits). */
bool mux_put_guest(struct mux *mux, struct mux_ring *ring, char c);

void mux_add_guest(struct mux *mux, struct mux_ring *ring);

/* Up to size bytes to send; 0: nothing wants to be sent. */
size_t mux_take(struct mux *mux, char *buf, size_t size);

/* The last byte that ring has, and those before it, from *position on; as log_read. */
size_t mux_ring_read(const struct mux_ring *ring, u64 *position, char *text, size_t size);

/* Should its guest wait, now that this much was sent? Changes ring->waits. */
bool mux_update_wait(const struct mux *mux, struct mux_ring *ring);
