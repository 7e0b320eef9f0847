; SPDX-License-Identifier: BSD-2-Clause
; The world switch (SDM 3D "VM Entries", "VM Exits"). Offsets come from
; build/offsets.inc, made from the C structures.
bits 64
default rel
%include "offsets.inc"
%include "core/base/registers.inc"
section .text

VMCS_HOST_RSP equ 0x6c14 ; as in vmx/vmcs.h

; in: rdi = vCPU, whose VMCS is current, and whose address the stack's top holds.
; Comes out below only where the CPU refuses.
%macro ENTER_GUEST 0
	cmp byte [rdi + VMX_VCPU_LAUNCHED], 0 ; moves keep the flag
	mov rax, [rdi + VCPU_RAX]
	LOAD_GUEST_REGISTERS
	je %%launch
	vmresume
	jmp %%refused
%%launch:
	vmlaunch
%%refused:
%endmacro

; Where a VM exit arrives: the vCPU is on the stack, all registers but RSP are
; the guest's, RFLAGS is clear. Then rdi = vCPU.
%macro LEAVE_GUEST 0
	push rdi
	mov rdi, [rsp + 8]
	mov [rdi + VCPU_RAX], rax
	STORE_GUEST_REGISTERS rdi
	pop qword [rdi + VCPU_RDI]
	mov byte [rdi + VMX_VCPU_LAUNCHED], 1
%endmacro

; enum vmx_entry_result vmx_entry_run(struct vmx_vcpu *vcpu)
; in: rdi = vCPU, whose VMCS is current; out: eax = why the guest does not go on
; Enters it and has its exits handled for as long as nothing is pending and
; nothing is to be injected. Interrupts are off throughout: nothing is lost
; between the test and the entry, since an interrupt that is pending then ends
; the guest at once.
global vmx_entry_run, vmx_entry_exited
extern vmx_exit, vmx_trace_exit, trace_enabled
vmx_entry_run:
	push rbp
	mov rbp, rsp
	push rbx
	push r12
	push r13
	push r14
	push r15
	push rdi
FRAME equ 48 ; from here up to what RBP points to
	cmp rsp, [rdi + VMX_VCPU_HOST_RSP]
	je vmx_entry_run.test
	mov [rdi + VMX_VCPU_HOST_RSP], rsp
	mov eax, VMCS_HOST_RSP
	vmwrite rax, rsp
vmx_entry_run.test:
	cmp dword [rdi + VCPU_PENDING], 0
	jne vmx_entry_run.pending
	ENTER_GUEST
	mov eax, 2
	jmp vmx_entry_run.out
vmx_entry_run.pending:
	xor eax, eax
	jmp vmx_entry_run.out
vmx_entry_exited:
	LEAVE_GUEST
	lea rbp, [rsp + FRAME] ; so that a panic finds our callers
	cmp dword [trace_enabled], 0
	jne vmx_entry_run.traced
	call vmx_exit
vmx_entry_run.exited:
	mov rdi, [rsp]
	cmp byte [rdi + VCPU_EVENT_VALID], 0
	je vmx_entry_run.test
	mov eax, 1
vmx_entry_run.out:
	pop rdi
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	ret
vmx_entry_run.traced:
	call vmx_trace_exit
	jmp vmx_entry_run.exited

; bool vmx_entry_once(struct vmx_vcpu *vcpu)
; in: rdi = vCPU, whose VMCS is current and has vmx_entry_exited_once for its HOST_RIP
; out: al = 0 when the CPU refuses
; One entry and its exit, which is the caller's to look at. Interrupts are off.
global vmx_entry_once, vmx_entry_exited_once
vmx_entry_once:
	push rbp
	push rbx
	push r12
	push r13
	push r14
	push r15
	push rdi
	mov eax, VMCS_HOST_RSP
	vmwrite rax, rsp
	ENTER_GUEST
	xor eax, eax
	jmp vmx_entry_run.out
vmx_entry_exited_once:
	LEAVE_GUEST
	mov eax, 1
	jmp vmx_entry_run.out
