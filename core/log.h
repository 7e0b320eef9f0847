/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's log: one line a call, to the memory ring and to the
 * console. Callable from any context on any CPU once core/main.c has begun.
 */
#pragma once

#include "core/types.h"

/* LOG_FATAL, for the last words, is printed at any level that can be set. */
enum log_level { LOG_FATAL, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Lines above this level are kept in the ring but not printed. Default LOG_INFO. */
void log_set_level(enum log_level level);

/* Where printed lines go, each ending in CR LF; called with the log's lock held. NULL: nowhere. */
void log_set_output(void (*output)(const char *text, size_t size));

/* What the time stamps count, in nanoseconds; until set they are 0. */
void log_set_clock(u64 (*now_ns)(void));

/*
 * Copies what the ring holds from position on, at most size bytes, and returns
 * how many; *position moves past them, or past what has been overwritten. Start
 * from 0; lines end in LF.
 */
size_t log_read(u64 *position, char *text, size_t size);

/* For a panic, when the other CPUs have stopped: the lock may be in a stopped CPU's hands. */
void log_break_lock(void);

/*
 * Stops every CPU after printing the sentence, the registers and a symbolised
 * trace. For our own bugs only: nothing a guest does may reach it.
 */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
