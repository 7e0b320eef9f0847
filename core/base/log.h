/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's log: one line a call, to the memory ring and to the
 * console. Callable from any context on any CPU once core/main.c has begun.
 */
#pragma once

#include "core/base/types.h"

/* LOG_FATAL, for the last words, is printed at any level that can be set. */
enum log_level { LOG_FATAL, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/*
 * The ring in memory, so that a memory dump, an emulator's monitor or a debugger
 * can find it when nothing else speaks any more: it begins a page, and nothing
 * else that begins one has the magic. tools/find-log reads it. Little-endian.
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

/* Where printed lines go: the console, and those up to level to the screen. NULL: nowhere. */
void log_set_output(log_output *output);
void log_set_screen(log_output *output, enum log_level level);

/* Gives output, which comes late, all that the ring holds. The boot CPU, while it is alone. */
void log_replay(log_output *output);

/* What the time stamps count, in nanoseconds; until set they are 0. */
void log_set_clock(u64 (*now_ns)(void));

/*
 * Copies what the ring holds from position on, at most size bytes, and returns
 * how many; *position moves past them, or past what has been overwritten. Start
 * from 0; lines end in LF.
 */
size_t log_read(u64 *position, char *text, size_t size);

/* The position behind the last line so far. */
u64 log_end(void);

/* For a panic, when the other CPUs have stopped: the lock may be in a stopped CPU's hands. */
void log_break_lock(void);

/*
 * Stops every CPU after printing the sentence, the registers and a symbolised
 * trace. For our own bugs only: nothing a guest does may reach it.
 */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
