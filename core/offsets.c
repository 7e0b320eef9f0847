/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets of C structures for assembly: compiled to text only, from which the
 * Makefile takes build/offsets.inc. Never linked.
 */
#include "svm/svm.h"

void offsets(void);

void offsets(void)
{
#define OFFSET(name, type, member) \
	__asm__ volatile("OFFSET " #name " %0" : : "i"(offsetof(struct type, member)))
	OFFSET(VCPU_PENDING, svm_vcpu, vcpu.thread.pending);
	OFFSET(SVM_VCPU_VMCB_PA, svm_vcpu, vmcb_pa);
	OFFSET(VCPU_RCX, svm_vcpu, vcpu.regs.gpr[RCX]);
	OFFSET(VCPU_RDX, svm_vcpu, vcpu.regs.gpr[RDX]);
	OFFSET(VCPU_RBX, svm_vcpu, vcpu.regs.gpr[RBX]);
	OFFSET(VCPU_RBP, svm_vcpu, vcpu.regs.gpr[RBP]);
	OFFSET(VCPU_RSI, svm_vcpu, vcpu.regs.gpr[RSI]);
	OFFSET(VCPU_RDI, svm_vcpu, vcpu.regs.gpr[RDI]);
	OFFSET(VCPU_R8, svm_vcpu, vcpu.regs.gpr[R8]);
	OFFSET(VCPU_R9, svm_vcpu, vcpu.regs.gpr[R9]);
	OFFSET(VCPU_R10, svm_vcpu, vcpu.regs.gpr[R10]);
	OFFSET(VCPU_R11, svm_vcpu, vcpu.regs.gpr[R11]);
	OFFSET(VCPU_R12, svm_vcpu, vcpu.regs.gpr[R12]);
	OFFSET(VCPU_R13, svm_vcpu, vcpu.regs.gpr[R13]);
	OFFSET(VCPU_R14, svm_vcpu, vcpu.regs.gpr[R14]);
	OFFSET(VCPU_R15, svm_vcpu, vcpu.regs.gpr[R15]);
#undef OFFSET
}
