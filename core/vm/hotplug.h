/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes physical CPUs out of use and into use again. Refuses a request that would leave a
 * vCPU, or the machine, without a CPU. The administrator's thread.
 */
#pragma once

#include "core/base/status.h"
#include "core/host/cpu.h"

/*
 * The calling thread moves to another CPU if it lives on this one. ERR_BUSY: the CPU is not
 * online, or is the last one, or a vCPU may live on no other.
 */
enum status hotplug_offline(struct cpu *cpu, struct error *err) must_check;

/* ERR_BUSY: the CPU is not offline. ERR_UNSUPPORTED: it no longer fits, and is parked. */
enum status hotplug_online(struct cpu *cpu, struct error *err) must_check;

const char *hotplug_state_name(const struct cpu *cpu);
