/* SPDX-License-Identifier: BSD-2-Clause */
/* Failures that end a guest: logs them as exactly as hardware describes them. */
#pragma once

#include "core/base/status.h"

struct vmx_vcpu;

/* Entries: refused for the controls or the host's state; failed for the guest's state or MSRs. */
void vmx_failure_entry_refused(struct vmx_vcpu *v);
void vmx_failure_entry_failed(struct vmx_vcpu *v, u64 reason);
void vmx_failure_describe_entry(u64 reason, struct error *err); /* err: why the entry failed */

/* Exits: an EPT entry is malformed; a reason that no handler knows. */
void vmx_failure_misconfigured(struct vmx_vcpu *v);
void vmx_failure_unknown(struct vmx_vcpu *v, u64 reason);
