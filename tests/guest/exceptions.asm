; SPDX-License-Identifier: BSD-2-Clause
; Exceptions that C code cannot raise. Each is a C function.

section .text
bits 64
global raise_de, raise_of, raise_ss, raise_np, raise_gp_selector, raise_double, raise_ac
global raise_jump_noncanonical

raise_de:
	xor ecx, ecx
	xor edx, edx
	mov eax, 1
	div ecx
	ret

raise_of:
	int 4
	ret

raise_ss:				; non-canonical, by way of RBP: SS by default
	mov rax, rbp
	mov rbp, 0x8000000000000000
	mov rcx, [rbp]
	mov rbp, rax
	ret

raise_np:
	mov ax, 0x40			; SEL_NOT_PRESENT
	mov es, ax
	ret

raise_gp_selector:
	mov ax, 0x1000			; beyond the GDT
	mov es, ax
	ret

raise_double:				; in: rdi, a stack that is not mapped
	mov rsp, rdi
	ud2

raise_ac:				; in ring 3, RFLAGS.AC and CR0.AM set
	mov eax, [rsp - 63]
	ud2

raise_jump_noncanonical:
	mov rax, 0x8000000000000000
	jmp rax
