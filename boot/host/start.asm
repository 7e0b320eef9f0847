; SPDX-License-Identifier: BSD-2-Clause
; From the boot loader to C on the boot CPU: the Multiboot2 header, a check that
; the CPU has 64-bit mode and no-execute pages, and page tables that map the image
; at its link address, each region with its own rights. Runs at any load address.
;
; The tables stay in use: mm/host/hostmap.c adds to them.

MULTIBOOT2_HEADER_MAGIC equ 0xe85250d6
MULTIBOOT2_LOADER_MAGIC equ 0x36d76289

CPUID_LM    equ 1 << 29 ; 8000_0001 EDX
CPUID_NX    equ 1 << 20
PTE_PRESENT equ 1 << 0
PTE_WRITE   equ 1 << 1
PTE_NX_HIGH equ 1 << 31 ; in the upper 32 bits of an entry
COM1        equ 0x3f8

; An error is shown on the screen: the framebuffer tag (Multiboot2 Specification,
; "Framebuffer info"), and VGA's text mode.
TAG_FRAMEBUFFER  equ 8
FB_ADDRESS       equ 8
FB_PITCH         equ 16
FB_BPP           equ 28
FB_TYPE          equ 29
FB_TYPE_RGB      equ 1
VGA_TEXT         equ 0xb8000
VGA_WHITE_ON_RED equ 0x4f
DOT_SHIFT        equ 1 ; a dot of the font is 2 pixels, both ways

%include "offsets.inc" ; CR0_..., FONT_...

; An address in the image as an offset from the image's start: IMAGE_VA of
; linker.ld plus this is 0.
%define offset_of(symbol) (symbol + 0x80000000)

; --- The header (Multiboot2 Specification, "OS image format").
section .multiboot2 progbits alloc noexec nowrite align=8
header:
	dd MULTIBOOT2_HEADER_MAGIC
	dd 0 ; i386: the entry is in 32-bit protected mode
	dd header_end - header
	dd -(MULTIBOOT2_HEADER_MAGIC + 0 + (header_end - header))
align 8
.information_request:
	dw 1, 0
	dd .information_request_end - .information_request
	dd 1, 3, 6 ; command line, modules, memory map
.information_request_end:
align 8
.optional_request:
	dw 1, 1
	dd .optional_request_end - .optional_request
	dd 8, 14, 15, 17, 21 ; framebuffer, ACPI old and new, EFI memory map, load base
.optional_request_end:
align 8
.framebuffer:
	dw 5, 1 ; optional: a text mode will do
	dd .framebuffer_end - .framebuffer
	; Every screen has this mode; GRUB may choose another.
	dd 1024, 768, 32
.framebuffer_end:
align 8
.module_align:
	dw 6, 0
	dd 8
.relocatable:
	dw 10, 0
	dd 24
	dd 0x00200000, 0xffffffff ; lowest and highest address
	dd 0x00200000             ; alignment
	dd 1                      ; prefer the lowest free address
	dw 0, 0
	dd 8
header_end:

; --- Page tables (SDM 3A "4-Level Paging").
section .tables nobits alloc noexec write align=4096
global boot_pml4, boot_pml4_low, boot_pdpt_low, boot_pd_low
boot_pml4:     resb 4096
boot_pdpt:     resb 4096 ; the top 512 GiB
boot_pd:       resb 4096 ; the first GiB of the top 2
boot_pt:       resb 4096 ; the image
; A second root for the switch to 64-bit mode: the same mappings, and the image at
; its physical address. boot/host/smp.c uses it again to start other CPUs.
boot_pml4_low: resb 4096
boot_pdpt_low: resb 4096
boot_pd_low:   resb 4096

section .rodata
align 8
; The layout is that of enum cpu_selector. Accessed bits are set, because the CPU
; would set them and the table is read-only.
boot_gdt:
	dq 0
	dq 0x00af9b000000ffff ; 64-bit code
	dq 0x00cf93000000ffff ; data
.end:

extern font_glyphs
extern image_text_start, image_text_end, image_rodata_start, image_data_start
extern image_guard_start, image_guard_end, image_end, image_boot_stack_top
; Regions of the image: start, end, low and high 32 bits of the entries' rights.
boot_regions:
	dd offset_of(image_text_start), offset_of(image_text_end)
	dd PTE_PRESENT, 0
	dd offset_of(image_rodata_start), offset_of(image_data_start)
	dd PTE_PRESENT, PTE_NX_HIGH
	dd offset_of(image_data_start), offset_of(image_guard_start)
	dd PTE_PRESENT | PTE_WRITE, PTE_NX_HIGH
	dd offset_of(image_guard_end), offset_of(image_end)
	dd PTE_PRESENT | PTE_WRITE, PTE_NX_HIGH
