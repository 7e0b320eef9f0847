/* SPDX-License-Identifier: BSD-2-Clause */
/* Application processors: starts them by INIT-SIPI-SIPI, and runs functions on them. */
#pragma once

#include "lib/cpu.h"

/* Starts every CPU but this one. Returns the number of CPUs that are up, including this one. */
u32 smp_start(void);

/* Counts the starts of CPUs so far: smp_start's result, and one for each start after it. */
u32 smp_count(void);

/* Starts the CPU with this APIC ID again (INIT, SIPI, SIPI). The CPU gets a new struct cpu. */
void smp_restart(u32 apic_id);

/* Runs code(argument) on cpus[index], index > 0. smp_wait waits for its end, at most 20 s. */
void smp_run(u32 index, void (*code)(void *), void *argument);
bool smp_wait(u32 index);
