/* SPDX-License-Identifier: BSD-2-Clause */
/* Application processors: started by INIT-SIPI-SIPI, given one function at a time. */
#pragma once

#include "lib/cpu.h"

/* Starts every CPU but this one; the number of CPUs that are up, this one included. */
u32 smp_start(void);

/* How many of the CPUs 0 to smp_start's result - 1 have come up since, by ticket. */
u32 smp_count(void);

/* Starts the CPU with this APIC ID once more (INIT, SIPI, SIPI). It gets a new struct cpu. */
void smp_restart(u32 apic_id);

/* Runs code(argument) on cpus[index], index > 0. smp_wait waits for its end (20 s at most). */
void smp_run(u32 index, void (*code)(void *), void *argument);
bool smp_wait(u32 index);