.end:

message_loader: db "ashlar: not started by a Multiboot2 boot loader", 13, 10, 0
message_cpu:    db "ashlar: this CPU lacks 64-bit mode or no-execute pages", 13, 10, 0

; --- Entry (Multiboot2 Specification, "I386 machine state").
section .text
bits 32
; in: eax = loader's magic, ebx = boot information; flat segments, no stack
global boot_start
boot_start:
	cli
	cld
	cmp eax, MULTIBOOT2_LOADER_MAGIC
	mov edi, ebx
	je .find_base
	mov ebx, 0x1000 ; no information: any low memory will do
	xor edi, edi
.find_base:
	; The second word of the information is reserved: use it for one return address.
	lea esp, [ebx + 8]
	call .here
.here:
	pop ebp
	sub ebp, offset_of(.here) ; ebp = the image's load address
	mov dword [ebx + 4], 0
	lea esp, [ebp + offset_of(image_boot_stack_top)]
	lea esi, [ebp + offset_of(message_loader)]
	cmp eax, MULTIBOOT2_LOADER_MAGIC
	jne die
	push ebx
	call check_cpu
	call build_tables
	pop ebx

	; SDM 3A "Initializing IA-32e Mode"
	mov eax, CR4_PAE		; clears all other bits of the firmware, LA57 above all
	mov cr4, eax
	lea eax, [ebp + offset_of(boot_pml4_low)]
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, EFER_LME | EFER_NXE
	wrmsr
	mov eax, cr0
	or eax, CR0_PG | CR0_WP | CR0_PE
	mov cr0, eax

	lea eax, [ebp + offset_of(boot_gdt)]
	push eax
	push dword (boot_gdt.end - boot_gdt - 1) << 16
	lgdt [esp + 2]
	push dword 0x08
	lea eax, [ebp + offset_of(enter_64)]
	push eax
	retf

; in: ebp = base, edi as for die; clobbers eax, ebx, ecx, edx, esi
; Jumps to die if the CPU lacks no-execute pages or 64-bit mode.
check_cpu:
	lea esi, [ebp + offset_of(message_cpu)]
	mov eax, 0x80000000
	cpuid
	cmp eax, 0x80000001
	jb die
	mov eax, 0x80000001
	cpuid
	not edx
	test edx, CPUID_LM | CPUID_NX
	jnz die
	ret

; in: ebp = base, a multiple of 2 MiB; clobbers all others
build_tables:
	lea edi, [ebp + offset_of(boot_pt)]
	lea esi, [ebp + offset_of(boot_regions)]
.region:
	mov ecx, [esi]
.page:
	mov edx, ecx
	shr edx, 9 ; 8 bytes a page of 4096
	lea eax, [ebp + ecx]
	or eax, [esi + 8]
	mov [edi + edx], eax
	mov eax, [esi + 12]
	mov [edi + edx + 4], eax
	add ecx, 4096
	cmp ecx, [esi + 4]
	jb .page
	add esi, 16
	lea eax, [ebp + offset_of(boot_regions.end)]
	cmp esi, eax
	jb .region

	; The image's table is used twice: at its link address ...
	lea eax, [ebp + offset_of(boot_pt) + PTE_PRESENT + PTE_WRITE]
	mov [ebp + offset_of(boot_pd)], eax
	mov edx, ebp
	shr edx, 21
	and edx, 511
	mov [ebp + offset_of(boot_pd_low) + edx * 8], eax
	lea eax, [ebp + offset_of(boot_pd) + PTE_PRESENT + PTE_WRITE]
	mov [ebp + offset_of(boot_pdpt) + 510 * 8], eax
	lea eax, [ebp + offset_of(boot_pdpt) + PTE_PRESENT + PTE_WRITE]
	mov [ebp + offset_of(boot_pml4) + 511 * 8], eax
	mov [ebp + offset_of(boot_pml4_low) + 511 * 8], eax
	; ... and at its load address, for the switch to 64-bit mode.
	mov edx, ebp
	shr edx, 30
	lea eax, [ebp + offset_of(boot_pd_low) + PTE_PRESENT + PTE_WRITE]
	mov [ebp + offset_of(boot_pdpt_low) + edx * 8], eax
	lea eax, [ebp + offset_of(boot_pdpt_low) + PTE_PRESENT + PTE_WRITE]
	mov [ebp + offset_of(boot_pml4_low)], eax
	ret

