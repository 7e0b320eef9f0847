/* SPDX-License-Identifier: BSD-2-Clause */
/* What ends a guest, said as exactly as hardware permits. */
#pragma once

#include "core/base/status.h"

struct vmx_vcpu;

void vmx_failure_stop(struct vmx_vcpu *v, const char *why);

/* Entries: the controls or the host's state are invalid; the guest's state is, or an MSR. */
void vmx_failure_entry_refused(struct vmx_vcpu *v);
void vmx_failure_entry_failed(struct vmx_vcpu *v, u64 reason);
void vmx_failure_describe_entry(u64 reason, struct error *err); /* why it failed, into err */

/* Exits: EPT's tables are malformed; a reason that no handler knows. */
void vmx_failure_misconfigured(struct vmx_vcpu *v);
void vmx_failure_unknown(struct vmx_vcpu *v, u64 reason);
