/* SPDX-License-Identifier: BSD-2-Clause */
/* The neutral exit handlers, without emulation (core/guest/exit_emulate.c). */
#include "core/guest/exit.h"

#include "apic/virt/vlapic.h"
#include "core/base/cpuid_bits.h"
#include "core/base/log.h"
#include "core/base/x86.h"
#include "core/guest/chips.h"
#include "core/guest/exit_plain.h"
#include "core/guest/hypercall.h"
#include "core/guest/vcpu_apic.h"
#include "core/guest/vm.h"
#include "core/host/xstate.h"
#include "core/memory/types.h"
#include "core/model/control.h"

enum verdict exit_cpuid(struct vcpu *vcpu, u64 cr4)
{
	u32 leaf = (u32)vcpu->regs.gpr[RAX];
	struct cpuid_vcpu view = {
		.apic_id = vcpu->id,
		.apic_enabled = vlapic_mode(vcpu->apic) != APIC_MODE_DISABLED,
		.cr4 = cr4,
	};
	struct cpuid_regs out;

	if (leaf ==
	    CPUID_LEAF_XSTATE) /* in the CPU: the guest may have changed it without an exit */
		view.xcr0 = xstate_xcr0();
	cpuid_lookup(vcpu->vm->cpuid, &view, leaf, (u32)vcpu->regs.gpr[RCX], &out);
	exit_plain_set_cpuid(vcpu, &out);
	return VERDICT_SKIP;
}

/* Reads an MSR of the neutral vCPU. VERDICT_BACKEND: the MSR is the backend's. */
static enum verdict read_place(struct vcpu *vcpu, u32 index, struct msr_result *result)
{
	switch (result->place) {
	case MSR_AT_TSC:
		result->value = vcpu_tsc(vcpu, x86_rdtsc());
		return VERDICT_SKIP;
	case MSR_AT_TSC_ADJUST:
		result->value = vcpu->tsc.adjust;
		return VERDICT_SKIP;
	case MSR_AT_APIC_BASE:
		result->value = vcpu->apic->base;
		return VERDICT_SKIP;
	case MSR_AT_TSC_DEADLINE:
		result->value = vlapic_timer_tsc_deadline(vcpu->apic);
		return VERDICT_SKIP;
	case MSR_AT_X2APIC:
		return vlapic_regs_msr_read(vcpu->apic, index, vm_now(vcpu->vm), &result->value)
			       ? VERDICT_SKIP
			       : VERDICT_GP;
	}
	return VERDICT_BACKEND;
}

enum verdict exit_rdmsr(struct vcpu *vcpu, struct msr_result *result)
{
	u32 index = (u32)vcpu->regs.gpr[RCX];
	enum verdict verdict = VERDICT_SKIP;

	*result = msr_read(vcpu->msr, &vcpu->vm->cpuid->model, index);
	if (result->verdict == MSR_FAULT)
		return VERDICT_GP;
	if (result->verdict == MSR_FORWARD)
		verdict = read_place(vcpu, index, result);
	if (verdict == VERDICT_SKIP)
		exit_plain_set_msr(vcpu, result->value);
	return verdict;
}

/* The TSC and its adjustment move together (SDM 3B "IA32_TSC_ADJUST Register Support"). */
static void write_tsc_offset(struct vcpu *vcpu, u64 offset)
{
	vcpu->tsc.adjust += offset - vcpu->tsc.offset;
	vcpu->tsc.offset = offset;
	vcpu_arm(vcpu);
	vcpu_reconsider(vcpu); /* the backend loads the offset before the next entry */
}

static enum verdict write_place(struct vcpu *vcpu, u32 index, const struct msr_result *result)
{
	struct vlapic_effects fx = {0};
	bool valid = true;

