/* SPDX-License-Identifier: BSD-2-Clause */
/* Events into the guest, and the exits that show when the guest can accept one. */
#pragma once

#include "core/base/types.h"

struct vmx_vcpu;

/* Prepares the next entry to deliver vcpu.event; undoes this if no entry followed. */
void vmx_inject(struct vmx_vcpu *v);
void vmx_inject_undo(struct vmx_vcpu *v);

/* Makes the guest exit when it can accept the events in vcpu.waiting.window. */
void vmx_inject_set_windows(struct vmx_vcpu *v);
void vmx_inject_set_proc(struct vmx_vcpu *v, u32 proc); /* the primary controls, with the windows */
unsigned vmx_inject_accepts(void);			/* enum vcpu_accepts */
void vmx_inject_requeue(struct vmx_vcpu *v); /* an event whose delivery an exit interrupted */
