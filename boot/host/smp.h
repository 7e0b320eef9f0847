/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting the other CPUs, one after the other, with INIT and startup IPIs
 * through a page below 1 MiB that only they ever map. Owns what the trampoline
 * reads.
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
	u32 silent;   /* no answer in time; each was named in the log */
	u32 disabled; /* the firmware says so: not started */
};

/*
 * Starts every enabled CPU of the list but the one that runs this, after
 * cpu_init_boot_stacks, lapic_enable and clock_calibrate. entry is
 * called on each, on its own stack, with its struct, IDT and PAT loaded and APIC
 * enabled; it never returns. A CPU counts as started
 * once entry has moved it from CPU_STARTING to another state.
 */
enum status smp_start(const struct smp_cpu *cpus, u32 count, void (*entry)(void),
		      struct smp_result *result, struct error *err) must_check;
