/* SPDX-License-Identifier: BSD-2-Clause */
/* CR0 and CR4, of which some bits are ours; CR0.CD, which VM entry and exit leave as it is. */
#pragma once

#include "core/base/types.h"
#include "core/guest/exit.h"

struct vmx_vcpu;

/* An exit for CR0 or CR4. VERDICT_RESUME: the guest executes the instruction again. */
enum verdict vmx_control_exit(struct vmx_vcpu *v);

void vmx_control_sync_cd(struct vmx_vcpu *v, u64 cr0); /* cr0: as the guest has it from now on */
void vmx_control_set_caching(bool on);
