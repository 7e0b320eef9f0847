; SPDX-License-Identifier: BSD-2-Clause
; The world switch (SDM 3D "VM Entries", "VM Exits"), and the VMX instructions
; that are used now and then. Offsets come from build/offsets.inc, made from the
; C structures.
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

; enum vmx_run_result vmx_run(struct vmx_vcpu *vcpu)
; in: rdi = vCPU, whose VMCS is current; out: eax = why the guest does not go on
; Enters it and has its exits handled for as long as nothing is pending and
; nothing is to be injected. Interrupts are off throughout: nothing is lost
; between the test and the entry, since an interrupt that is pending then ends
; the guest at once.
global vmx_run, vmx_exit_point
extern vmx_exit, vmx_exit_traced, trace_enabled
vmx_run:
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
	je vmx_run.test
	mov [rdi + VMX_VCPU_HOST_RSP], rsp
	mov eax, VMCS_HOST_RSP
	vmwrite rax, rsp
vmx_run.test:
	cmp dword [rdi + VCPU_PENDING], 0
	jne vmx_run.pending
	ENTER_GUEST
	mov eax, 2
	jmp vmx_run.out
vmx_run.pending:
	xor eax, eax
	jmp vmx_run.out
vmx_exit_point:
	LEAVE_GUEST
	lea rbp, [rsp + FRAME] ; so that a panic finds our callers
	cmp dword [trace_enabled], 0
	jne vmx_run.traced
	call vmx_exit
vmx_run.exited:
	mov rdi, [rsp]
	cmp byte [rdi + VCPU_EVENT_VALID], 0
	je vmx_run.test
	mov eax, 1
vmx_run.out:
	pop rdi
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	ret
vmx_run.traced:
	call vmx_exit_traced
	jmp vmx_run.exited

; bool vmx_enter_once(struct vmx_vcpu *vcpu)
; in: rdi = vCPU, whose VMCS is current and has vmx_exit_once for its HOST_RIP
; out: al = 0 when the CPU refuses
; One entry and its exit, which is the caller's to look at. Interrupts are off.
global vmx_enter_once, vmx_exit_once
vmx_enter_once:
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
	jmp vmx_run.out
vmx_exit_once:
	LEAVE_GUEST
	mov eax, 1
	jmp vmx_run.out

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
