; SPDX-License-Identifier: BSD-2-Clause
; The world switch (APM2 "VMRUN Instruction", "VMLOAD and VMSAVE Instructions").
; Offsets come from build/offsets.inc, made from the C structures.
bits 64
default rel
%include "offsets.inc"
%include "core/base/registers.inc"
section .text

; void svm_entry_run(struct svm_vcpu *vcpu, u64 host_vmcb)
; in: rdi = vCPU, its RAX and what is to be injected in its VMCB; rsi = physical
; address of this CPU's host VMCB
; Runs the guest, and calls svm_exit after each exit, until the pending word is not
; empty. Interrupts are off before and after, and in svm_exit. No pending bit is missed:
; GIF is clear from the test of the pending word to VMRUN, so a kick that arrives after
; the test stays pending. Since host RFLAGS.IF is set, VMRUN then exits at once.
global svm_entry_run
extern svm_exit, svm_trace_exit, trace_enabled
svm_entry_run:
	push rbp
	mov rbp, rsp
	push rbx
	push r12
	push r13
	push r14
	push r15
	sub rsp, 8
	push rsi
	push rdi
FRAME equ 64 ; from here up to what RBP points to
	jmp .test
.enter:
	sti
	mov rax, [rdi + SVM_VCPU_VMCB_PA]
	LOAD_GUEST_REGISTERS
	vmload
	vmrun
	vmsave ; RAX and RSP are the host's again
	mov rax, [rsp]
	STORE_GUEST_REGISTERS rax
	mov [rax + VCPU_RDI], rdi
	mov rdi, rax
	mov rax, [rsp + 8]
	vmload
	cli
	stgi
	lea rbp, [rsp + FRAME] ; so that a panic's backtrace finds the callers
	cmp dword [trace_enabled], 0
	jne .traced
	call svm_exit
.exited:
	mov rdi, [rsp]
.test: ; rdi = vCPU
	clgi
	cmp dword [rdi + VCPU_PENDING], 0
	je .enter
	stgi
	add rsp, 24
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	ret
.traced:
	call svm_trace_exit
	jmp .exited

; void svm_entry_once(u64 vmcb)
; in: rdi = physical address of a VMCB whose guest exits before its first instruction:
; no guest changes the registers that the VMCB does not hold
; Interrupts are off before and after; with V_INTR_MASKING none reaches the guest.
global svm_entry_once
svm_entry_once:
	mov rax, rdi
	clgi
	vmrun
	stgi
	ret
