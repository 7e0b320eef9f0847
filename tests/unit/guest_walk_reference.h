/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's memory, and a reference for the page walk, written from the manuals' figures,
 * mode by mode.
 */
#pragma once

#include <string.h>

#include "core/insn/walk.h"
#include "tests/unit/test.h"

enum {
	PAGES = 32,
	P = 1,
	W = 2,
	U = 4,
	A = 0x20,
	D = 0x40,
	PS = 0x80,
};
#define NX BIT(63)

/* --- Guest memory. */

struct memory {
	u8 bytes[PAGES * 4096];
	unsigned disturb; /* the number of compare-and-exchanges that will fail */
};

static enum guest_result memory_read(void *ctx, struct gpa gpa, unsigned size, u64 *entry)
{
	struct memory *m = ctx;

	assert_int_equal(gpa.addr % size, 0);
	if (gpa.addr > sizeof(m->bytes) - size)
		return GUEST_FAILED;
	*entry = 0;
	memcpy(entry, m->bytes + gpa.addr, size);
	return GUEST_OK;
}

static enum guest_result memory_cmpxchg(void *ctx, struct gpa gpa, unsigned size, u64 expected,
					u64 desired)
{
	struct memory *m = ctx;

	assert_in_range(gpa.addr, 0, sizeof(m->bytes) - size);
	if (m->disturb > 0) {
		m->disturb--;
		return GUEST_RETRY;
	}
	/* The table refers to itself: the entry has changed in its other role. */
	if (memcmp(m->bytes + gpa.addr, &expected, size) != 0)
		return GUEST_RETRY;
	memcpy(m->bytes + gpa.addr, &desired, size);
	return GUEST_OK;
}

static const struct walk_ops ops = {memory_read, memory_cmpxchg};

/* --- The reference walk. */

struct outcome {
	enum guest_result result;
	u64 address, size;
	u32 error;
};

struct reference {
	struct memory *memory;
	const struct walker *cpu;
	const struct control_state *ctl;
	bool write, fetch, user, smap;
	u64 linear;
	bool all_writable, all_user, any_nx;
	u64 visited[5]; /* addresses of entries with an accessed bit; the last has the dirty bit */
	unsigned visited_count;
	struct outcome outcome;
};

static bool stop(struct reference *r, enum guest_result result, u32 error)
{
	bool nxe = r->ctl->cr4 & CR4_PAE && r->ctl->efer & EFER_NXE;

	r->outcome.result = result;
	r->outcome.error = error | (r->write ? 2 : 0) | (r->user ? 4 : 0);
	if (r->fetch && (nxe || r->ctl->cr4 & CR4_SMEP))
		r->outcome.error |= 16;
	return false;
}

/* Reads an entry. False if the walk ends with this entry. */
static bool visit(struct reference *r, u64 address, unsigned size, u64 *entry)
{
	if (address + size > sizeof(r->memory->bytes))
		return stop(r, GUEST_FAILED, 0);
	*entry = 0;
	memcpy(entry, r->memory->bytes + address, size);
	if (!(*entry & P))
		return stop(r, GUEST_FAULT, 0);
	return true;
}

static bool reserved(struct reference *r, u64 entry, u64 mask)
{
	if (entry & mask)
		return stop(r, GUEST_FAULT, 1 | 8), true;
	return false;
}

static void count_in(struct reference *r, u64 address, u64 entry)
{
	r->visited[r->visited_count++] = address;
	r->all_writable &= (entry & W) != 0;
	r->all_user &= (entry & U) != 0;
	r->any_nx |= (entry & NX) != 0;
}

static bool finish(struct reference *r, u64 base, u64 size)
{
	bool wp = r->ctl->cr0 & CR0_WP, smep = r->ctl->cr4 & CR4_SMEP;
	bool good;

	if (r->user)
		good = r->all_user && (!r->write || r->all_writable) && !(r->fetch && r->any_nx);
	else if (r->fetch)
		good = !r->any_nx && !(smep && r->all_user);
	else
		good = !(r->smap && r->all_user) && (!r->write || r->all_writable || !wp);
	if (!good)
		return stop(r, GUEST_FAULT, 1);
	r->outcome = (struct outcome){GUEST_OK, base + r->linear % size, size, 0};
	return true;
}

