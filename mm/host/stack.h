/* SPDX-License-Identifier: BSD-2-Clause */
/* Stacks of the hypervisor, each with an unmapped guard page below. */
#pragma once

#include "core/base/status.h"
#include "core/base/types.h"

/* Returns the stack's top, 16-byte aligned; NULL when memory is used up. */
void *stack_alloc(size_t size) must_check;
void stack_free(void *top, size_t size);

/* Is addr in a page that guards the end of a stack? For the sentence of a panic. */
bool stack_is_guard(u64 addr);
