/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neutral handlers of exits. Each performs the instruction on the vCPU and returns a verdict,
 * which the backend applies. They know no structure of the hardware. Before the call the
 * backend has put RAX to RDX into vcpu->regs.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/types.h"
#include "core/guest/vcpu_memory.h"
#include "core/trace/exit_kind.h"

struct vcpu;
struct msr_result;

enum verdict {
	VERDICT_RESUME,	 /* the instruction stays where it is (not done, or an event is set) */
	VERDICT_SKIP,	 /* the instruction is done: complete it */
	VERDICT_GP,	 /* raise #GP(0) */
	VERDICT_UD,	 /* raise #UD */
	VERDICT_BACKEND, /* the backend has the state that the instruction accesses */
};

/* Applies VERDICT_GP and VERDICT_UD. No effect for other verdicts. */
void exit_refuse(struct vcpu *vcpu, enum verdict verdict);

/* A machine check has ended the guest's run: panics. */
_Noreturn void exit_machine_check(const struct vcpu *vcpu);

/* CPUID of EAX, ECX. cr4: of the guest. Always VERDICT_SKIP. */
enum verdict exit_cpuid(struct vcpu *vcpu, u64 cr4);

/*
 * RDMSR, WRMSR of ECX. VERDICT_BACKEND: result->place lives in the backend,
 * which returns the value with exit_plain_set_msr (core/guest/exit_plain.h) or takes result->value.
 */
enum verdict exit_rdmsr(struct vcpu *vcpu, struct msr_result *result);
enum verdict exit_wrmsr(struct vcpu *vcpu, struct msr_result *result);

/* XSETBV of ECX, EDX:EAX, after the CPU's own checks of privilege. */
enum verdict exit_xsetbv(struct vcpu *vcpu);

/*
 * WBINVD; and INVD, which writes back too, since other guests' data is in the caches. No effect
 * unless memtype = mtrr.
 */
enum verdict exit_wbinvd(struct vcpu *vcpu);

enum verdict exit_hlt(struct vcpu *vcpu);

/* IN or OUT of AL, AX or EAX: size 1, 2 or 4. Not the string forms. */
enum verdict exit_port(struct vcpu *vcpu, u16 port, u8 size, bool in);

/* The backend's hypercall instruction; long_mode_kernel: from 64-bit mode and CPL 0. */
enum verdict exit_hypercall(struct vcpu *vcpu, bool long_mode_kernel);

/* An access to memory that ended the guest's run after the CPU had translated it. */
struct exit_access {
	struct gpa gpa;
	enum vcpu_place place;
	bool write;
};

/*
 * Executes the instruction at RIP in software: an access that nested paging
 * refused, a string port access (port: the CPU has found that it is allowed).
 * known: the access as the CPU has reported it; NULL: not reported.
 * Precondition: vcpu->regs and vcpu->ctl hold the whole state. VERDICT_SKIP: the backend skips
 * *length bytes. If an event was in delivery (vcpu->event), the delivery made the access and no
 * instruction, and the guest ends.
 */
enum verdict exit_emulate(struct vcpu *vcpu, bool port, const struct exit_access *known,
			  u8 *length);
