; SPDX-License-Identifier: BSD-2-Clause
; The one-instruction shadow of STI and of MOV SS, over instructions that a
; hypervisor may emulate. Interrupts are off and one is pending when a snippet
; of sti_snippets is called: it must be delivered at AFTER.

%include "lib/snippet.inc"

APIC_VERSION	equ 0xfee00030
APIC_TPR	equ 0xfee00080
MSR_APIC_BASE	equ 0x1b
PORT		equ 0x80

%macro SHADOW 1+
	sti
TARGET
	%1
AFTER
	nop
	cli
	ret
%endmacro

SNIPPETS sti_snippets
SNIPPET "STI; NOP"
	SHADOW nop
SNIPPET "STI; CPUID"
	push rbx
	xor eax, eax
	call .run
	pop rbx
	ret
.run:	SHADOW cpuid
SNIPPET "STI; HLT"
	SHADOW hlt
SNIPPET "STI; OUT"
	SHADOW out PORT, al
SNIPPET "STI; IN"
	SHADOW in al, PORT
SNIPPET "STI; RDMSR"
	mov ecx, MSR_APIC_BASE
	SHADOW rdmsr
SNIPPET "STI; MMIO read"
	mov edx, APIC_VERSION
	SHADOW mov eax, [rdx]
SNIPPET "STI; MMIO write"
	mov edx, APIC_TPR
	xor eax, eax
	SHADOW mov [rdx], eax
SNIPPET "STI; WBINVD"
	SHADOW wbinvd
SNIPPET "STI; PAUSE"
	SHADOW pause
SNIPPETS_END sti_snippets

; TF is set before MOV SS: its #DB is held back over the next instruction, so
; the first one comes at AFTER (SDM 3A "Masking Exceptions and Interrupts When
; Switching Stacks"). The handler clears TF.
%macro STACK_SHADOW 1+
	mov r8d, ss
	pushfq
	or qword [rsp], 0x100
	popfq
	mov ss, r8d
TARGET
	%1
AFTER
	nop
	ret
%endmacro

SNIPPETS ss_snippets
SNIPPET "MOV SS; NOP"
	STACK_SHADOW nop
SNIPPET "MOV SS; CPUID"
	push rbx
	xor eax, eax
	call .run
	pop rbx
	ret
.run:	STACK_SHADOW cpuid
SNIPPET "MOV SS; OUT"
	STACK_SHADOW out PORT, al
SNIPPET "MOV SS; RDMSR"
	mov ecx, MSR_APIC_BASE
	STACK_SHADOW rdmsr
SNIPPETS_END ss_snippets
