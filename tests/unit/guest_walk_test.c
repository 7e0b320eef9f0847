/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest page walk: compared with a reference over random tables, and its special rules
 * by hand.
 */
#include "tests/unit/guest_walk_reference.h"

enum { RANDOM_WALKS = 300000, WALKS_PER_FILL = 300 };

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
	struct walker walker = {.ops = &ops,
				.ctx = ours,
				.maxphyaddr = (u8)(36 + (random_next() >> 40) % 17),
				.gigabyte_pages = one_in(2),
				.bit8_reserved = one_in(2)};
	unsigned access = kinds[(random_next() >> 40) % 3] | (one_in(2) ? GUEST_USER : 0) |
			  (one_in(6) ? GUEST_IMPLICIT : 0);
	u64 rflags = one_in(2) ? RFLAGS_AC : 0, linear = random_next();
	struct reference r = {.memory = theirs, .cpu = &walker, .ctl = &ctl, .linear = linear};
	struct walk_result out = {0};
	struct guest_fault fault = {0};
	enum guest_result result;

	plain_pdptes(ours, theirs, ctl.cr3);
	r.write = access & GUEST_WRITE;
	r.fetch = access & GUEST_FETCH;
	r.user = access & GUEST_USER && !(access & GUEST_IMPLICIT);
	r.smap = ctl.cr4 & CR4_SMAP && (access & GUEST_IMPLICIT || !(rflags & RFLAGS_AC));
	reference_walk(&r);
	result = walk_translate(&walker, &ctl, rflags, linear, access, &out, &fault);
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
	/* Each outcome must be common: a complete walk, and each way in which a walk ends early. */
	assert_true(counts[0] > RANDOM_WALKS / 10 && counts[1] > RANDOM_WALKS / 10);
}

/* --- By hand: one 4-level mapping of linear 0x8000123456, its entries at 0, 4096, ... */

enum { LINEAR_LOW = 0x123456, PAGE_AT = 0x9000 };

static struct memory memory; /* of the tests below */
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

static const struct walker walker = {
	.ops = &ops, .ctx = &memory, .maxphyaddr = 40, .gigabyte_pages = true};

/* Returns the error code of the fault, or UINT32_MAX if there is none. */
static u32 walk(const struct control_state *ctl, u64 rflags, unsigned access)
{
	struct walk_result out;
	struct guest_fault fault;
	enum guest_result result =
		walk_translate(&walker, ctl, rflags, linear_address, access, &out, &fault);

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
	static const struct walk_ops silent_ops = {memory_read, NULL};
	struct walker silent = walker;
	struct control_state ctl = mapped(PAGE_AT | P | W | U);
	struct walk_result out;
	struct guest_fault fault;

	(void)state;
	silent.ops = &silent_ops;
	assert_int_equal(
		walk_translate(&silent, &ctl, 0, linear_address, GUEST_WRITE, &out, &fault),
		GUEST_OK);
	assert_int_equal(get_entry(AT_PTE), PAGE_AT | P | W | U);
}

static void test_tables_that_change(void **state)
{
	struct control_state ctl = mapped(PAGE_AT | P | W | U);
	struct walk_result out;
	struct guest_fault fault;

	(void)state;
	memory.disturb = 2;
	assert_int_equal(walk_translate(&walker, &ctl, 0, linear_address, GUEST_READ, &out, &fault),
			 GUEST_OK);
	ctl = mapped(PAGE_AT | P | W | U);
	memory.disturb = 1000;
	assert_int_equal(walk_translate(&walker, &ctl, 0, linear_address, GUEST_READ, &out, &fault),
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
	struct walk_result out;
	struct guest_fault fault;

	(void)state;
	memset(&memory, 0, sizeof(memory));
	memcpy(memory.bytes + 4, &pde, 4);
	assert_int_equal(walk_translate(&walker, &ctl, 0, 0x00412345, GUEST_READ, &out, &fault),
			 GUEST_OK);
	assert_int_equal(out.gpa.addr, 0x1200412345);
	assert_int_equal(out.page_size, 4 * MIB);
}

static void test_pse36_reserved(void **state)
{
	const struct control_state ctl = {.cr0 = CR0_PE | CR0_PG, .cr4 = CR4_PSE};
	struct walker narrow = walker;
	struct walk_result out;
	struct guest_fault fault;

	(void)state;
	memset(&memory, 0, sizeof(memory));
	narrow.maxphyaddr = 36; /* so 20:17 are reserved, and 21 always is */
	for (unsigned bit = 13; bit <= 21; bit++) {
		u32 pde = 1U << bit | P | PS;
		enum guest_result wanted = bit < 17 ? GUEST_OK : GUEST_FAULT;

		memcpy(memory.bytes, &pde, 4);
		assert_int_equal(walk_translate(&narrow, &ctl, 0, 0, GUEST_READ, &out, &fault),
				 wanted);
		if (wanted == GUEST_FAULT)
			assert_int_equal(fault.error, PF_PRESENT | PF_RESERVED);
	}
}

static void test_table_outside_memory(void **state)
{
	struct control_state ctl = mapped(PAGE_AT | P);
	struct walk_result out;
	struct guest_fault fault;

	(void)state;
	ctl.cr3 = 0x7000000000;
	assert_int_equal(walk_translate(&walker, &ctl, 0, linear_address, GUEST_READ, &out, &fault),
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
		cmocka_unit_test(test_pse36_reserved),
		cmocka_unit_test(test_table_outside_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
