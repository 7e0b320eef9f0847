/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the hypervisor: other CPUs are stopped by NMI, the sentence, the
 * registers and the trace are printed, then it halts or resets the machine.
 * panic() itself is in core/base/log.h.
 */
#pragma once

#include "core/host/traps.h"

/* Sets the function called after the last line to reset the machine. NULL, the default: halt. */
void panic_set_reset(void (*reset)(void));

/* True if a CPU has begun a panic: a CPU that takes an NMI must then stop. */
bool panic_begun(void);

/* Stops the CPU that runs this for good. */
_Noreturn void panic_stop_cpu(void);

/* Panics because of an unexpected exception, or of the #UD that panic() raises. */
_Noreturn void panic_exception(const struct trap_frame *frame);
