/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a test guest says, on the serial line, one line each:
 *   PASS n NAME
 *   FAIL n NAME: got 0x.. want 0x..
 *   SKIP n NAME: why
 *   DONE passed failed
 * n counts from 1. Formats are those of core/base/format.h.
 */
#pragma once

#include "lib/trap.h"

void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What is typed: is there a byte; the next one, waited for, interrupts let in meanwhile. */
bool input_waits(void);
char input_read(void);

void check(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void check_equal(u64 got, u64 want, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The trap must be vector with this error code (0 where there is none), or TRAP_NONE. */
void check_trap(struct trap trap, int vector, u64 error, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void skip(const char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints DONE and ends the machine: status 0 when nothing failed, else 1. */
void report_done(void) __attribute__((noreturn));
