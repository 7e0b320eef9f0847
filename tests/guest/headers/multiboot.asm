; SPDX-License-Identifier: BSD-2-Clause
; Makes a test guest a multiboot 1 kernel. Multiboot Specification "OS image format".

MULTIBOOT_MAGIC equ 0x1badb002
MULTIBOOT_FLAGS equ 3			; modules page-aligned, memory fields requested

section .header
align 4
	dd MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
