/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets of C structures, and constants, for assembly: compiled to text only, from which the
 * Makefile takes build/offsets.inc. Never linked. Each backend has its own too.
 */
#include "core/base/offsets.h"

#include "core/base/msr_index.h"
#include "core/guest/vcpu.h"
#include "drivers/canvas/font.h"

void offsets(void);

void offsets(void)
{
	CONSTANT(CR0_PE);
	CONSTANT(CR0_WP);
	CONSTANT(CR0_PG);
	CONSTANT(CR4_PAE);
	CONSTANT(MSR_EFER);
	CONSTANT(EFER_LME);
	CONSTANT(EFER_NXE);
	CONSTANT(FONT_FIRST);
	CONSTANT(FONT_WIDTH);
	CONSTANT(FONT_HEIGHT);
	OFFSET(VCPU_PENDING, vcpu, thread.pending);
	OFFSET(VCPU_RAX, vcpu, regs.gpr[RAX]);
	OFFSET(VCPU_RCX, vcpu, regs.gpr[RCX]);
	OFFSET(VCPU_RDX, vcpu, regs.gpr[RDX]);
	OFFSET(VCPU_RBX, vcpu, regs.gpr[RBX]);
	OFFSET(VCPU_RBP, vcpu, regs.gpr[RBP]);
	OFFSET(VCPU_RSI, vcpu, regs.gpr[RSI]);
	OFFSET(VCPU_RDI, vcpu, regs.gpr[RDI]);
	OFFSET(VCPU_R8, vcpu, regs.gpr[R8]);
	OFFSET(VCPU_R9, vcpu, regs.gpr[R9]);
	OFFSET(VCPU_R10, vcpu, regs.gpr[R10]);
	OFFSET(VCPU_R11, vcpu, regs.gpr[R11]);
	OFFSET(VCPU_R12, vcpu, regs.gpr[R12]);
	OFFSET(VCPU_R13, vcpu, regs.gpr[R13]);
	OFFSET(VCPU_R14, vcpu, regs.gpr[R14]);
	OFFSET(VCPU_R15, vcpu, regs.gpr[R15]);
}
