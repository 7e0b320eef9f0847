/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest page walk against another one, written here from the manuals'
 * figures mode by mode, over random tables; and the special rules by hand.
 */
/* test-sources: core/guest_walk.c */
#include <string.h>

#include "core/guest_walk.h"
#include "tests/unit/test.h"

enum {
	PAGES = 32,
	RANDOM_WALKS = 300000,
	WALKS_PER_FILL = 300,
	P = 1,
	W = 2,
	U = 4,
	A = 0x20,
	D = 0x40,
	PS = 0x80,
};
#define NX BIT(63)

static u64 random_state = 0x1234567887654321;

static u64 random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1d;
}

static bool one_in(unsigned n)
{
	return (random_next() >> 33) % n == 0;
}

/* --- Guest memory. */

struct memory {
	u8 bytes[PAGES * 4096];
	unsigned disturb; /* how many compare-and-exchanges are still to fail */
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
	/* A table that names itself: the entry has changed in its other role. */
	if (memcmp(m->bytes + gpa.addr, &expected, size) != 0)
		return GUEST_RETRY;
	memcpy(m->bytes + gpa.addr, &desired, size);
	return GUEST_OK;
}

static const struct guest_walk_ops ops = {memory_read, memory_cmpxchg};

/* --- The other walk. */

struct outcome {
	enum guest_result result;
	u64 address, size;
	u32 error;
};

struct reference {
	struct memory *memory;
	const struct guest_walker *cpu;
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

/* Reads an entry; false when the walk ends here. */
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

/* Bits no 8-byte entry may have: addresses the CPU lacks, and XD where it is not enabled. */
static u64 always_reserved(const struct reference *r, unsigned highest)
{
	u64 mask = r->ctl->efer & EFER_NXE ? 0 : NX;

	for (unsigned bit = r->cpu->maxphyaddr; bit <= highest; bit++)
		mask |= 1ULL << bit;
	return mask;
}

/* PDE and PTE of PAE and long mode are alike but for bits 62:52. */
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

	if (!visit(r, at, 8, &pdpte) || reserved(r, pdpte, always_reserved(r, 63) | NX | 0x1e6))
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

/* --- Random tables. */

static u64 random_entry(void)
{
	u64 entry = (random_next() >> 40) % PAGES << 12;

	entry |= one_in(40) ? 0 : P;
	entry |= one_in(8) ? 0 : W;
	entry |= one_in(8) ? 0 : U;
	entry |= random_next() & (A | D | 0xe00 | 0x18);
	entry |= one_in(8) ? PS : 0;
	entry |= one_in(16) ? 0x100 : 0;
	entry |= one_in(12) ? NX : 0;
	if (one_in(12))
		entry |= 1ULL << (random_next() >> 58);
	if (entry & PS && one_in(2))
		entry &= ~BITS(29, 13) | BITS(62, 31);
	return entry;
}

/* A PAE PDPTE may have hardly any bit. */
static void plain_pdptes(struct memory *ours, struct memory *theirs, u64 cr3)
{
	u64 entry[4];

	for (unsigned i = 0; i < 4; i++)
		entry[i] = random_entry() & (one_in(8) ? ~0ULL : BITS(51, 12) | P);
	memcpy(ours->bytes + (cr3 & 0xffffffe0), entry, sizeof(entry));
	memcpy(theirs->bytes + (cr3 & 0xffffffe0), entry, sizeof(entry));
}

static struct control_state random_control(void)
{
	struct control_state ctl = {
		.cr0 = CR0_PE | (one_in(20) ? 0 : CR0_PG) | (one_in(2) ? CR0_WP : 0),
		.cr3 = (random_next() >> 40) % (PAGES - 1) << 12 | (random_next() & 0xfe0),
		.cr4 = random_next() & (CR4_PSE | CR4_SMEP | CR4_SMAP | CR4_PGE),
		.efer = one_in(4) ? 0 : EFER_NXE,
	};

