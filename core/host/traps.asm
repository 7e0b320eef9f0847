; SPDX-License-Identifier: BSD-2-Clause
; The entry points of exceptions and interrupts: one short stub for each vector,
; all of the same size, and the common code that calls traps_dispatch.
bits 64
default rel
section .text

; Vectors whose exception pushes an error code (SDM 3A "Error Code"):
; 8, 10 to 14, 17, 21, 29, 30.
ERROR_CODES equ 0x60227d00
STUB_SIZE   equ 16

extern traps_dispatch
global traps_stubs
align STUB_SIZE
traps_stubs:
%assign vector 0
%rep 256
	align STUB_SIZE, nop
%if vector >= 32 || ((ERROR_CODES >> vector) & 1) == 0
	push byte 0
%endif
	push dword vector
	jmp near save_and_dispatch
%assign vector vector + 1
%endrep

; On the stack: struct trap_frame from 'vector' up. The frame is a multiple of
; 16 bytes and the CPU aligned the stack, so the call is aligned as the ABI wants.
align 16
save_and_dispatch:
	push rax
	push rbx
	push rcx
	push rdx
	push rsi
	push rdi
	push rbp
	push r8
	push r9
	push r10
	push r11
	push r12
	push r13
	push r14
	push r15
	cld
	mov rdi, rsp
	call traps_dispatch
	pop r15
	pop r14
	pop r13
	pop r12
	pop r11
	pop r10
	pop r9
	pop r8
	pop rbp
	pop rdi
	pop rsi
	pop rdx
	pop rcx
	pop rbx
	pop rax
	add rsp, 16
	iretq

; bool traps_rdmsr(u32 msr, u64 *value)
; in: edi, rsi; out: al; clobbers rcx, rdx. After a #GP at the named place,
; traps_dispatch continues at traps_msr_failed.
global traps_rdmsr, traps_rdmsr_place
traps_rdmsr:
	mov qword [rsi], 0
	mov ecx, edi
traps_rdmsr_place:
	rdmsr
	mov [rsi], eax
	mov [rsi + 4], edx
	mov eax, 1
	ret

; bool traps_wrmsr(u32 msr, u64 value)
; in: edi, rsi; out: al; clobbers rcx, rdx
global traps_wrmsr, traps_wrmsr_place
traps_wrmsr:
	mov ecx, edi
	mov eax, esi
	mov rdx, rsi
	shr rdx, 32
traps_wrmsr_place:
	wrmsr
	mov eax, 1
	ret

global traps_msr_failed
traps_msr_failed:
	xor eax, eax
	ret
