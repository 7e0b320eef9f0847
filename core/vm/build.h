/* SPDX-License-Identifier: BSD-2-Clause */
/* Putting a VM together, and taking it apart. The keeper's thread. */
#pragma once

#include "core/base/status.h"

struct vm;

/*
 * Builds what the VM's description asks for: memory, chips, vCPUs, and a kernel in
 * memory. between is called every few milliseconds, so that other threads of this CPU
 * go on. After an error, or when the VM's end has begun meanwhile, vm_build_undo is due.
 */
enum status vm_build(struct vm *vm, void (*between)(void), struct error *err) must_check;

/* Gives back what vm_build has made, all or a part. No vCPU runs. between as above. */
void vm_build_undo(struct vm *vm, void (*between)(void));
