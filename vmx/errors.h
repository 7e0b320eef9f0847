/* SPDX-License-Identifier: BSD-2-Clause */
/* The meaning of the numbers by which VMX instructions and VM entries fail. Pure. */
#pragma once

#include "core/base/types.h"

/* SDM 3C "VM Instruction Error Numbers". Never NULL. */
const char *vmx_error_text(u64 number);

/* What exit qualification adds to 'invalid guest state' (SDM 3C "VM-Entry Failures"). Never NULL.
 */
const char *vmx_entry_failure_text(u64 qualification);
