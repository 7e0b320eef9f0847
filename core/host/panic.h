/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the hypervisor: other CPUs are stopped by NMI, the sentence, the
 * registers and the trace are printed, then it halts or resets the machine.
 * panic() itself is in core/base/log.h.
 */
#pragma once

#include "core/host/traps.h"

/* What to do after the last line: reset, or (NULL, the default) halt for ever. */
void panic_set_reset(void (*reset)(void));

/* Has a CPU begun a panic? Then an NMI means: stop here. */
bool panic_begun(void);

/* Stops the CPU that runs this for good. */
_Noreturn void panic_stop_cpu(void);

/* The panic of an exception that nobody expects, and where panic() ends. */
_Noreturn void panic_exception(const struct trap_frame *frame);
