/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts the other CPUs one after the other with INIT and startup IPIs, through a
 * page below 1 MiB that only starting CPUs map. Owns the variables that the
 * trampoline reads.
 */
#pragma once

#include "core/base/status.h"
#include "core/base/types.h"

struct smp_cpu {
	u32 apic_id;
	bool enabled;
};

struct smp_result {
	u32 answered; /* the boot CPU included */
	u32 silent;   /* did not answer in time; each was logged */
	u32 disabled; /* disabled by firmware, so not started */
};

/*
 * Runs after cpu_init_boot_stacks, lapic_enable and clock_calibrate. Starts every
 * enabled CPU of the list except the calling one. Each CPU calls entry on its own
 * stack, with GS at its struct cpu, IDT and PAT loaded, and its APIC enabled; entry must not
 * return. A CPU has answered once entry has changed its state from CPU_STARTING.
 * ERR_NO_MEMORY: CPUs that were started before the failure keep running.
 */
enum status smp_start(const struct smp_cpu *cpus, u32 count, void (*entry)(void),
		      struct smp_result *result, struct error *err) must_check;
