; SPDX-License-Identifier: BSD-2-Clause
; Makes a test guest a multiboot 2 kernel. Multiboot2 Specification "OS image format".

MULTIBOOT2_MAGIC equ 0xe85250d6

section .header
align 8
header:
	dd MULTIBOOT2_MAGIC, 0, header_end - header
	dd -(MULTIBOOT2_MAGIC + (header_end - header))
request:
	dw 1, 0				; required: command line, modules, memory, ACPI
	dd request_end - request
	dd 1, 3, 4, 6, 15
request_end:
	align 8
	dw 6, 0				; page-aligned modules
	dd 8
	dw 4, 0				; console: not required, text mode supported
	dd 12, 2
	align 8
	dw 0, 0
	dd 8
header_end:
