/* SPDX-License-Identifier: BSD-2-Clause */
/* Events into the guest, and the exits that tell when it can take one. */
#pragma once

#include "core/base/types.h"

struct vmx_vcpu;

void vmx_inject(struct vmx_vcpu *v);	  /* vcpu.event, with the next entry */
void vmx_inject_undo(struct vmx_vcpu *v); /* that entry was not made */
void vmx_inject_set_windows(struct vmx_vcpu *v);
void vmx_inject_set_proc(struct vmx_vcpu *v, u32 proc); /* the controls that have the windows */
unsigned vmx_inject_accepts(void);			/* enum vcpu_accepts */
void vmx_inject_requeue(struct vmx_vcpu *v); /* an event whose delivery an exit interrupted */
