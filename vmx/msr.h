/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRs in the VMCS, and the map of MSRs that a guest accesses without an exit. */
#pragma once

#include "core/base/status.h"

struct vmx_vcpu;

/* place: enum msr_place. False: the guest gets #GP. */
bool vmx_msr_read(struct vmx_vcpu *v, unsigned place, u64 *value);
bool vmx_msr_write(struct vmx_vcpu *v, unsigned place, u64 value);

void vmx_msr_sync_tsc(struct vmx_vcpu *v); /* after vcpu.tsc.offset may have changed */

enum status vmx_msr_map_init(struct error *err) must_check;
u64 vmx_msr_map(bool x2apic); /* physical; x2apic: hardware runs the APIC in x2APIC mode */
