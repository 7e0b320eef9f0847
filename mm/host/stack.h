/* SPDX-License-Identifier: BSD-2-Clause */
/* Stacks, see stack_alloc and stack_free in mm/host/host.h. */
#pragma once

#include "mm/host/host.h"

/* Is addr in a page that guards the end of a stack? For the sentence of a panic. */
bool stack_is_guard(u64 addr);
