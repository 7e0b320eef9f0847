; SPDX-License-Identifier: BSD-2-Clause
; The world switch (SDM 3D "VM Entries", "VM Exits"), and the VMX instructions
; that are used now and then. Offsets come from build/offsets.inc, made from the
; C structures.
bits 64
default rel
%include "offsets.inc"
%include "core/registers.inc"
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
	LOAD_GUEST_REGISTERS
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
	STORE_GUEST_REGISTERS rdi
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
