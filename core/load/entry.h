/* SPDX-License-Identifier: BSD-2-Clause */
/* The flat state in which a loaded kernel starts, and its GDT. Pure. For core/load/ only. */
#pragma once

#include "core/load/load.h"

/* Selectors of the generated GDT, as the Linux boot protocol demands them. */
enum {
	LOAD_GDT_CODE = 0x10,
	LOAD_GDT_DATA = 0x18,
	LOAD_GDT_SIZE = 0x20,
};

/* Writes the LOAD_GDT_SIZE bytes of the flat GDT for mode. */
void load_entry_write_gdt(u8 *bytes, enum load_mode mode);

/* The flat start state: segments, control registers, RFLAGS; gdt is the GPA of the GDT. */
void load_entry_init(struct load_entry *entry, enum load_mode mode, u64 rip, u64 gdt);
