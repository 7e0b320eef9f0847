; SPDX-License-Identifier: BSD-2-Clause
; All XMM registers from memory and to memory: 256 bytes.
bits 64
section .text

; void travel_load(const u8 values[256]); void travel_store(u8 values[256])
; in: rdi
global travel_load, travel_store
travel_load:
%assign i 0
%rep 16
	movups xmm%[i], [rdi + i * 16]
%assign i i + 1
%endrep
	ret

travel_store:
%assign i 0
%rep 16
	movups [rdi + i * 16], xmm%[i]
%assign i i + 1
%endrep
	ret