; in: ebp = base, esi = text, edi = boot information or 0
; Writes the text to the serial line and the screen, and stops.
die:
	push esi
	call write_serial
	pop esi
	call write_screen
.stop:
	hlt
	jmp .stop

; in: esi = text; clobbers eax, ecx, edx, esi
; Writes to COM1 with the settings of the firmware.
write_serial:
	lodsb
	test al, al
	jz .done
	mov ah, al
	mov ecx, 100000 ; bounded: there may be no UART
	mov edx, COM1 + 5
.wait:
	in al, dx
	test al, 0x20
	loopz .wait
	mov al, ah
	mov edx, COM1
	out dx, al
	jmp write_serial
.done:
	ret

; in: ebp, esi, edi as for die; clobbers all but ebp
; Writes at the top left of the framebuffer, or of VGA's text mode without one.
write_screen:
	call find_framebuffer
	jz write_text_mode
	cmp byte [edx + FB_TYPE], FB_TYPE_RGB
	jne write_text_mode
	cmp dword [edx + FB_ADDRESS + 4], 0
	jne .done ; above 4 GiB, which 32-bit code cannot reach
	mov edi, [edx + FB_ADDRESS]
.next:
	lodsb
	sub al, FONT_FIRST
	jb .done ; the end of the line
	movzx eax, al
	imul eax, FONT_HEIGHT
	lea ebx, [ebp + offset_of(font_glyphs) + eax]
	call draw_glyph
	jmp .next
.done:
	ret

; in: esi = text; clobbers eax, edi, esi
write_text_mode:
	mov edi, VGA_TEXT
	mov ah, VGA_WHITE_ON_RED
.next:
	lodsb
	cmp al, FONT_FIRST
	jb .done
	stosw
	jmp .next
.done:
	ret

; in: edi = boot information or 0; clobbers eax, ecx
; out: ZF clear and edx = the framebuffer tag, or ZF set: no such tag
find_framebuffer:
	test edi, edi
	jz .done
	mov ecx, [edi]
	add ecx, edi
	lea edx, [edi + 8]
.tag:
	cmp edx, ecx
	jae .none
	mov eax, [edx]
	cmp eax, TAG_FRAMEBUFFER
	je .found
	mov eax, [edx + 4]
	add eax, 7
	and eax, ~7
	jz .done ; a size of 0: the next tag cannot be found
	add edx, eax
	jmp .tag
.found:
	test edx, edx ; clears ZF
	ret
.none:
	xor eax, eax
.done:
	ret

; in: ebx = glyph, edx = tag, edi = address of the glyph's first pixel
; out: edi = the same for the next glyph; clobbers eax, ecx
; A set pixel has all bits set, which is white in any format.
draw_glyph:
	push ebp
	push esi
	push edi
	movzx esi, byte [edx + FB_BPP]
	add esi, 7
	shr esi, 3
	shl esi, DOT_SHIFT ; bytes of a dot
	xor ebp, ebp       ; number of the line of pixels
.line:
	push edi
	mov eax, ebp
	shr eax, DOT_SHIFT
	mov ah, [ebx + eax]
	mov al, FONT_WIDTH
.dot:
	push eax
	shl ah, 1
	sbb al, al
	mov ecx, esi
	rep stosb
	pop eax
	shl ah, 1
	dec al
	jnz .dot
	pop edi
	add edi, [edx + FB_PITCH]
	inc ebp
	cmp ebp, FONT_HEIGHT << DOT_SHIFT
	jb .line
	pop edi
	imul esi, FONT_WIDTH
	add edi, esi
	pop esi
	pop ebp
	ret

bits 64
default rel
extern main
; in: ebp = base, ebx = boot information; runs at the physical address until .linked
enter_64:
	mov rax, .linked
	jmp rax
.linked:
	mov eax, 0x10
	mov ss, eax
	mov ds, eax
	mov es, eax
	xor eax, eax
	mov fs, eax
	mov gs, eax
	mov rsp, image_boot_stack_top
	lea ecx, [ebp + offset_of(boot_pml4)]
	mov cr3, rcx ; the lower half is unmapped from here on
	mov edi, ebx ; boot information, physical
	mov esi, ebp ; the image's load address, physical
	xor ebp, ebp ; a null frame pointer ends stack traces
	call main
	ud2
