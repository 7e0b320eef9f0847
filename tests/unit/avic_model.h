/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of AVIC over tables in memory: IPIs and accesses to registers. Written from APM2
 * "Advanced Virtual Interrupt Controller" and not from the hypervisor: the two share no
 * code and no constant.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MODEL_PAGES = 64, MODEL_DOORBELLS = 64 };

/* "AVIC IPI Delivery Not Completed": EXITINFO2[63:32]; none: the IPI is done. */
enum model_ipi_exit {
	MODEL_INVALID_INT_TYPE = 0,
	MODEL_TARGET_NOT_RUNNING = 1,
	MODEL_INVALID_TARGET = 2,
	MODEL_INVALID_BACKING_PAGE = 3,
	MODEL_INVALID_VECTOR = 4,
	MODEL_COMPLETE = 99,
};

struct model {
	const u64 *physical;	 /* 64-bit entries by guest physical APIC ID */
	uint32_t physical_max;	 /* AVIC_PHYSICAL_MAX_INDEX */
	const uint32_t *logical; /* 32-bit entries */
	bool x2apic;
	bool flat;	 /* DFR of the sender's backing page: all ones in bits 31:28 */
	uint32_t sender; /* its physical ID */
	/* The results. */
	u64 delivered[MODEL_PAGES]; /* by page number: how often a bit of the page's IRR was set */
	unsigned doorbells;
	uint8_t doorbell[MODEL_DOORBELLS]; /* host physical APIC IDs */
	bool not_running, invalid, bad_page;
};

/* "the valid bit", "IsRunning", "backing page pointer", "host physical APIC ID" */
static void model_target(struct model *m, uint32_t id)
{
	u64 entry = id <= m->physical_max ? m->physical[id] : 0;
	u64 page = (entry & 0x000ffffffffff000) >> 12;

	if (!(entry >> 63)) {
		m->invalid = true;
	} else if (page >= MODEL_PAGES) {
		m->bad_page = true;
	} else {
		m->delivered[page]++;
		if (entry >> 62 & 1)
			m->doorbell[m->doorbells++] = (uint8_t)entry;
		else
			m->not_running = true;
	}
}

static void model_all(struct model *m, bool self)
{
	for (uint32_t id = 0; id <= m->physical_max; id++)
		if (m->physical[id] >> 63 && (self || id != m->sender))
			model_target(m, id);
}

static void model_logical_entry(struct model *m, unsigned index)
{
	uint32_t entry = m->logical[index];

	if (entry >> 31)
		model_target(m, entry & 0xff);
	else
		m->invalid = true;
}

static void model_logical_xapic(struct model *m, uint32_t dest)
{
	if (m->flat) {
		for (unsigned bit = 0; bit < 8; bit++)
			if (dest >> bit & 1)
				model_logical_entry(m, bit);
	} else if (dest == 0xff) {
		model_all(m, true);
	} else if (dest >> 4 == 15) { /* the table has no entries for it */
		m->invalid = true;
	} else {
		for (unsigned bit = 0; bit < 4; bit++)
			if (dest >> bit & 1)
				model_logical_entry(m, (dest >> 4) * 4 + bit);
	}
}

static void model_logical_x2apic(struct model *m, uint32_t dest)
{
	for (unsigned bit = 0; bit < 16; bit++)
		if (dest >> bit & 1)
			model_target(m, (dest >> 16) * 16 + bit);
}

static void model_destination(struct model *m, uint32_t dest, bool logical)
{
	if (dest == (m->x2apic ? 0xffffffffu : 0xffu) && !(logical && !m->x2apic))
		model_all(m, true);
	else if (!logical)
		model_target(m, dest);
	else if (m->x2apic)
		model_logical_x2apic(m, dest);
	else
		model_logical_xapic(m, dest);
}

/* A write of ICR. dest: 8 bits in xAPIC mode, 32 bits in x2APIC mode. */
static enum model_ipi_exit model_ipi(struct model *m, uint32_t icr, uint32_t dest)
{
	memset(m->delivered, 0, sizeof(m->delivered));
	m->doorbells = 0;
	m->not_running = m->invalid = m->bad_page = false;
	if ((icr >> 8 & 7) != 0 || (icr >> 15 & 1)) /* fixed and edge only */
		return MODEL_INVALID_INT_TYPE;
	if ((icr & 0xff) < 16)
		return MODEL_INVALID_VECTOR;
	switch (icr >> 18 & 3) {
	case 0:
		model_destination(m, dest, icr >> 11 & 1);
		break;
	case 1:
		model_target(m, m->sender);
		break;
	case 2:
		model_all(m, true);
		break;
	case 3:
		model_all(m, false);
		break;
	}
	if (m->bad_page)
		return MODEL_INVALID_BACKING_PAGE;
	if (m->invalid)
		return MODEL_INVALID_TARGET;
	return m->not_running ? MODEL_TARGET_NOT_RUNNING : MODEL_COMPLETE;
}

/* "Guest vAPIC Register Access Behavior": the result of a write to the register at offset. */
enum model_write { MODEL_DONE, MODEL_TRAP, MODEL_FAULT };

static enum model_write model_write(unsigned offset)
{
	static const struct {
		uint16_t first, last;
		uint8_t what;
	} rows[] = {
		{0x020, 0x020, MODEL_TRAP},  {0x030, 0x030, MODEL_FAULT},
		{0x080, 0x080, MODEL_DONE},  {0x090, 0x0a0, MODEL_FAULT},
		{0x0b0, 0x0b0, MODEL_TRAP},  {0x0c0, 0x0f0, MODEL_TRAP},
		{0x100, 0x270, MODEL_FAULT}, {0x280, 0x280, MODEL_TRAP},
		{0x300, 0x300, MODEL_TRAP},  {0x310, 0x310, MODEL_DONE},
		{0x320, 0x380, MODEL_TRAP},  {0x390, 0x390, MODEL_FAULT},
		{0x3e0, 0x3e0, MODEL_TRAP},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (offset >= rows[i].first && offset <= rows[i].last)
			return (enum model_write)rows[i].what;
	return MODEL_FAULT;
}