	switch (random_next() >> 62) {
	case 0:
		return ctl;
	case 1:
		ctl.cr4 |= CR4_PAE;
		return ctl;
	case 2:
		ctl.cr4 |= CR4_LA57;
		/* fall through */
	default:
		ctl.cr4 |= CR4_PAE;
		ctl.efer |= EFER_LME | EFER_LMA;
		return ctl;
	}
}

static void fill(struct memory *m)
{
	for (size_t i = 0; i < sizeof(m->bytes); i += 8) {
		u64 entry = random_entry();

		memcpy(m->bytes + i, &entry, 8);
	}
}

static void walk_both(struct memory *ours, struct memory *theirs, unsigned counts[2])
{
	static const unsigned kinds[] = {GUEST_READ, GUEST_WRITE, GUEST_FETCH};
	struct control_state ctl = random_control();
	struct guest_walker walker = {.ops = &ops,
				      .ctx = ours,
				      .maxphyaddr = (u8)(36 + (random_next() >> 40) % 17),
				      .gigabyte_pages = one_in(2),
				      .bit8_reserved = one_in(2)};
	unsigned access = kinds[(random_next() >> 40) % 3] | (one_in(2) ? GUEST_USER : 0) |
			  (one_in(6) ? GUEST_IMPLICIT : 0);
	u64 rflags = one_in(2) ? RFLAGS_AC : 0, linear = random_next();
	struct reference r = {.memory = theirs, .cpu = &walker, .ctl = &ctl, .linear = linear};
	struct guest_translation out = {0};
	struct guest_fault fault = {0};
	enum guest_result result;

	plain_pdptes(ours, theirs, ctl.cr3);
	r.write = access & GUEST_WRITE;
	r.fetch = access & GUEST_FETCH;
	r.user = access & GUEST_USER && !(access & GUEST_IMPLICIT);
	r.smap = ctl.cr4 & CR4_SMAP && (access & GUEST_IMPLICIT || !(rflags & RFLAGS_AC));
	reference_walk(&r);
	result = guest_walk(&walker, &ctl, rflags, linear, access, &out, &fault);
	assert_int_equal(result, r.outcome.result);
	if (result == GUEST_OK) {
		assert_int_equal(out.gpa.addr, r.outcome.address);
		assert_int_equal(out.page_size, r.outcome.size);
	}
	if (result == GUEST_FAULT) {
		assert_int_equal(fault.vector, EXC_PF);
		assert_true(fault.has_error);
		assert_int_equal(fault.error, r.outcome.error);
		assert_int_equal(fault.cr2, r.linear);
	}
	counts[result == GUEST_OK]++;
}

static void test_random_against_reference(void **state)
{
	static struct memory ours, theirs;
	unsigned counts[2] = {0};

	(void)state;
	for (unsigned i = 0; i < RANDOM_WALKS; i++) {
		if (i % WALKS_PER_FILL == 0) {
			fill(&ours);
			theirs = ours;
		}
		walk_both(&ours, &theirs, counts);
		if (i % WALKS_PER_FILL == WALKS_PER_FILL - 1)
			assert_memory_equal(ours.bytes, theirs.bytes, sizeof(ours.bytes));
	}
	/* Each outcome is common: the walk and the ways in which it ends early. */
	assert_true(counts[0] > RANDOM_WALKS / 10 && counts[1] > RANDOM_WALKS / 10);
}

/* --- By hand: one 4-level mapping of linear 0x8000123456, its entries at 0, 4096, ... */

enum { LINEAR_LOW = 0x123456, PAGE_AT = 0x9000 };

static struct memory memory;
static const u64 linear_address = 0x8000000000 + LINEAR_LOW;

static void set_entry(u64 at, u64 entry)
{
	memcpy(memory.bytes + at, &entry, 8);
}

static u64 get_entry(u64 at)
{
	u64 entry;

	memcpy(&entry, memory.bytes + at, 8);
	return entry;
}

enum { AT_PML4E = 8, AT_PDPTE = 0x1000, AT_PDE = 0x2000, AT_PTE = 0x3000 + 0x123 * 8 };

static struct control_state mapped(u64 leaf)
{
	memset(&memory, 0, sizeof(memory));
	set_entry(AT_PML4E, 0x1000 | P | W | U);
	set_entry(AT_PDPTE, 0x2000 | P | W | U);
	set_entry(AT_PDE, 0x3000 | P | W | U);
	set_entry(AT_PTE, leaf);
	return (struct control_state){.cr0 = CR0_PE | CR0_PG | CR0_WP,
				      .cr4 = CR4_PAE,
				      .efer = EFER_LME | EFER_LMA | EFER_NXE};
}

static const struct guest_walker walker = {
	.ops = &ops, .ctx = &memory, .maxphyaddr = 40, .gigabyte_pages = true};

/* Returns the error code of the fault, or UINT32_MAX when there is none. */
static u32 walk(const struct control_state *ctl, u64 rflags, unsigned access)
{
	struct guest_translation out;
	struct guest_fault fault;
	enum guest_result result =
		guest_walk(&walker, ctl, rflags, linear_address, access, &out, &fault);

	if (result == GUEST_FAULT)
		return fault.error;
	assert_int_equal(result, GUEST_OK);
	assert_int_equal(out.gpa.addr, PAGE_AT + (LINEAR_LOW & 0xfff));
	return UINT32_MAX;
}

static void test_accessed_and_dirty(void **state)
{
	struct control_state ctl = mapped(PAGE_AT | P | W | U);

	(void)state;
	assert_int_equal(walk(&ctl, 0, GUEST_READ), UINT32_MAX);
	assert_int_equal(get_entry(AT_PML4E), 0x1000 | P | W | U | A);
	assert_int_equal(get_entry(AT_PTE), PAGE_AT | P | W | U | A);
	assert_int_equal(walk(&ctl, 0, GUEST_WRITE), UINT32_MAX);
	assert_int_equal(get_entry(AT_PDE), 0x3000 | P | W | U | A);
	assert_int_equal(get_entry(AT_PTE), PAGE_AT | P | W | U | A | D);
}

static void test_a_failed_walk_marks_nothing(void **state)
{
	struct control_state ctl = mapped(PAGE_AT | P | U);

	(void)state;
	assert_int_equal(walk(&ctl, 0, GUEST_WRITE), PF_PRESENT | PF_WRITE);
	assert_int_equal(get_entry(AT_PML4E), 0x1000 | P | W | U);
	assert_int_equal(get_entry(AT_PTE), PAGE_AT | P | U);
}

static void test_without_cmpxchg_nothing_is_marked(void **state)
{
	static const struct guest_walk_ops silent_ops = {memory_read, NULL};
	struct guest_walker silent = walker;
	struct control_state ctl = mapped(PAGE_AT | P | W | U);
	struct guest_translation out;
	struct guest_fault fault;

	(void)state;
	silent.ops = &silent_ops;
	assert_int_equal(guest_walk(&silent, &ctl, 0, linear_address, GUEST_WRITE, &out, &fault),
			 GUEST_OK);
	assert_int_equal(get_entry(AT_PTE), PAGE_AT | P | W | U);
}

static void test_tables_that_change(void **state)
{
	struct control_state ctl = mapped(PAGE_AT | P | W | U);
	struct guest_translation out;
	struct guest_fault fault;

	(void)state;
	memory.disturb = 2;
	assert_int_equal(guest_walk(&walker, &ctl, 0, linear_address, GUEST_READ, &out, &fault),
			 GUEST_OK);
	ctl = mapped(PAGE_AT | P | W | U);
	memory.disturb = 1000;
	assert_int_equal(guest_walk(&walker, &ctl, 0, linear_address, GUEST_READ, &out, &fault),
			 GUEST_RETRY);
}

static void test_write_protect(void **state)
{
	struct control_state ctl = mapped(PAGE_AT | P | U);

	(void)state;
	assert_int_equal(walk(&ctl, 0, GUEST_WRITE | GUEST_USER), PF_PRESENT | PF_WRITE | PF_USER);
	ctl.cr0 &= ~CR0_WP;
	assert_int_equal(walk(&ctl, 0, GUEST_WRITE), UINT32_MAX);
	assert_int_equal(walk(&ctl, 0, GUEST_WRITE | GUEST_USER), PF_PRESENT | PF_WRITE | PF_USER);
}

static void test_smap(void **state)
{
	struct control_state ctl = mapped(PAGE_AT | P | W | U);

	(void)state;
	ctl.cr4 |= CR4_SMAP;
	assert_int_equal(walk(&ctl, 0, GUEST_READ), PF_PRESENT);
	assert_int_equal(walk(&ctl, RFLAGS_AC, GUEST_READ), UINT32_MAX);
	assert_int_equal(walk(&ctl, RFLAGS_AC, GUEST_READ | GUEST_IMPLICIT), PF_PRESENT);
	assert_int_equal(walk(&ctl, RFLAGS_AC, GUEST_READ | GUEST_IMPLICIT | GUEST_USER),
			 PF_PRESENT);
	assert_int_equal(walk(&ctl, 0, GUEST_READ | GUEST_USER), UINT32_MAX);
	assert_int_equal(walk(&ctl, 0, GUEST_FETCH), UINT32_MAX);
}

static void test_fetch(void **state)
{
	struct control_state ctl = mapped(PAGE_AT | P | W | U | NX);

	(void)state;
	assert_int_equal(walk(&ctl, 0, GUEST_FETCH | GUEST_USER), PF_PRESENT | PF_USER | PF_FETCH);
	ctl.efer &= ~EFER_NXE;
	assert_int_equal(walk(&ctl, 0, GUEST_FETCH), PF_PRESENT | PF_RESERVED);
	ctl = mapped(PAGE_AT | P | W | U);
	ctl.cr4 |= CR4_SMEP;
	assert_int_equal(walk(&ctl, 0, GUEST_FETCH), PF_PRESENT | PF_FETCH);
	assert_int_equal(walk(&ctl, 0, GUEST_FETCH | GUEST_USER), UINT32_MAX);
}

static void test_absent(void **state)
{
	struct control_state ctl = mapped(PAGE_AT | W | U);

	(void)state;
	assert_int_equal(walk(&ctl, 0, GUEST_WRITE | GUEST_USER), PF_WRITE | PF_USER);
}

static void test_reserved_address(void **state)
{
	struct control_state ctl = mapped(PAGE_AT | P | W | U | BIT(40));

	(void)state;
	assert_int_equal(walk(&ctl, 0, GUEST_READ), PF_PRESENT | PF_RESERVED);
	ctl = mapped(PAGE_AT | P | W | U | BIT(52)); /* ignored */
	assert_int_equal(walk(&ctl, 0, GUEST_READ), UINT32_MAX);
}

static void test_pse36(void **state)
{
	const struct control_state ctl = {.cr0 = CR0_PE | CR0_PG, .cr4 = CR4_PSE};
	u32 pde = 0x00400000 | 0x12 << 13 | P | PS;
	struct guest_translation out;
	struct guest_fault fault;

	(void)state;
	memset(&memory, 0, sizeof(memory));
	memcpy(memory.bytes + 4, &pde, 4);
	assert_int_equal(guest_walk(&walker, &ctl, 0, 0x00412345, GUEST_READ, &out, &fault),
			 GUEST_OK);
	assert_int_equal(out.gpa.addr, 0x1200412345);
	assert_int_equal(out.page_size, 4 * MIB);
}

static void test_table_outside_memory(void **state)
{
	struct control_state ctl = mapped(PAGE_AT | P);
	struct guest_translation out;
	struct guest_fault fault;

	(void)state;
	ctl.cr3 = 0x7000000000;
	assert_int_equal(guest_walk(&walker, &ctl, 0, linear_address, GUEST_READ, &out, &fault),
			 GUEST_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_against_reference),
		cmocka_unit_test(test_accessed_and_dirty),
		cmocka_unit_test(test_a_failed_walk_marks_nothing),
		cmocka_unit_test(test_without_cmpxchg_nothing_is_marked),
		cmocka_unit_test(test_tables_that_change),
		cmocka_unit_test(test_write_protect),
		cmocka_unit_test(test_smap),
		cmocka_unit_test(test_fetch),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_reserved_address),
		cmocka_unit_test(test_pse36),
		cmocka_unit_test(test_table_outside_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
