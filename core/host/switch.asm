; SPDX-License-Identifier: BSD-2-Clause
; The switch between stacks. Callee-saved registers only: the rest of the
; context is dead at the call (System V ABI).
bits 64
default rel
section .text

; in: rdi = where the old stack pointer goes, rsi = new stack pointer
; out: returns on the new stack; clobbers what a call may clobber
global switch_stack
switch_stack:
	push rbx
	push rbp
	push r12
	push r13
	push r14
	push r15
	mov [rdi], rsp
	mov rsp, rsi
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	ret

; First instructions of a thread, on a stack that sched_create prepared:
; r12 = entry, r13 = its argument, r14 = what to call first
global switch_first
switch_first:
	xor ebp, ebp
	call r14
	mov rdi, r13
	call r12
	ud2
