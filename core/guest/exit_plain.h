/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits that only read a table. They are inline because with hardware that provides the next RIP
 * a function call would be a large part of their cost. False: nothing is done, and the caller
 * uses the handler of core/guest/exit.h.
 */
#pragma once

#include "core/guest/vcpu.h"
#include "core/guest/vm.h"
#include "core/model/cpuid.h"

static inline void exit_plain_set_msr(struct vcpu *vcpu, u64 value)
{
	vcpu->regs.gpr[RAX] = (u32)value;
	vcpu->regs.gpr[RDX] = value >> 32;
}

static inline void exit_plain_set_cpuid(struct vcpu *vcpu, const struct cpuid_regs *out)
{
	u64 *gpr = vcpu->regs.gpr;

	gpr[RAX] = out->reg[CPUID_EAX];
	gpr[RBX] = out->reg[CPUID_EBX];
	gpr[RCX] = out->reg[CPUID_ECX];
	gpr[RDX] = out->reg[CPUID_EDX];
}

static inline bool exit_plain_cpuid(struct vcpu *vcpu)
{
	const struct cpuid_regs *plain = cpuid_plain(vcpu->vm->cpuid, (u32)vcpu->regs.gpr[RAX]);

	if (!plain)
		return false;
	exit_plain_set_cpuid(vcpu, plain);
	return true;
}

static inline bool exit_plain_rdmsr(struct vcpu *vcpu)
{
	u64 value;

	if (!msr_read_quick(vcpu->msr, &vcpu->vm->cpuid->model, (u32)vcpu->regs.gpr[RCX], &value))
		return false;
	exit_plain_set_msr(vcpu, value);
	return true;
}

static inline bool exit_plain_wrmsr(struct vcpu *vcpu)
{
	return msr_write_quick(&vcpu->vm->cpuid->model, (u32)vcpu->regs.gpr[RCX]);
}
