; SPDX-License-Identifier: BSD-2-Clause
; A test guest's first instructions: from the loader's entry (32-bit, no paging,
; in any protocol of tests/guest/headers/) to guest_start in 64-bit mode. Owns
; the boot GDT, the boot page tables (the first 4 GiB, identity mapped).

PAGE_RWUP	equ 7			; present, writable, user
PAGE_LARGE	equ 0x80
CR0_BOOT	equ 0x80000033		; PG, NE, ET, MP, PE
CR4_BOOT	equ 0x620		; OSXMMEXCPT, OSFXSR, PAE
MSR_EFER	equ 0xc0000080
EFER_LME	equ 0x100

CPU_SIZE	equ 0x8000			; sizeof(struct cpu), lib/cpu.h

extern guest_start, cpus

section .text
bits 32
global start
start:
	cli
	cld
	mov esp, cpus + CPU_SIZE
	mov [boot_magic], eax
	mov [boot_address], ebx

	mov dword [boot_pml4], boot_pdpt + PAGE_RWUP
	mov edi, boot_pdpt
	mov eax, boot_pd + PAGE_RWUP
	mov ecx, 4
.pdpt:	mov [edi], eax
	add eax, 0x1000
	add edi, 8
	loop .pdpt

	mov edi, boot_pd
	mov eax, PAGE_RWUP + PAGE_LARGE
	mov ecx, 4 * 512
.pd:	mov [edi], eax
	add eax, 0x200000
	add edi, 8
	loop .pd

	call enter_long
	jmp 0x08:start64

; Turns on long mode with the boot page tables; still in a 32-bit segment.
; in: nothing; clobbers eax, ecx, edx. Used by the AP trampoline as well.
global enter_long
enter_long:
	lgdt [boot_gdt_pointer]
	mov eax, CR4_BOOT
	mov cr4, eax
	mov eax, boot_pml4
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, EFER_LME
	wrmsr
	mov eax, CR0_BOOT
	mov cr0, eax
	ret

bits 64
start64:
	mov ax, 0x10
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov fs, ax
	mov gs, ax
	mov rsp, cpus + CPU_SIZE
	xor ebp, ebp
	call guest_start
.halt:	cli
	hlt
	jmp .halt

section .data
align 16
; The selectors of lib/cpu.h, in the same order; each CPU has its own copy.
global boot_gdt
boot_gdt:
	dq 0
	dq 0x00af9b000000ffff		; 0x08 code, 64-bit
	dq 0x00cf93000000ffff		; 0x10 data
	dq 0x00cf9b000000ffff		; 0x18 code, 32-bit
	dq 0x00affb000000ffff		; 0x20 code, 64-bit, user
	dq 0x00cff3000000ffff		; 0x28 data, user
	dq 0x00009b000000ffff		; 0x30 code, 16-bit, base 0
	dq 0x000093000000ffff		; 0x38 data, 16-bit limit, base 0
	dq 0x00cf13000000ffff		; 0x40 data, not present
boot_gdt_end:
boot_gdt_pointer:
	dw boot_gdt_end - boot_gdt - 1
	dq boot_gdt

section .bss
global boot_pml4, boot_magic, boot_address
alignb 4096
boot_pml4: resb 4096
boot_pdpt: resb 4096
boot_pd: resb 4 * 4096
boot_magic: resd 1
boot_address: resd 1
