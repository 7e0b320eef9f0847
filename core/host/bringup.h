/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a CPU comes up, each for itself and all in one order: feature snapshot,
 * capability snapshot, comparison with the boot CPU's, control registers and
 * MTRRs, enable, self-test, online. Owns what the machine's CPUs have in
 * common.
 */
#pragma once

#include "boot/cmdline.h"
#include "core/base/status.h"
#include "core/host/cpu.h"
#include "core/host/virt.h"
#include "core/model/cpuid.h"

/*
 * The boot CPU, which is online already: its snapshot is the reference. backend:
 * virt from now on, or NULL. If the CPU cannot run guests the log says what it
 * lacks, and virt is NULL. options must stay.
 */
enum status bringup_boot_cpu(const struct virt_ops *backend, const struct boot_options *options,
			     struct error *err) must_check;

/* Any other CPU, from boot/host/smp.c, one at a time; it is online or parked afterwards. */
_Noreturn void bringup_cpu(void);

/* What a CPU that is online does for ever: work, but while it is offline. */
_Noreturn void bringup_serve(void);

/*
 * Waits until a CPU that was made CPU_LEAVING is offline, which takes that the
 * threads at home there leave: all must be on their way. And brings one that is offline back
 * by all the steps of its start; one that no longer fits is parked. The
 * administrator's thread, on another CPU.
 */
void bringup_offline(struct cpu *cpu);
enum status bringup_online(struct cpu *cpu, struct error *err) must_check;

/* CPUID as all CPUs that are online have it: what a guest may get. */
void bringup_cpuid(u32 leaf, u32 subleaf, struct cpuid_regs *out);
