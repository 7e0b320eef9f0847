/* SPDX-License-Identifier: BSD-2-Clause */
/* Chooses the home CPUs of vCPUs. For the administrator's thread and the keeper's. */
#pragma once

#include "core/base/status.h"

struct vm;

/*
 * Sets *cpu to the CPU, of the online ones that the VM's affinity allows, that has the
 * fewest vCPUs; without: a CPU that does not count, or CPU_NONE. False: there is none.
 */
bool vm_place(const struct vm *vm, u32 without, u32 *cpu) must_check;

/* How many vCPUs, of all VMs, live on cpu. */
u32 vm_place_count(u32 cpu);

/* ERR_BUSY: a vCPU that lives on cpu may live on no other CPU that is online. */
enum status vm_place_check_vacate(u32 cpu, struct error *err) must_check;

/* Sends all vCPUs that live on cpu to others. vm_place_check_vacate has returned OK. */
void vm_place_vacate(u32 cpu);
