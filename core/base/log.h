/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's log: one line a call, to the memory ring and to the
 * console. Callable from any context on any CPU once core/main.c has begun.
 */
#pragma once

#include "core/base/types.h"

/* LOG_FATAL, for panics, is printed at any level that can be set. */
enum log_level { LOG_FATAL, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/*
 * The layout of the ring in memory. A memory dump, an emulator's monitor or a
 * debugger can find the ring after a crash: it begins at the start of a page, and
 * no other page begins with the magic. tools/find-log reads it. Little-endian.
 */
#define LOG_RING_MAGIC "ASHLAR LOG RING"
enum { LOG_RING_VERSION = 1, LOG_RING_SIZE = 32 * 1024 };

struct log_ring {
	char magic[16]; /* NUL included */
	u32 version;
	u32 size;    /* bytes of text */
	u64 written; /* bytes ever; the next one goes to text[written % size] */
	char text[LOG_RING_SIZE];
};
static_assert(offsetof(struct log_ring, text) == 32, "tools/find-log knows where the text is");

void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Lines above this level are kept in the ring but not printed. Default LOG_INFO. */
void log_set_level(enum log_level level);

/* Takes printed lines, each ending in CR LF, with the log's lock held. */
typedef void log_output(const char *text, size_t size);

/*
 * Set the outputs of printed lines: the console, and the screen for lines up to level. NULL:
 * none.
 */
void log_set_output(log_output *output);
void log_set_screen(log_output *output, enum log_level level);

/* Passes all text of the ring to an output that was set late. Boot CPU, before it starts others. */
void log_replay(log_output *output);

/* Sets the clock of the time stamps, in nanoseconds; before that they are 0. */
void log_set_clock(u64 (*now_ns)(void));

/*
 * Copies at most size bytes of the ring from *position on, or from the oldest byte
 * if that is later; sets *position to the end of the copied bytes. Returns their
 * number; 0: no more. Begin with *position = 0. Lines end in LF.
 */
size_t log_read(u64 *position, char *text, size_t size);

/* Returns the position after the last line written so far. */
u64 log_end(void);

/*
 * Frees the log's lock, which a stopped CPU may hold. Panic only, after the other CPUs have
 * stopped.
 */
void log_break_lock(void);

/*
 * Stops every CPU after printing the sentence, the registers and a symbolised
 * trace. For our own bugs only: nothing a guest does may reach it.
 */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
