/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The output of a test guest on the serial line, one line per result:
 *   PASS n NAME
 *   FAIL n NAME: got 0x.. want 0x..
 *   SKIP n NAME: why
 *   DONE passed failed
 * n counts from 1. Formats are those of core/base/format.h.
 */
#pragma once

#include "lib/trap.h"

void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Typed input. input_waits: is there a byte? input_read: waits for the next byte, with
 * interrupts on.
 */
bool input_waits(void);
char input_read(void);

void check(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void check_equal(u64 got, u64 want, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Checks that the trap has this vector (or TRAP_NONE) and this error code (0 if there is none). */
void check_trap(struct trap trap, int vector, u64 error, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void skip(const char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints DONE and ends the machine: status 0 if no check failed, else 1. */
void report_done(void) __attribute__((noreturn));
