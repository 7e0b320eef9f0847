/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM's kernel and initrd. */
#pragma once

#include "core/base/status.h"

struct vm;

/*
 * Copies kernel and initrd into the VM's memory, which has been built like its vCPUs, and sets
 * the first vCPU's entry state. between: as vm_build's. ERR_NOT_FOUND: no module has that name;
 * and the errors of loaders. If the VM's end begins meanwhile, a part may be missing.
 */
enum status vm_load_kernel(struct vm *vm, void (*between)(void), struct error *err) must_check;
