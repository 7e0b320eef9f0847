/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Brings CPUs online. Each CPU takes the same steps: feature snapshot, capability
 * snapshot, comparison with the boot CPU, control registers and MTRRs, enable,
 * self-test, online. Owns the set of features that all online CPUs have.
 */
#pragma once

#include "boot/cmdline.h"
#include "core/base/status.h"
#include "core/host/cpu.h"
#include "core/host/virt.h"
#include "core/model/cpuid.h"

/*
 * For the boot CPU, which is online already: its snapshot is the reference. Sets
 * virt to backend, which may be NULL. If the CPU cannot run guests, logs the
 * reason and sets virt to NULL. options must stay valid. ERR_NO_MEMORY.
 */
enum status bringup_boot_cpu(const struct virt_ops *backend, const struct boot_options *options,
			     struct error *err) must_check;

/* For any other CPU, one at a time: boot/host/smp.c calls it. The CPU becomes online or parked. */
_Noreturn void bringup_cpu(void);

/* The endless loop of an online CPU: runs threads, and halts while it is offline. */
_Noreturn void bringup_serve(void);

/*
 * For the administrator's thread, on another CPU. bringup_offline waits until a CPU
 * in state CPU_LEAVING is offline; all threads whose home it is must already be
 * moving away, since it waits for them. bringup_online brings an offline CPU back by
 * all the steps of its start. ERR_UNSUPPORTED: the CPU no longer fits, and is
 * parked.
 */
void bringup_offline(struct cpu *cpu);
enum status bringup_online(struct cpu *cpu, struct error *err) must_check;

/* CPUID with the features that all online CPUs have, the most that a guest may get. */
void bringup_cpuid(u32 leaf, u32 subleaf, struct cpuid_regs *out);
