/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRs that the VMCS holds, and the map of those that a guest reaches without an exit. */
#pragma once

#include "core/base/status.h"

struct vmx_vcpu;

/* place: enum msr_place. False: #GP. */
bool vmx_msr_read(struct vmx_vcpu *v, unsigned place, u64 *value);
bool vmx_msr_write(struct vmx_vcpu *v, unsigned place, u64 value);

void vmx_msr_sync_tsc(struct vmx_vcpu *v); /* after vcpu.tsc.offset may have changed */

enum status vmx_msr_map_init(struct error *err) must_check;
u64 vmx_msr_map(bool x2apic); /* physical; x2apic: hardware runs an APIC in that mode */
