/* SPDX-License-Identifier: BSD-2-Clause */
/* Making of a CPU's windows; their use is in mm/host.h. */
#pragma once

#include "core/types.h"

/* The leaf entries of the CPU's windows, enum window_slot of them; NULL when memory is used up. */
u64 *window_create(u32 cpu_number);
