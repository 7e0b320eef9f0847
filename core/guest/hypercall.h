/* SPDX-License-Identifier: BSD-2-Clause */
/* Hypercalls: one table, one row for each call. pv/abi.h is the interface that guests rely on. */
#pragma once

#include "core/base/types.h"
#include "core/guest/exit.h"

/* Groups this build offers: CPUID 0x40000001 ECX. */
u32 hypercall_groups(void);

/*
 * Performs call number RAX with the arguments in vcpu->regs. VERDICT_SKIP: the result is in
 * RAX. VERDICT_RESUME: an argument is in an absent page, and the guest makes the call again.
 */
enum verdict hypercall(struct vcpu *vcpu);
