/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM's kernel and initrd. */
#pragma once

#include "core/base/status.h"

struct vm;

/*
 * Copies kernel and initrd into the VM's memory and sets its first vCPU's entry state.
 * Memory and vCPUs are there. between: as vm_build's. ERR_NOT_FOUND: there is no module
 * of that name; and the errors of loaders. When the VM's end has begun meanwhile part of
 * it may be missing.
 */
enum status vm_load_kernel(struct vm *vm, void (*between)(void), struct error *err) must_check;
