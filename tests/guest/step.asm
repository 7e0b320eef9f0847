; SPDX-License-Identifier: BSD-2-Clause
; Single steps over instructions that a hypervisor may emulate.
; Each snippet sets TF, executes one instruction, and a NOP; step.c's handler
; clears TF at the second address past AFTER.

%include "lib/snippet.inc"

APIC_VERSION	equ 0xfee00030
APIC_TPR	equ 0xfee00080
MSR_APIC_BASE	equ 0x1b
PORT		equ 0x80
REPEATS		equ 3

%macro STEP 1+
	pushfq
	or qword [rsp], 0x100		; TF
	popfq				; takes effect after the next instruction
TARGET
	%1
AFTER
	nop
	ret
%endmacro

SNIPPETS step_snippets

SNIPPET "NOP"
	STEP nop
SNIPPET "CPUID"
	push rbx
	xor eax, eax
	call .run
	pop rbx
	ret
.run:	STEP cpuid
SNIPPET "RDMSR"
	mov ecx, MSR_APIC_BASE
	STEP rdmsr
SNIPPET "WRMSR"
	mov ecx, MSR_APIC_BASE
	rdmsr
	STEP wrmsr
SNIPPET "RDTSC"
	STEP rdtsc
SNIPPET "OUT"
	STEP out PORT, al
SNIPPET "IN"
	STEP in al, PORT
SNIPPET "MMIO read"
	mov edx, APIC_VERSION
	STEP mov eax, [rdx]
SNIPPET "MMIO write"
	mov edx, APIC_TPR
	xor eax, eax
	STEP mov [rdx], eax
SNIPPET "WBINVD"
	STEP wbinvd
SNIPPET "MOV to CR0"
	mov rax, cr0
	STEP mov cr0, rax
SNIPPET "MOV to CR4"
	mov rax, cr4
	STEP mov cr4, rax
SNIPPET "MOV to CR8"
	xor eax, eax
	STEP mov cr8, rax
SNIPPET "INVLPG"
	STEP invlpg [rdi]
SNIPPET "CPUID with useless prefixes"
	push rbx
	xor eax, eax
	call .run
	pop rbx
	ret
.run:	STEP db 0x3e, 0x66, 0x48, 0x0f, 0xa2
SNIPPETS_END step_snippets

; #DB comes after each iteration. RIP is at the instruction until the last one.
SNIPPETS step_repeats
SNIPPET "REP OUTSB"
	mov rsi, rdi
	mov edx, PORT
	mov ecx, REPEATS
	STEP rep outsb
SNIPPET "REP INSB"
	mov edx, PORT
	mov ecx, REPEATS
	STEP rep insb
SNIPPET "REP MOVSD to MMIO"
	mov rsi, rdi
	mov edi, APIC_TPR
	mov ecx, 1
	STEP rep movsd
SNIPPETS_END step_repeats
section .rodata
align 4
global step_repeats_iterations
step_repeats_iterations: dd REPEATS, REPEATS, 1
section .text

; Only under a hypervisor that has the hypercall.
SNIPPETS step_vmcall
SNIPPET "hypercall"
	mov eax, -1
	STEP vmcall
SNIPPETS_END step_vmcall
SNIPPETS step_vmmcall
SNIPPET "hypercall"
	mov eax, -1
	STEP vmmcall
SNIPPETS_END step_vmmcall

; An instruction breakpoint on TARGET: one #DB comes before it, because the
; handler sets RF.
SNIPPETS step_breakpoints
SNIPPET "CPUID"
	push rbx
	xor eax, eax
TARGET
	cpuid
AFTER
	nop
	pop rbx
	ret
SNIPPET "IN"
TARGET
	in al, PORT
AFTER
	nop
	ret
SNIPPET "MMIO read"
	mov edx, APIC_VERSION
TARGET
	mov eax, [rdx]
AFTER
	nop
	ret
SNIPPETS_END step_breakpoints
