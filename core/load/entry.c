/* SPDX-License-Identifier: BSD-2-Clause */
/* The flat state in which a loaded kernel starts, and its GDT. Knows no image format. Pure. */
#include "core/load/entry.h"

#include "core/base/bytes.h"

/* Flat segments: base 0, limit 4 GiB, present, ring 0. */
static struct segment code_segment(enum load_mode mode)
{
	return (struct segment){
		.selector = LOAD_GDT_CODE,
		.attr = SEGMENT_G | SEGMENT_P | SEGMENT_S | SEGMENT_CODE | SEGMENT_WRITABLE |
			SEGMENT_ACCESSED | (mode == LOAD_LONG64 ? SEGMENT_L : SEGMENT_DB),
		.limit = UINT32_MAX,
	};
}

static struct segment data_segment(void)
{
	return (struct segment){
		.selector = LOAD_GDT_DATA,
		.attr = SEGMENT_G | SEGMENT_DB | SEGMENT_P | SEGMENT_S | SEGMENT_WRITABLE |
			SEGMENT_ACCESSED,
		.limit = UINT32_MAX,
	};
}

/* The smallest possible, busy; the PVH boot ABI asks for exactly this one. */
static struct segment task_segment(void)
{
	enum { TSS_LIMIT = 0x67 };

	return (struct segment){.attr = SEGMENT_P | SEGMENT_TYPE_TSS_BUSY, .limit = TSS_LIMIT};
}

/* The descriptor of a segment with base 0 and limit 4 GiB (SDM 3A "Segment Descriptors"). */
static u64 descriptor(struct segment segment)
{
	return BITS(51, 48) | BITS(15, 0) | (u64)segment.attr << 40;
}

void load_entry_write_gdt(u8 *bytes, enum load_mode mode)
{
	memset(bytes, 0, LOAD_GDT_SIZE);
	bytes_put64(bytes + LOAD_GDT_CODE, descriptor(code_segment(mode)));
	bytes_put64(bytes + LOAD_GDT_DATA, descriptor(data_segment()));
}

void load_entry_init(struct load_entry *entry, enum load_mode mode, u64 rip, u64 gdt)
{
	memset(entry, 0, sizeof(*entry));
	entry->mode = mode;
	entry->regs.rip = rip;
	entry->regs.rflags = RFLAGS_FIXED;
	entry->tr = task_segment();
	entry->gdt_base = gdt;
	entry->gdt_limit = LOAD_GDT_SIZE - 1;
	entry->control.cr0 = CR0_PE | CR0_ET;
	for (unsigned i = 0; i < SEG_COUNT; i++)
		entry->control.seg[i] = i == SEG_CS ? code_segment(mode) : data_segment();
	if (mode != LOAD_LONG64)
		return;
	entry->control.cr0 |= CR0_PG;
	entry->control.cr4 = CR4_PAE;
	entry->control.efer = EFER_LME | EFER_LMA;
}
