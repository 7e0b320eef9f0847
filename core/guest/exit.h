/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neutral handlers of exits: each does what the instruction does to the vCPU
 * and returns a verdict, which the backend applies. They know no structure of
 * the hardware; RAX to RDX are in vcpu->regs.
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
	VERDICT_BACKEND, /* the state asked for is the backend's */
};

/* Applies VERDICT_GP and VERDICT_UD; the others ask nothing of the vCPU. */
void exit_refuse(struct vcpu *vcpu, enum verdict verdict);

/* A machine check has ended the guest's run: the end of the machine. */
_Noreturn void exit_machine_check(const struct vcpu *vcpu);

/* CPUID of EAX, ECX. cr4 is the guest's. Always VERDICT_SKIP. */
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
 * WBINVD, and INVD, which loses nothing (other guests' data is in the caches too):
 * only memtype = mtrr has them do anything.
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
 * known: what the CPU has said of the access; NULL: nothing that helps.
 * vcpu->regs and vcpu->ctl hold all of the state; VERDICT_SKIP means that
 * *length bytes are to be skipped. Where an event was on its way (vcpu->event)
 * it was no instruction that had the access, and the guest ends.
 */
enum verdict exit_emulate(struct vcpu *vcpu, bool port, const struct exit_access *known,
			  u8 *length);
