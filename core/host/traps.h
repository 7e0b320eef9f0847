/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions and interrupts of the host: one IDT for all CPUs, one frame
 * layout, a table of interrupt handlers. An unexpected exception is a panic
 * with registers and a symbolised trace.
 */
#pragma once

#include "core/base/types.h"

/* As core/host/traps.asm pushes it, lowest address first. */
struct trap_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector;
	u64 error; /* 0 for vectors that have none */
	u64 rip, cs, rflags, rsp, ss;
};
static_assert(sizeof(struct trap_frame) == 22 * 8, "core/host/traps.asm pushes 22 words");

typedef void trap_handler(struct trap_frame *frame);

/* Builds the IDT and loads it on the boot CPU. */
void traps_init(void);

/* Loads the IDT on the CPU that runs this. */
void traps_load(void);

/*
 * Sets the handler of an interrupt, vector 32 to 255, for every CPU; NULL removes
 * it. The handler runs with interrupts off and writes the EOI itself. An interrupt
 * without handler is logged once for its vector and gets its EOI.
 */
void traps_set_handler(u8 vector, trap_handler *handler);

/* Handles an interrupt that was acknowledged, but not delivered through the IDT. */
void traps_take(u8 vector);

/*
 * rdmsr and wrmsr that return false instead of an exception when the CPU has
 * no such MSR or does not take the value. *value is 0 after a failed read.
 */
bool traps_rdmsr(u32 msr, u64 *value);
bool traps_wrmsr(u32 msr, u64 value);
