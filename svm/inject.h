/* SPDX-License-Identifier: BSD-2-Clause */
/* Events into the guest, and the exits that show when the guest can accept one. */
#pragma once

#include "core/base/types.h"

struct svm_vcpu;

/* Prepares the next entry to deliver vcpu.event; undoes this if no entry followed. */
void svm_inject(struct svm_vcpu *v);
void svm_inject_undo(struct svm_vcpu *v);

/* Makes the guest exit when it can accept the events in vcpu.waiting.window. */
void svm_inject_set_windows(struct svm_vcpu *v);

unsigned svm_inject_accepts(struct svm_vcpu *v); /* enum vcpu_accepts */
void svm_inject_requeue(struct svm_vcpu *v);	 /* an event whose delivery an exit interrupted */
void svm_inject_iret(struct svm_vcpu *v);     /* the guest has reached the IRET that opens NMIs */
bool svm_inject_step_end(struct svm_vcpu *v); /* after a step; true: only we caused the #DB */
