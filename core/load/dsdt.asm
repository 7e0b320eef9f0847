; SPDX-License-Identifier: BSD-2-Clause
; The DSDT that iasl made of core/load/dsdt.asl, as read-only data. Owns no code.
; The build puts the directory of dsdt.aml on the include path.

section .rodata

global load_dsdt
global load_dsdt_end

	align 8
load_dsdt:
	incbin "dsdt.aml"
load_dsdt_end:
