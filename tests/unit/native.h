/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs one instruction on the build machine's CPU with registers, flags and
 * memory of the test's choice. The code page and the data window lie in the
 * low 2 GiB, so that every form of address reaches the window.
 */
#pragma once

#define _GNU_SOURCE /* names of registers in a signal's context */

#include <asm/prctl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "core/base/regs.h"

#define NATIVE_CODE    0x20000000UL
#define NATIVE_DATA    0x20002000UL /* one page; nothing next to it */
#define NATIVE_GS_BASE 0x1230000UL

enum { NATIVE_ASTRAY = -1 }; /* a signal came that the instruction did not raise */

enum native_layout {
	NATIVE_RFLAGS = GPR_COUNT * 8,
	NATIVE_HOST_RSP = NATIVE_RFLAGS + 8,
	NATIVE_ENTRY = NATIVE_HOST_RSP + 8,
};

struct native_state {
	u64 gpr[GPR_COUNT];
	u64 rflags;
	u64 host_rsp;
	u64 entry;
	u64 fault_rsp; /* RSP when it raised the signal */
	int signal;    /* the signal of the instruction, or 0, or NATIVE_ASTRAY */
};

static_assert(offsetof(struct native_state, rflags) == NATIVE_RFLAGS, "asm below");
static_assert(offsetof(struct native_state, entry) == NATIVE_ENTRY, "asm below");

struct native_state native_state;
void native_enter(void);
void native_leave(void);

/* Input and output: native_state. Everything else is preserved. */
asm(".text\n"
    "native_enter:\n"
    "	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "	mov %rsp, native_state+136(%rip)\n"
    "	pushq native_state+128(%rip); popfq\n"
    "	mov native_state+0(%rip), %rax;   mov native_state+8(%rip), %rcx\n"
    "	mov native_state+16(%rip), %rdx;  mov native_state+24(%rip), %rbx\n"
    "	mov native_state+32(%rip), %rsp;  mov native_state+40(%rip), %rbp\n"
    "	mov native_state+48(%rip), %rsi;  mov native_state+56(%rip), %rdi\n"
    "	mov native_state+64(%rip), %r8;   mov native_state+72(%rip), %r9\n"
    "	mov native_state+80(%rip), %r10;  mov native_state+88(%rip), %r11\n"
    "	mov native_state+96(%rip), %r12;  mov native_state+104(%rip), %r13\n"
    "	mov native_state+112(%rip), %r14; mov native_state+120(%rip), %r15\n"
    "	jmp *native_state+144(%rip)\n"
    "native_leave:\n"
    "	mov %rax, native_state+0(%rip);   mov %rcx, native_state+8(%rip)\n"
    "	mov %rdx, native_state+16(%rip);  mov %rbx, native_state+24(%rip)\n"
    "	mov %rsp, native_state+32(%rip);  mov %rbp, native_state+40(%rip)\n"
    "	mov %rsi, native_state+48(%rip);  mov %rdi, native_state+56(%rip)\n"
    "	mov %r8, native_state+64(%rip);   mov %r9, native_state+72(%rip)\n"
    "	mov %r10, native_state+80(%rip);  mov %r11, native_state+88(%rip)\n"
    "	mov %r12, native_state+96(%rip);  mov %r13, native_state+104(%rip)\n"
    "	mov %r14, native_state+112(%rip); mov %r15, native_state+120(%rip)\n"
    "	mov native_state+136(%rip), %rsp\n"
    "	pushfq; popq native_state+128(%rip)\n"
    "	cld\n"
    "	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "	ret\n");

/*
 * The registers still have the values from before the instruction. Returns with these
 * values, except RSP: not every machine can return from a signal to a stack pointer that is
 * not canonical.
 */
static void native_on_signal(int signal, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	(void)info;
	if (user->uc_mcontext.gregs[REG_RIP] != (greg_t)NATIVE_CODE)
		signal = NATIVE_ASTRAY;
	native_state.signal = signal;
	native_state.fault_rsp = (u64)user->uc_mcontext.gregs[REG_RSP];
	user->uc_mcontext.gregs[REG_RSP] = (greg_t)native_state.host_rsp;
	user->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)native_leave;
	user->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)RFLAGS_RF;
}

/*
 * Must be called in the test itself, because cmocka takes the signals when a test starts.
 * False: the machine refuses.
 */
static bool native_init(void)
{
	static u8 signal_stack[1 << 16];
	stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof(signal_stack)};
	struct sigaction action = {.sa_sigaction = native_on_signal,
				   .sa_flags = SA_SIGINFO | SA_ONSTACK};

	for (u64 page = NATIVE_CODE; page <= NATIVE_DATA; page += NATIVE_DATA - NATIVE_CODE) {
		if (mmap((void *)page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (void *)page)
			return false;
	}
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, NATIVE_GS_BASE) != 0)
		return false;
	return sigaltstack(&stack, NULL) == 0 && sigaction(SIGFPE, &action, NULL) == 0 &&
	       sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGILL, &action, NULL) == 0 &&
	       sigaction(SIGBUS, &action, NULL) == 0;
}

/* Executes length bytes at NATIVE_CODE over regs. Returns native_state.signal. */
static int native_run(struct regs *regs, const u8 *bytes, unsigned length)
{
	static const u8 jump[] = {0xff, 0x25, 0, 0, 0, 0}; /* jmp *0(%rip) */
	u64 target = (u64)(uintptr_t)native_leave;
	u8 *code = (u8 *)NATIVE_CODE;

	memcpy(code, bytes, length);
	memcpy(code + length, jump, sizeof(jump));
	memcpy(code + length + sizeof(jump), &target, sizeof(target));
	memcpy(native_state.gpr, regs->gpr, sizeof(regs->gpr));
	native_state.rflags = regs->rflags;
	native_state.entry = NATIVE_CODE;
	native_state.signal = 0;
	native_enter();
	memcpy(regs->gpr, native_state.gpr, sizeof(regs->gpr));
	if (native_state.signal)
		regs->gpr[RSP] = native_state.fault_rsp;
	regs->rflags = native_state.rflags;
	return native_state.signal;
}
