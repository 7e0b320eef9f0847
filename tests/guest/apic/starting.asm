; SPDX-License-Identifier: BSD-2-Clause
; Copied to a page below 1 MiB and entered by SIPI in real mode: stores the
; state of the CPU at STATE, in the order of struct first_state
; (apic/starting.c), copies its APIC's registers, and waits for the next INIT.
; Until its value is stored, the code changes no register but those that it
; names.

STATE	equ 0x9000
APIC	equ 0xfee00000
MSR_EFER equ 0xc0000080
MSR_APIC_BASE equ 0x1b

struc first
.done:	resd 1
.cs:	resd 1
.ip:	resd 1
.eflags: resd 1
.eax:	resd 8			; eax, ebx, ecx, edx, esi, edi, ebp, esp
.cr0:	resd 4			; cr0, cr2, cr3, cr4
.ds:	resd 5			; ds, es, fs, gs, ss
.dr0:	resd 6			; dr0-dr3, dr6, dr7
.efer:	resd 1
.base:	resd 2
.idt_limit: resd 1
.idt_base: resd 1
.apic:	resd 64
endstruc

section .text
bits 16
global first_state_code, first_state_code_end
first_state_code:
	; Data segments have base 0 after INIT (SDM 3A), so STATE is the offset.
	mov [STATE + first.eax], eax
	mov [STATE + first.eax + 4], ebx
	mov [STATE + first.eax + 8], ecx
	mov [STATE + first.eax + 12], edx
	mov [STATE + first.eax + 16], esi
	mov [STATE + first.eax + 20], edi
	mov [STATE + first.eax + 24], ebp
	mov [STATE + first.eax + 28], esp
	mov esp, 0x9ff0
	pushfd				; SS has base 0 as well
	pop eax
	mov [STATE + first.eflags], eax
	xor eax, eax
	mov ax, ds
	mov [STATE + first.ds], eax
	mov ax, es
	mov [STATE + first.ds + 4], eax
	mov ax, fs
	mov [STATE + first.ds + 8], eax
	mov ax, gs
	mov [STATE + first.ds + 12], eax
	mov ax, ss
	mov [STATE + first.ds + 16], eax
	mov ax, cs
	mov [STATE + first.cs], eax
	call .here
.here:	pop ax
	sub ax, .here - first_state_code
	movzx eax, ax
	mov [STATE + first.ip], eax
	mov eax, cr0
	mov [STATE + first.cr0], eax
	mov eax, cr2
	mov [STATE + first.cr0 + 4], eax
	mov eax, cr3
	mov [STATE + first.cr0 + 8], eax
	mov eax, cr4
	mov [STATE + first.cr0 + 12], eax
	mov eax, dr0
	mov [STATE + first.dr0], eax
	mov eax, dr1
	mov [STATE + first.dr0 + 4], eax
	mov eax, dr2
	mov [STATE + first.dr0 + 8], eax
	mov eax, dr3
	mov [STATE + first.dr0 + 12], eax
	mov eax, dr6
	mov [STATE + first.dr0 + 16], eax
	mov eax, dr7
	mov [STATE + first.dr0 + 20], eax
	mov ecx, MSR_EFER
	rdmsr
	mov [STATE + first.efer], eax
	mov ecx, MSR_APIC_BASE
	rdmsr
	mov [STATE + first.base], eax
	mov [STATE + first.base + 4], edx
	mov dword [STATE + first.idt_limit], 0
	sidt [0x9f00]
	mov ax, [0x9f00]
	mov [STATE + first.idt_limit], ax
	mov eax, [0x9f02]
	mov [STATE + first.idt_base], eax

	; The registers lie above 1 MiB: data segments with limit 4 GiB are loaded in protected mode.
	test dword [STATE + first.base], 1 << 10	; x2APIC mode: no page
	jnz .done
	mov eax, cs
	shl eax, 4
	add eax, gdt - first_state_code
	mov [0x9f12], eax
	mov word [0x9f10], 15
	o32 lgdt [0x9f10]
	mov eax, cr0
	or al, 1
	mov cr0, eax
	mov dx, 8
	mov ds, dx
	and al, 0xfe
	mov cr0, eax
	xor ecx, ecx
.next:	mov eax, ecx
	shl eax, 4
	a32 mov eax, [APIC + eax]
	a32 mov [STATE + first.apic + ecx * 4], eax
	inc ecx
	cmp ecx, 64
	jb .next
.done:	a32 inc dword [STATE + first.done]
.halt:	cli
	hlt
	jmp .halt

align 8
gdt:	dq 0
	dq 0x008f93000000ffff		; data, base 0, limit 4 GiB, 16-bit
first_state_code_end:
