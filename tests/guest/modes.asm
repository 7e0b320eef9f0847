; SPDX-License-Identifier: BSD-2-Clause
; Out of long mode and back: a routine runs in real mode, in 32-bit protected
; mode without paging, with two-level paging, with PAE paging, or in a 32-bit
; segment of long mode, and executes instructions that a hypervisor may emulate.
; All of it lies in one block that modes.c copies to MODES_BASE, below 64 KiB,
; so that one address serves 16, 32 and 64 bits.

MODES_BASE	equ 0x9000		; also in modes.c
%define AT(label) (MODES_BASE + label - modes_block)

CR0_PE		equ 1
CR0_PG		equ 0x80000000
CR4_PSE		equ 0x10
CR4_PAE		equ 0x20
MSR_EFER	equ 0xc0000080
MSR_APIC_BASE	equ 0x1b
EFER_LME	equ 0x100
APIC_VERSION	equ 0xfee00030
APIC_TIMER_INITIAL equ 0xfee00380
COM1_SCRATCH	equ 0x3ff
PATTERN		equ 0x5aa51234

SEL_CODE64	equ 0x08
SEL_DATA	equ 0x10
SEL_CODE32	equ 0x18
SEL_CODE16	equ 0x30
SEL_DATA16	equ 0x38

section .text
global modes_block, modes_block_end
bits 64
modes_block:

; void run(u32 mode, u32 cr3): result in modes_result below. At MODES_BASE.
run:
	push rbx
	push rbp
	push r12
	push r13
	push r14
	push r15
	pushfq
	cli
	mov [AT(saved_rsp)], rsp
	mov rax, cr3
	mov [AT(saved_cr3)], rax
	mov rax, cr4
	mov [AT(saved_cr4)], eax
	mov rax, cr0
	mov [AT(saved_cr0)], eax
	sidt [AT(saved_idt)]
	mov [AT(mode_cr3)], esi
	mov ebp, edi
	jmp dword far [AT(to_32)]	; not the 64-bit form: AMD has none
to_32:	dd AT(in_32)
	dw SEL_CODE32

bits 32
in_32:
	mov ax, SEL_DATA
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov esp, AT(stack_top)
	cmp ebp, 4			; compatibility mode: nothing more to change
	jne .leave
	call touch
	jmp back.compatibility
.leave:	mov eax, cr0
	and eax, ~CR0_PG
	mov cr0, eax
	mov ecx, MSR_EFER
	rdmsr
	and eax, ~EFER_LME
	wrmsr
	mov eax, cr4
	and eax, ~(CR4_PAE | CR4_PSE)
	mov cr4, eax
	cmp ebp, 0
	je real
	cmp ebp, 1
	je .plain
	cmp ebp, 2
	je .two_level
	or eax, CR4_PAE			; mode 3
	jmp .paging
.two_level:
	or eax, CR4_PSE
.paging:
	mov cr4, eax
	mov eax, [AT(mode_cr3)]
	mov cr3, eax
	mov eax, cr0
	or eax, CR0_PG
	mov cr0, eax
.plain:	call touch
	jmp back

real:
	lidt [AT(real_idt)]
	jmp dword SEL_CODE16:AT(.in_16)
bits 16
.in_16:	mov ax, SEL_DATA16
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov eax, cr0
	and al, ~CR0_PE
	mov cr0, eax
	jmp 0:AT(.in_real)
.in_real:
	xor ax, ax
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov sp, AT(stack_top)
	call touch16
	mov eax, cr0
	or al, CR0_PE
	mov cr0, eax
	jmp dword SEL_CODE32:AT(back)

bits 32
back:
	mov ax, SEL_DATA
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov eax, cr0
	and eax, ~CR0_PG
	mov cr0, eax
	mov eax, [AT(saved_cr4)]
	mov cr4, eax
	mov eax, [AT(saved_cr3)]
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, EFER_LME
	wrmsr
	mov eax, [AT(saved_cr0)]
	mov cr0, eax
.compatibility:
	jmp SEL_CODE64:AT(.in_64)
bits 64
.in_64:	mov rsp, [AT(saved_rsp)]
	lidt [AT(saved_idt)]
	popfq
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	ret

; Instructions that a hypervisor may emulate, in a 32-bit segment.
bits 32
touch:
	xor eax, eax
	cpuid
	mov [AT(result.vendor)], ebx
	mov ecx, MSR_APIC_BASE
	rdmsr
	mov [AT(result.apic_base)], eax
	mov dx, COM1_SCRATCH
	mov al, 0x69
	out dx, al
	in al, dx
	mov [AT(result.port)], al
	mov eax, [APIC_VERSION]
	mov [AT(result.version)], eax
	mov dword [APIC_TIMER_INITIAL], PATTERN
	mov ecx, APIC_TIMER_INITIAL
	mov eax, [ecx]
	mov [AT(result.timer)], eax
	mov dword [ecx], 0
	mov esi, AT(text)		; REP OUTSB through DS
	mov ecx, 3
	rep outsb
	in al, dx
	mov [AT(result.string)], al
	ret

bits 16
touch16:
	xor eax, eax
	cpuid
	mov [AT(result.vendor)], ebx
	mov ecx, MSR_APIC_BASE
	rdmsr
	mov [AT(result.apic_base)], eax
	mov dx, COM1_SCRATCH
	mov al, 0x69
	out dx, al
	in al, dx
	mov [AT(result.port)], al
	; Memory above 64 KiB is out of reach, so a real-mode guest has no APIC.
	mov si, AT(text) - 0x100	; through a segment with a base
	mov ax, 0x10
	mov ds, ax
	mov cx, 3
	rep outsb
	xor ax, ax
	mov ds, ax
	in al, dx
	mov [AT(result.string)], al
	; HLT ends by the interrupt that the caller made pending: its handler
	; runs in real mode.
	mov word [AT(result.woken)], 0
	sti
	hlt
	cli
	ret

modes_handler16:
	inc word [cs:AT(result.woken)]
	iret

align 8
text:	db 1, 2, 0x3c
align 8
saved_rsp: dq 0
saved_cr3: dq 0
saved_cr4: dd 0
saved_cr0: dd 0
mode_cr3: dd 0
saved_idt: dw 0
	dq 0
real_idt: dw 0x3ff
	dd 0
align 8
global modes_result, modes_handler16
modes_result:
result:
.vendor: dd 0
.apic_base: dd 0
.version: dd 0
.timer:	dd 0
.port:	db 0
.string: db 0
.woken:	dw 0
	times 512 db 0
stack_top:
modes_block_end:

