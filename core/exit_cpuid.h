/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPUID exit, inline: most are for a plain leaf, and with hardware that
 * gives the next RIP the call of a function would be a good part of them.
 */
#pragma once

#include "core/vm.h"

static inline void exit_cpuid_put(struct vcpu *vcpu, const struct cpuid_regs *out)
{
	u64 *gpr = vcpu->regs.gpr;

	gpr[RAX] = out->reg[CPUID_EAX];
	gpr[RBX] = out->reg[CPUID_EBX];
	gpr[RCX] = out->reg[CPUID_ECX];
	gpr[RDX] = out->reg[CPUID_EDX];
}

/* False: nothing is done, the leaf is exit_cpuid's. */
static inline bool exit_cpuid_plain(struct vcpu *vcpu)
{
	const struct cpuid_regs *plain = cpuid_plain(vcpu->vm->cpuid, (u32)vcpu->regs.gpr[RAX]);

	if (!plain)
		return false;
	vcpu->exits[EXIT_KIND_CPUID]++;
	exit_cpuid_put(vcpu, plain);
	return true;
}
