/* SPDX-License-Identifier: BSD-2-Clause */
/* Hypercalls: one table, one row a call. See pv/abi.h for what guests rely on. */
#pragma once

#include "core/base/types.h"
#include "core/guest/exit.h"

/* Groups this build offers: CPUID 0x40000001 ECX. */
u32 hypercall_groups(void);

/* Performs call number RAX with the arguments in vcpu->regs; the result goes to RAX. VERDICT_SKIP.
 */
enum verdict hypercall(struct vcpu *vcpu);
