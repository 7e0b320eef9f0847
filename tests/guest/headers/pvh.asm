; SPDX-License-Identifier: BSD-2-Clause
; Makes a test guest a PVH kernel: an ELF note names the entry point.
; Xen documentation "x86/HVM direct boot ABI".

NOTE_PHYS32_ENTRY equ 18

extern start

section .text
bits 32
start_pvh:				; eax is unspecified and must not look like a magic number
	xor eax, eax
	jmp start

section .note.pvh
align 4
	dd 4, 4, NOTE_PHYS32_ENTRY
	db "Xen", 0
	dd start_pvh
