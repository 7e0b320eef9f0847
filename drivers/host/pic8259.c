/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the 8259s' mask registers. */
#include "drivers/host/pic8259.h"

#include "core/base/x86.h"

/* 8259A data sheet, "Operation Command Word 1 (OCW1)". */
enum { PIC_MASTER_MASK = 0x21, PIC_SLAVE_MASK = 0xa1, ALL_INPUTS = 0xff };

void pic8259_mask(void)
{
	x86_out8(PIC_MASTER_MASK, ALL_INPUTS);
	x86_out8(PIC_SLAVE_MASK, ALL_INPUTS);
}
