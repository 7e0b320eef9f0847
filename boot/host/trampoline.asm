; SPDX-License-Identifier: BSD-2-Clause
; From the startup IPI to C on every other CPU. The code up to smp_trampoline_end
; is copied to a page below 1 MiB. Once paging is on, that page is mapped read-only
; and executable at its physical address. Before that the code writes to its own
; page; every CPU writes the same values.

%include "offsets.inc" ; CR0_...

section .rodata
global smp_trampoline, smp_trampoline_root, smp_trampoline_end
bits 16
; in: cs = the page's address / 16, ip = 0 (SDM 3A "AP Initialization Sequence")
align 16
smp_trampoline:
	cli
	cld
	mov ax, cs
	mov ds, ax
	movzx ebx, ax
	shl ebx, 4 ; the page's address
	; Pointers into the copy are computed from the address of the page.
	lea eax, [ebx + gdt - smp_trampoline]
	mov [gdt_pointer + 2 - smp_trampoline], eax
	lea eax, [ebx + enter_64 - smp_trampoline]
	mov [target - smp_trampoline], eax
	lgdt [gdt_pointer - smp_trampoline]

	; From real mode directly to 64-bit mode (APM2 "Initializing Long Mode").
	mov eax, CR4_PAE
	mov cr4, eax
	mov eax, [smp_trampoline_root - smp_trampoline]
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, EFER_LME | EFER_NXE
	wrmsr
	mov eax, cr0
	and eax, ~(1 << 29 | 1 << 30) ; caches on: INIT left CD and NW set
	or eax, CR0_PE | CR0_WP | CR0_PG
	mov cr0, eax
	jmp far dword [target - smp_trampoline]

bits 64
enter_64:
	mov rax, smp_entry
	jmp rax

align 8
; The layout is that of enum cpu_selector.
gdt:
	dq 0
	dq 0x00af9b000000ffff ; 64-bit code
	dq 0x00cf93000000ffff ; data
gdt_pointer:
	dw gdt_pointer - gdt - 1
	dd 0
align 4
target:
	dd 0
	dw 0x08
align 4
smp_trampoline_root:
	dd 0 ; set in the copy: the value for CR3
smp_trampoline_end:

section .text
bits 64
default rel
extern smp_stack, smp_root, smp_main
; in: CR3 = the low root; leaves it for smp_root and takes the stack in smp_stack
smp_entry:
	mov eax, 0x10
	mov ss, eax
	mov ds, eax
	mov es, eax
	xor eax, eax
	mov fs, eax
	mov gs, eax
	mov rcx, [smp_root]
	mov cr3, rcx ; the GDT in the trampoline page is unmapped from here on
	; One CPU takes the stack. A CPU that comes too late reads 0 and stops.
	xchg rax, [smp_stack]
	test rax, rax
	jz .late
	mov rsp, rax
	xor ebp, ebp ; a null frame pointer ends stack traces
	call smp_main
	ud2
.late:
	hlt
	jmp .late
