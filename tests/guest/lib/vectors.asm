; SPDX-License-Identifier: BSD-2-Clause
; The 256 entries of the IDT, and the return from code that faults. Builds
; struct trap_frame (lib/trap.h) and calls trap_dispatch with it.

extern trap_dispatch

section .text
bits 64

; Vectors for which the CPU pushes an error code (SDM 3A "Error Code").
%define HAS_ERROR_CODE(v) (v == 8 || (v >= 10 && v <= 14) || v == 17 || v == 21 || v == 29 || v == 30)
STUB_SIZE equ 16

global trap_stubs
align 16
trap_stubs:
%assign v 0
%rep 256
	align STUB_SIZE
%if HAS_ERROR_CODE(v)
	; the CPU's
%else
	push qword 0
%endif
	push qword v
	jmp strict near common_stub
%assign v v + 1
%endrep

common_stub:
	push r15
	push r14
	push r13
	push r12
	push r11
	push r10
	push r9
	push r8
	push rdi
	push rsi
	push rbp
	push rbx
	push rdx
	push rcx
	push rax
	cld
	mov rdi, rsp
	mov rbp, rsp
	and rsp, -16
	call trap_dispatch
	mov rsp, rbp
	pop rax
	pop rcx
	pop rdx
	pop rbx
	pop rbp
	pop rsi
	pop rdi
	pop r8
	pop r9
	pop r10
	pop r11
	pop r12
	pop r13
	pop r14
	pop r15
	add rsp, 16			; vector, error code
	iretq

; bool trap_call(void (*code)(void *), void *arg, u64 *recovery)
; Calls code(arg) and returns false. While it runs, *recovery is the stack
; pointer to hand to trap_unwind, which makes trap_call return true instead.
; Every register the ABI preserves is as it was, and so are RFLAGS, in both cases.
global trap_call, trap_unwind
trap_call:
	pushfq
	push rbx
	push rbp
	push r12
	push r13
	push r14
	push r15
	push rdx
	push qword [rdx]
	mov [rdx], rsp
	mov rax, rdi
	mov rdi, rsi
	sub rsp, 8
	call rax
	add rsp, 8
	xor eax, eax
leave_call:
	pop rcx
	pop rdx
	mov [rdx], rcx
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	popfq
	ret

; void trap_unwind(u64 recovery): never returns to its caller.
trap_unwind:
	mov rsp, rdi
	mov ax, 0x10			; the code may have gone to ring 3 or lost a segment
	mov ss, ax
	mov ds, ax
	mov es, ax
	cld
	mov eax, 1
	jmp leave_call

; void trap_enter_user(void (*code)(void *), void *arg)
; Continues at code in ring 3, on a stack below this one. It comes back only by
; an exception, which trap_run turns into its result.
global trap_enter_user
trap_enter_user:
	mov rax, rsp
	sub rax, 1024
	and rax, -16
	mov rcx, rdi
	mov rdi, rsi
	push qword 0x28 | 3
	push rax
	push qword 0x40002		; AC (for #AC, with CR0.AM), fixed bit 1
	push qword 0x20 | 3
	push rcx
	iretq
