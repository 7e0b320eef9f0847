; SPDX-License-Identifier: BSD-2-Clause
; The code of an application processor from its start-up IPI to smp_enter.
; smp_start copies trampoline..trampoline_end to TRAMPOLINE (lib/smp.c), where
; CS:IP begins. Any number of CPUs may run it at once: each draws a ticket, and
; the ticket selects its stack.

TRAMPOLINE equ 0x8000

extern enter_long, smp_enter, smp_tickets, smp_stack_tops

section .text
bits 16
global trampoline, trampoline_end
trampoline:
	cli
	cld
	xor ax, ax
	mov ds, ax
	o32 lgdt [TRAMPOLINE + .gdt_pointer - trampoline]
	mov eax, cr0
	or al, 1
	mov cr0, eax
	jmp dword 0x18:TRAMPOLINE + .protected - trampoline

bits 32
.protected:
	mov ax, 0x10
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov eax, ap_protected
	jmp eax				; out of the copy, which a relative jump would not leave

align 8
.gdt:	dq 0, 0, 0x00cf93000000ffff, 0x00cf9b000000ffff
.gdt_pointer:
	dw $ - .gdt - 1
	dd TRAMPOLINE + .gdt - trampoline
trampoline_end:

bits 32
ap_protected:
	mov esi, 1
	lock xadd [smp_tickets], esi
	mov esp, [smp_stack_tops + esi * 8]
	call enter_long
	jmp 0x08:.long

bits 64
.long:	mov ax, 0x10
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov fs, ax
	mov gs, ax
	mov edi, esi
	xor ebp, ebp
	call smp_enter
.halt:	cli
	hlt
	jmp .halt
