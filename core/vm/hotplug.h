/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking physical CPUs out of use and into use again, as the administrator
 * asks. Refuses what would leave a vCPU, or the machine, without a CPU.
 */
#pragma once

#include "core/base/status.h"
#include "core/host/cpu.h"

/*
 * The administrator's thread, which goes elsewhere if it lives on that CPU.
 * ERR_BUSY: it is not online, or the last one, or a vCPU may be nowhere else.
 */
enum status hotplug_offline(struct cpu *cpu, struct error *err) must_check;

/* ERR_BUSY: it is not offline. ERR_UNSUPPORTED: it no longer fits, and is parked. */
enum status hotplug_online(struct cpu *cpu, struct error *err) must_check;

const char *hotplug_state_name(const struct cpu *cpu);
