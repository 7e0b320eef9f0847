; SPDX-License-Identifier: BSD-2-Clause
; The world switch (SDM 3D "VM Entries", "VM Exits"), and the VMX instructions
; that are used now and then. Offsets come from build/offsets.inc, made from the
; C structures.
bits 64
default rel
%include "offsets.inc"
section .text

VMCS_HOST_RSP equ 0x6c14 ; as in vmx/vmcs.h

; enum vmx_enter_result vmx_enter(struct vmx_vcpu *vcpu, bool launched)
; in: rdi = vCPU, whose VMCS is current; sil = whether it was entered before
; out: eax = how it went
; Interrupts are off before and after. Nothing is lost between the test and the
; entry: an interrupt that is pending then ends the guest at once.
global vmx_enter, vmx_exit_point
vmx_enter:
	cmp dword [rdi + VCPU_PENDING], 0
	jne .pending
	push rbx
	push rbp
	push r12
	push r13
	push r14
	push r15
	push rdi
	cmp rsp, [rdi + VMX_VCPU_HOST_RSP]
	je .stack_known
	mov [rdi + VMX_VCPU_HOST_RSP], rsp
	mov eax, VMCS_HOST_RSP
	vmwrite rax, rsp
.stack_known:
	test sil, sil ; moves keep the flag
	mov rax, [rdi + VCPU_RAX]
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
	jz .launch
	vmresume
	jmp .failed
.launch:
	vmlaunch
.failed:
	pop rdi
	mov eax, 2
	jmp restore_host
.pending:
	xor eax, eax
	ret

; Where every VM exit arrives: the vCPU is on the stack, all registers but RSP
; are the guest's, RFLAGS is clear.
vmx_exit_point:
	push rdi
	mov rdi, [rsp + 8]
	mov [rdi + VCPU_RAX], rax
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
	mov eax, 1
restore_host:
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	ret

; bool vmx_on(const u64 *region), vmx_clear(const u64 *vmcs), vmx_load(const u64 *vmcs)
; in: rdi = where the physical address is; out: al = 0 when the CPU refuses
global vmx_on, vmx_clear, vmx_load
vmx_on:
	vmxon [rdi]
	seta al
	ret
vmx_clear:
	vmclear [rdi]
	seta al
	ret
vmx_load:
	vmptrld [rdi]
	seta al
	ret

; void vmx_off(void)
global vmx_off
vmx_off:
	vmxoff
	ret

; bool vmx_invept(u64 type, const struct vmx_invept *what)
; in: rdi, rsi; out: al = 0 when the CPU refuses
global vmx_invept
vmx_invept:
	invept rdi, [rsi]
	seta al
	ret
