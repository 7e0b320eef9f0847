/* SPDX-License-Identifier: BSD-2-Clause */
/* CR0 and CR4, of which the host owns some bits; CR0.CD, which entry and exit do not change. */
#pragma once

#include "core/base/types.h"
#include "core/guest/exit.h"

struct vmx_vcpu;

/* An exit for CR0 or CR4. VERDICT_RESUME: the guest executes the instruction again. */
enum verdict vmx_control_exit(struct vmx_vcpu *v);

void vmx_control_sync_cd(struct vmx_vcpu *v, u64 cr0); /* cr0: the guest's new value */
void vmx_control_set_caching(bool on);		       /* off: sets CR0.CD in this CPU */