	switch (result->place) {
	case MSR_AT_TSC:
		write_tsc_offset(vcpu, result->value - x86_rdtsc());
		return VERDICT_SKIP;
	case MSR_AT_TSC_ADJUST:
		write_tsc_offset(vcpu, vcpu->tsc.offset + result->value - vcpu->tsc.adjust);
		return VERDICT_SKIP;
	case MSR_AT_APIC_BASE:
		valid = vlapic_write_base(vcpu_apic(vcpu), result->value, &fx);
		break;
	case MSR_AT_TSC_DEADLINE:
		vlapic_timer_write_tsc_deadline(vcpu->apic, result->value, &fx);
		break;
	case MSR_AT_X2APIC:
		valid = vlapic_regs_msr_write(vcpu_apic(vcpu), index, result->value,
					      vm_now(vcpu->vm), &fx);
		break;
	default:
		return VERDICT_BACKEND;
	}
	if (!valid)
		return VERDICT_GP;
	vcpu_apic_apply(vcpu, &fx);
	return VERDICT_SKIP;
}

enum verdict exit_wrmsr(struct vcpu *vcpu, struct msr_result *result)
{
	u32 index = (u32)vcpu->regs.gpr[RCX];
	u64 value = (u32)vcpu->regs.gpr[RAX] | vcpu->regs.gpr[RDX] << 32;

	*result = msr_write(vcpu->msr, &vcpu->vm->cpuid->model, index, value);
	if (result->verdict == MSR_FAULT)
		return VERDICT_GP;
	if (result->place == MSR_AT_MTRR)
		vcpu_memory_mtrr_written(vcpu);
	if (result->verdict == MSR_DONE)
		return VERDICT_SKIP;
	return write_place(vcpu, index, result);
}

enum verdict exit_xsetbv(struct vcpu *vcpu)
{
	u64 value = (u32)vcpu->regs.gpr[RAX] | vcpu->regs.gpr[RDX] << 32;

	if ((u32)vcpu->regs.gpr[RCX] != 0 ||
	    !control_xcr0_valid(value, vcpu->vm->cpuid->model.xcr0))
		return VERDICT_GP;
	x86_xsetbv(0, value);
	return VERDICT_SKIP;
}

/*
 * Without memtype = mtrr the guest's memory is coherent, and a WBINVD would only slow down the
 * other guests, which share the caches.
 */
enum verdict exit_wbinvd(struct vcpu *vcpu)
{
	if (memory_types_exact(&vcpu->vm->memory))
		x86_wbinvd();
	return VERDICT_SKIP;
}

enum verdict exit_hlt(struct vcpu *vcpu)
{
	vcpu->mode = VCPU_HALTED;
	vcpu_reconsider(vcpu);
	return VERDICT_SKIP;
}

/*
 * First takes the host's pending interrupts. On an emulator that does not leave the guest for
 * them (docs/errata.md), a guest that polls a port with interrupts off would otherwise delay the
 * serial line.
 */
enum verdict exit_port(struct vcpu *vcpu, u16 port, u8 size, bool in)
{
	u64 *rax = &vcpu->regs.gpr[RAX];
	u64 mask = BITS(8 * size - 1, 0);

	x86_sti_nop_cli();
	if (!in) {
		chips_write_port(vcpu->vm, port, size, (u32)(*rax & mask));
		return VERDICT_SKIP;
	}
	/* A 32-bit result clears the upper half of RAX, a smaller one keeps the rest. */
	*rax = (size == 4 ? 0 : *rax & ~mask) | (chips_read_port(vcpu->vm, port, size) & mask);
	return VERDICT_SKIP;
}

enum verdict exit_hypercall(struct vcpu *vcpu, bool long_mode_kernel)
{
	if (!long_mode_kernel)
		return VERDICT_UD;
	return hypercall(vcpu);
}

void exit_refuse(struct vcpu *vcpu, enum verdict verdict)
{
	if (verdict == VERDICT_GP)
		vcpu_raise(vcpu, event_exception(EXC_GP));
	else if (verdict == VERDICT_UD)
		vcpu_raise(vcpu, event_exception(EXC_UD));
}

_Noreturn void exit_machine_check(const struct vcpu *vcpu)
{
	panic("machine check while vCPU %u of %s ran", vcpu->id, vcpu->vm->config->name);
}
