/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions and interrupts of a test guest. A test runs code that may fault with trap_run
 * and checks the result, or it sets a handler for a vector.
 */
#pragma once

#include "lib/cpu.h"

enum { TRAP_NONE = -1 };

/* As vectors.asm pushes it. */
struct trap_frame {
	u64 rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

/* The result of trap_run. */
struct trap {
	int vector; /* or TRAP_NONE */
	u64 error, rip, rflags, cr2, dr6;
};

/* Loads this CPU's GDT, TSS and the common IDT. */
void trap_init(void);

/* NULL: no handler; a trap ends trap_run, or the whole guest. */
void trap_set_handler(unsigned vector, void (*handler)(struct trap_frame *));

/*
 * Calls code(argument), in ring 0 or in ring 3, until its end or its first exception
 * without a handler. Code in ring 3 can only end by an exception.
 */
struct trap trap_run(void (*code)(void *), void *argument);
struct trap trap_run_user(void (*code)(void *), void *argument);

/* Access an MSR. False if the access faulted. */
bool trap_rdmsr(u32 msr, u64 *value);
bool trap_wrmsr(u32 msr, u64 value);

/* Ends the guest after an unexpected trap. */
void trap_fatal(const struct trap_frame *frame) __attribute__((noreturn));
