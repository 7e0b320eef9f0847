/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the stacks of threads and of exceptions, each with an unmapped guard page below.
 * A freed stack stays mapped, and is given again for the same size.
 */
#pragma once

#include "core/base/status.h"
#include "core/base/types.h"

/*
 * Returns the top of a stack of at least size bytes, 16-byte aligned. NULL: no memory. Locks:
 * stacks.
 */
void *stack_alloc(size_t size) must_check;
void stack_free(void *top, size_t size);

/* True if addr is in an unmapped page below a stack. For the message of a panic; takes no lock. */
bool stack_is_guard(u64 addr);
