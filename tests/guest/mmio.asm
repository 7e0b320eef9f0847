; SPDX-License-Identifier: BSD-2-Clause
; One memory-mapped register, accessed by every kind of instruction. Each case
; is u64 code(u32 *reg, u32 *mem) with the register (RDI) at REG0 and the memory
; (RSI) at MEM0 before, and gives the result and the values of register and
; memory afterwards.

REG0	equ 0x11223344
MEM0	equ 0x55667788

%assign case_number 0
%macro CASE 4					; "name", result, register, memory
%assign case_number case_number + 1
section .rodata
case_name_ %+ case_number: db %1, 0
section .data
	dq case_name_ %+ case_number, case_code_ %+ case_number
	dd %2, %3, %4, 0
section .text
case_code_ %+ case_number:
%endmacro

section .data
align 8
global mmio_cases, mmio_case_count
mmio_cases:
section .text
bits 64

CASE "MOV r32, m32", REG0, REG0, MEM0
	mov eax, [rdi]
	ret
CASE "MOV m32, r32", MEM0, MEM0, MEM0
	mov eax, [rsi]
	mov [rdi], eax
	ret
CASE "MOV m32, imm32", 0, 0x01020304, MEM0
	xor eax, eax
	mov dword [rdi], 0x01020304
	ret
CASE "MOV with SIB and disp8", REG0, REG0, MEM0
	push r12
	mov ecx, 4
	lea r12, [rdi - 0x18]
	mov eax, [r12 + rcx * 2 + 0x10]
	pop r12
	ret
CASE "MOV with R13 and disp32", REG0, REG0, MEM0
	push r13
	lea r13, [rdi - 0x1000]
	mov eax, [r13 + 0x1000]
	pop r13
	ret
CASE "MOV with 32-bit address size", REG0, REG0, MEM0
	mov rcx, 0x7700000000
	or rdi, rcx
	mov eax, [edi]
	ret
CASE "MOV to R15D", REG0, REG0, MEM0
	push r15
	mov r15d, [rdi]
	mov eax, r15d
	pop r15
	ret
CASE "MOV EAX, moffs64", REG0, REG0, MEM0
	db 0xa1
	dq 0xfee00380
	ret
CASE "MOV moffs64, EAX", MEM0, MEM0, MEM0
	mov eax, [rsi]
	db 0xa3
	dq 0xfee00380
	ret
CASE "XCHG", REG0, MEM0, MEM0
	mov eax, [rsi]
	xchg [rdi], eax
	ret
CASE "ADD m32, r32", REG0, REG0 + MEM0, MEM0
	mov ecx, [rsi]
	mov eax, [rdi]
	add [rdi], ecx
	ret
CASE "ADD r32, m32", REG0 + MEM0, REG0, MEM0
	mov eax, [rsi]
	add eax, [rdi]
	ret
CASE "SUB m32, imm8", 0, REG0 - 0x44, MEM0
	xor eax, eax
	sub dword [rdi], 0x44
	ret
CASE "AND m32, imm32", 0, REG0 & 0xff00ff00, MEM0
	xor eax, eax
	and dword [rdi], 0xff00ff00
	ret
CASE "OR m32, r32", 0, REG0 | MEM0, MEM0
	mov ecx, [rsi]
	or [rdi], ecx
	xor eax, eax
	ret
CASE "XOR m32, imm8", 0, REG0 ^ 0xffffff80, MEM0
	xor dword [rdi], byte -128
	xor eax, eax
	ret
CASE "LOCK OR", 0, REG0 | 0x80, MEM0
	lock or dword [rdi], 0x80
	xor eax, eax
	ret
CASE "NOT", 0, ~REG0 & 0xffffffff, MEM0
	not dword [rdi]
	xor eax, eax
	ret
CASE "NEG", 0, -REG0 & 0xffffffff, MEM0
	neg dword [rdi]
	xor eax, eax
	ret
CASE "INC and DEC keep CF", 1, REG0, MEM0
	xor eax, eax
	stc
	inc dword [rdi]
	dec dword [rdi]
	adc eax, eax
	ret
CASE "CMP m32, r32", 1, REG0, MEM0
	xor eax, eax
	mov ecx, REG0
	cmp [rdi], ecx
	sete al
	ret
CASE "TEST m32, imm32", 1, REG0, MEM0
	xor eax, eax
	test dword [rdi], 0x40
	setnz al
	ret
CASE "BT m32, imm8", 1, REG0, MEM0
	xor eax, eax
	bt dword [rdi], 2
	setc al
	ret
CASE "BTS m32, imm8", 0, REG0 | 0x80, MEM0
	xor eax, eax
	bts dword [rdi], 7
	setc al
	ret
CASE "CMPXCHG, equal", REG0, MEM0, MEM0
	mov eax, REG0
	mov ecx, [rsi]
	cmpxchg [rdi], ecx
	ret
CASE "CMPXCHG, different", REG0, REG0, MEM0
	mov eax, 1
	mov ecx, [rsi]
	cmpxchg [rdi], ecx
	ret
CASE "XADD", REG0, REG0 + 1, MEM0
	mov eax, 1
	lock xadd [rdi], eax
	ret
CASE "REP MOVSD from the register", 0, REG0, REG0
	xchg rdi, rsi
	mov ecx, 1
	rep movsd
	xor eax, eax
	ret
CASE "REP MOVSD to the register", 0, MEM0, MEM0
	mov ecx, 1
	rep movsd
	mov eax, ecx
	ret
CASE "STOSD", 0x0a0b0c0d, 0x0a0b0c0d, MEM0
	mov eax, 0x0a0b0c0d
	stosd
	ret
CASE "STOSD downwards", 1, 0x0a0b0c0d, MEM0
	mov eax, 0x0a0b0c0d
	lea rcx, [rdi - 4]
	std
	stosd
	cld
	xor eax, eax
	cmp rcx, rdi
	sete al
	ret
CASE "LODSD", REG0, REG0, MEM0
	mov rsi, rdi
	lodsd
	ret
CASE "SCASD", 1, REG0, MEM0
	mov eax, REG0
	scasd
	sete al
	movzx eax, al
	ret
CASE "CMPSD", 1, REG0, MEM0
	xor eax, eax
	cmpsd
	seta al
	ret
CASE "MOVNTI", 0, MEM0, MEM0
	mov eax, [rsi]
	movnti [rdi], eax
	xor eax, eax
	ret
CASE "MOVSXD", REG0, REG0, MEM0
	movsxd rax, dword [rdi]
	ret
CASE "IMUL r32, m32, imm8", REG0 * 2, REG0, MEM0
	imul eax, [rdi], 2
	ret
CASE "CMOVZ reads", REG0, REG0, MEM0
	xor eax, eax
	cmovz eax, [rdi]
	ret
section .data
mmio_case_count: dd case_number

; Accesses of every size to an unused address return ones.
section .text
global mmio_hole_byte, mmio_hole_byte_signed, mmio_hole_word, mmio_hole_qword, mmio_hole_high
global mmio_hole_push
mmio_hole_byte:
	movzx eax, byte [rdi]
	ret
mmio_hole_byte_signed:
	movsx rax, byte [rdi]
	ret
mmio_hole_word:
	movzx eax, word [rdi]
	ret
mmio_hole_qword:
	mov rax, [rdi]
	ret
mmio_hole_high:				; AH from memory; the rest of RAX must not change
	mov eax, 0x12340056
	mov ah, [rdi]
	ret
mmio_hole_push:
	push qword [rdi]
	pop rax
	ret
