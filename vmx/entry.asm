; SPDX-License-Identifier: BSD-2-Clause
; The world switch (SDM 3D "VM Entries", "VM Exits"). Offsets come from
; build/offsets.inc, made from the C structures.
bits 64
default rel
%include "offsets.inc"
%include "core/base/registers.inc"
section .text

VMCS_HOST_RSP equ 0x6c14 ; as in vmx/vmcs.h

; in: rdi = vCPU, whose VMCS is current, and whose address is on top of the stack.
; Continues below only if the CPU refuses the entry.
%macro ENTER_GUEST 0
	cmp byte [rdi + VMX_VCPU_LAUNCHED], 0 ; MOV does not change the flag
	mov rax, [rdi + VCPU_RAX]
	LOAD_GUEST_REGISTERS
	je %%launch
	vmresume
	jmp %%refused
%%launch:
	vmlaunch
%%refused:
%endmacro

; Follows a VM exit: the vCPU's address is on top of the stack, all registers but RSP are
; the guest's, RFLAGS is clear. out: rdi = vCPU.
%macro LEAVE_GUEST 0
	push rdi
	mov rdi, [rsp + 8]
	mov [rdi + VCPU_RAX], rax
	STORE_GUEST_REGISTERS rdi
	pop qword [rdi + VCPU_RDI]
	mov byte [rdi + VMX_VCPU_LAUNCHED], 1
%endmacro

; enum vmx_entry_result vmx_entry_run(struct vmx_vcpu *vcpu)
; in: rdi = vCPU, whose VMCS is current; out: eax = why the guest does not continue
; Enters the guest and calls vmx_exit after each exit, until the pending word is not empty
; or an event is to be injected. Interrupts are off throughout: an interrupt that arrives
; between the test of the pending word and the entry stays pending, and makes the guest exit
; at once.
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
	lea rbp, [rsp + FRAME] ; so that a panic's backtrace finds the callers
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
; Makes one entry, and leaves the handling of its exit to the caller. Interrupts are off.
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
