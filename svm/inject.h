/* SPDX-License-Identifier: BSD-2-Clause */
/* Events into the guest, and the exits that tell when it can take one. */
#pragma once

#include "core/base/types.h"

struct svm_vcpu;

void svm_inject(struct svm_vcpu *v);	  /* vcpu.event, with the next entry */
void svm_inject_undo(struct svm_vcpu *v); /* that entry was not made */
void svm_inject_set_windows(struct svm_vcpu *v);
unsigned svm_inject_accepts(struct svm_vcpu *v); /* enum vcpu_accepts */
void svm_inject_requeue(struct svm_vcpu *v);	 /* an event whose delivery an exit interrupted */
void svm_inject_iret(struct svm_vcpu *v);     /* the guest has reached the IRET that opens NMIs */
bool svm_inject_step_end(struct svm_vcpu *v); /* after a step; true: the #DB was ours alone */