static bool reference_32(struct reference *r)
{
	u64 pde, pte, at = (r->ctl->cr3 & 0xfffff000) + (r->linear >> 22) * 4;
	unsigned maxphy = r->cpu->maxphyaddr;

	if (!visit(r, at, 4, &pde))
		return false;
	count_in(r, at, pde);
	if (r->ctl->cr4 & CR4_PSE && pde & PS) {
		u64 high = pde >> 13 & 0xff;

		if (pde >> 21 & 1 || (maxphy < 40 && high >> (maxphy - 32)))
			return stop(r, GUEST_FAULT, 9);
		return finish(r, high << 32 | (pde & 0xffc00000), 4 * MIB);
	}
	at = (pde & 0xfffff000) + (r->linear >> 12 & 0x3ff) * 4;
	if (!visit(r, at, 4, &pte))
		return false;
	count_in(r, at, pte);
	return finish(r, pte & 0xfffff000, 4096);
}

/* Bits that no 8-byte entry may have: addresses above the CPU's, and XD if it is not enabled. */
static u64 always_reserved(const struct reference *r, unsigned highest)
{
	u64 mask = r->ctl->efer & EFER_NXE ? 0 : NX;

	for (unsigned bit = r->cpu->maxphyaddr; bit <= highest; bit++)
		mask |= 1ULL << bit;
	return mask;
}

/* PDE and PTE of PAE and of long mode differ only in bits 62:52. */
static bool reference_pde(struct reference *r, u64 table, unsigned highest)
{
	u64 pde, pte, at = table + (r->linear >> 21 & 0x1ff) * 8;
	const u64 address = 0x000ffffffffff000;

	if (!visit(r, at, 8, &pde))
		return false;
	if (reserved(r, pde, always_reserved(r, highest) | (pde & PS ? 0x1fe000 : 0)))
		return false;
	count_in(r, at, pde);
	if (pde & PS)
		return finish(r, pde & address & ~0x1fffffULL, 2 * MIB);
	at = (pde & address) + (r->linear >> 12 & 0x1ff) * 8;
	if (!visit(r, at, 8, &pte) || reserved(r, pte, always_reserved(r, highest)))
		return false;
	count_in(r, at, pte);
	return finish(r, pte & address, 4096);
}

static bool reference_pae(struct reference *r)
{
	u64 pdpte, at = (r->ctl->cr3 & 0xffffffe0) + (r->linear >> 30 & 3) * 8;

	if (!visit(r, at, 8, &pdpte) || reserved(r, pdpte, always_reserved(r, 63) | NX | 0x1c6))
		return false;
	return reference_pde(r, pdpte & 0x000ffffffffff000, 62);
}

static bool reference_long(struct reference *r)
{
	u64 entry, table = r->ctl->cr3 & 0x000ffffffffff000;
	u64 amd = r->cpu->bit8_reserved ? 0x100 : 0;

	for (unsigned shift = r->ctl->cr4 & CR4_LA57 ? 48 : 39; shift >= 39; shift -= 9) {
		u64 at = table + (r->linear >> shift & 0x1ff) * 8;

		if (!visit(r, at, 8, &entry) ||
		    reserved(r, entry, always_reserved(r, 51) | PS | amd))
			return false;
		count_in(r, at, entry);
		table = entry & 0x000ffffffffff000;
	}
	table += (r->linear >> 30 & 0x1ff) * 8;
	if (!visit(r, table, 8, &entry))
		return false;
	if (reserved(r, entry,
		     always_reserved(r, 51) | (entry & PS ? 0x3fffe000 : amd) |
			     (r->cpu->gigabyte_pages ? 0 : PS)))
		return false;
	count_in(r, table, entry);
	if (entry & PS)
		return finish(r, entry & 0x000fffffc0000000, 1024 * MIB);
	return reference_pde(r, entry & 0x000ffffffffff000, 51);
}

static void reference_walk(struct reference *r)
{
	bool done;

	r->all_writable = r->all_user = true;
	if (!(r->ctl->efer & EFER_LMA))
		r->linear = (u32)r->linear;
	if (!(r->ctl->cr0 & CR0_PG)) {
		r->outcome = (struct outcome){GUEST_OK, r->linear, 4096, 0};
		return;
	}
	if (!(r->ctl->cr4 & CR4_PAE))
		done = reference_32(r);
	else if (!(r->ctl->efer & EFER_LMA))
		done = reference_pae(r);
	else
		done = reference_long(r);
	for (unsigned i = 0; done && i < r->visited_count; i++)
		r->memory->bytes[r->visited[i]] |=
			A | (i == r->visited_count - 1 && r->write ? D : 0);
}
