; SPDX-License-Identifier: BSD-2-Clause
; The world switch (APM2 "VMRUN Instruction", "VMLOAD and VMSAVE Instructions").
; Offsets come from build/offsets.inc, made from the C structures.
bits 64
default rel
%include "offsets.inc"
section .text

; bool svm_enter(struct svm_vcpu *vcpu, u64 host_vmcb)
; in: rdi = vCPU, rsi = physical address of this CPU's host VMCB
; out: al = 0 when the pending word was not empty and the guest did not run
; Interrupts are off before and after. With GIF clear nothing can set a pending
; bit unseen: a kick that comes after the test makes VMRUN exit at once, since
; host RFLAGS.IF is set while GIF holds everything back.
global svm_enter
svm_enter:
	push rbx
	push rbp
	push r12
	push r13
	push r14
	push r15
	clgi
	cmp dword [rdi + VCPU_PENDING], 0
	jne .pending
	sti
	push rsi
	push rdi
	mov rax, [rdi + SVM_VCPU_VMCB_PA]
	mov rbx, [rdi + VCPU_RBX]
	mov rcx, [rdi + VCPU_RCX]
	mov rdx, [rdi + VCPU_RDX]
	mov rbp, [rdi + VCPU_RBP]
	mov rsi, [rdi + VCPU_RSI]
	mov r8, [rdi + VCPU_R8]
	mov r9, [rdi + VCPU_R9]
	mov r10, [rdi + VCPU_R10]
	mov r11, [rdi + VCPU_R11]
	mov r12, [rdi + VCPU_R12]
	mov r13, [rdi + VCPU_R13]
	mov r14, [rdi + VCPU_R14]
	mov r15, [rdi + VCPU_R15]
	mov rdi, [rdi + VCPU_RDI]
	vmload
	vmrun
	vmsave
	push rdi
	mov rdi, [rsp + 8]
	mov [rdi + VCPU_RBX], rbx
	mov [rdi + VCPU_RCX], rcx
	mov [rdi + VCPU_RDX], rdx
	mov [rdi + VCPU_RBP], rbp
	mov [rdi + VCPU_RSI], rsi
	mov [rdi + VCPU_R8], r8
	mov [rdi + VCPU_R9], r9
	mov [rdi + VCPU_R10], r10
	mov [rdi + VCPU_R11], r11
	mov [rdi + VCPU_R12], r12
	mov [rdi + VCPU_R13], r13
	mov [rdi + VCPU_R14], r14
	mov [rdi + VCPU_R15], r15
	pop qword [rdi + VCPU_RDI]
	pop rdi
	pop rax
	vmload
	cli
	stgi
	mov al, 1
	jmp .out
.pending:
	stgi
	xor eax, eax
.out:
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	ret

; void svm_save_host(u64 host_vmcb)
; in: rdi = physical address. What svm_enter loads after each exit.
global svm_save_host
svm_save_host:
	mov rax, rdi
	vmsave
	ret

; void svm_enter_once(u64 vmcb)
; in: rdi = physical address of a VMCB whose guest exits before its first
; instruction, so that every register but those of the VMCB stays
; Interrupts are off before and after; with V_INTR_MASKING none reaches the guest.
global svm_enter_once
svm_enter_once:
	mov rax, rdi
	clgi
	vmrun
	stgi
	ret
