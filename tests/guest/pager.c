/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Brings other guests' pages. They are zero below PAGER_FIRST; from there on
 * tests/guest/pager.h defines their contents. The test kills the guest.
 */
#include "pager.h"

#include "lib/guest.h"
#include "lib/hypercall.h"

enum { VECTOR = 0x41, RING = 4 };

static u64 page[PAGE_SIZE / sizeof(u64)] __attribute__((aligned(4096)));
static struct { /* as struct pages_wanted */
	u32 head, tail;
	struct page_wanted event[RING];
} ring __attribute__((aligned(4096)));

static void check_call(s64 want, u64 number, u64 a, u64 b, u64 c, const char *name)
{
	check_equal((u64)call(number, a, b, c), (u64)want, "%s", name);
}

static void on_wanted(struct trap_frame *frame)
{
	(void)frame;
	apic_eoi();
}

static void fill(u64 gpa)
{
	for (u32 i = 0; i < ARRAY_SIZE(page); i++)
		page[i] = gpa < PAGER_FIRST ? 0 : pager_word(gpa, i);
}

/* EEXIST is no error: a page that was requested twice has two entries in the ring. */
static void check_done(s64 result, const char *name, u64 gpa)
{
	if (result != 0 && result != ASHLAR_EEXIST)
		check_equal((u64)result, 0, "%s 0x%llx", name, gpa);
}

static void give(u64 client, u64 gpa)
{
	fill(gpa);
	check_done(call(ASHLAR_CALL_PAGER_GIVE, client, gpa, (u64)page), "give", gpa);
}

static void check_ring(void)
{
	check_call(ASHLAR_EINVAL, ASHLAR_CALL_PAGER_RING, (u64)&ring, 3, VECTOR, "ring of 3");
	check_call(ASHLAR_EINVAL, ASHLAR_CALL_PAGER_RING, (u64)&ring, RING, 31, "vector 31");
	check_call(ASHLAR_EINVAL, ASHLAR_CALL_PAGER_RING, 0, 0, VECTOR, "vector without a ring");
	check_call(ASHLAR_EFAULT, ASHLAR_CALL_PAGER_RING, (u64)&ring + 4, RING, VECTOR,
		   "ring not aligned");
	check_call(ASHLAR_EFAULT, ASHLAR_CALL_PAGER_RING, 0xa0000, RING, VECTOR, "ring not in RAM");
	check_call(0, ASHLAR_CALL_PAGER_RING, 0, 0, 0, "no ring");
	for (u64 client = 0; client < 512; client++)
		if (call(ASHLAR_CALL_PAGER_FAIL, client | 0xf00d0000, 0, 0) != ASHLAR_ENOENT)
			check(false, "fail for client 0x%llx", client);
	check_call(0, ASHLAR_CALL_PAGER_RING, (u64)&ring, RING, VECTOR, "ring");
}

static void check_client(u64 client, u64 gpa)
{
	check_call(ASHLAR_ENOENT, ASHLAR_CALL_PAGER_GIVE, client + 256, gpa, (u64)page,
		   "next life");
	check_call(ASHLAR_ENOENT, ASHLAR_CALL_PAGER_GIVE, client | BIT(32), gpa, (u64)page,
		   "client beyond 32 bits");
	check_call(ASHLAR_EFAULT, ASHLAR_CALL_PAGER_GIVE, client, gpa + 8, (u64)page,
		   "give, not aligned");
	check_call(ASHLAR_EFAULT, ASHLAR_CALL_PAGER_GIVE, client, gpa, (u64)page + 8,
		   "contents not aligned");
	check_call(ASHLAR_EFAULT, ASHLAR_CALL_PAGER_GIVE, client, gpa, 0xa0000,
		   "contents not in RAM");
	check_call(ASHLAR_EFAULT, ASHLAR_CALL_PAGER_GIVE, client, 0xa0000, (u64)page,
		   "give what is no RAM");
	check_call(ASHLAR_EFAULT, ASHLAR_CALL_PAGER_GIVE, client, ~0ULL << 12, (u64)page,
		   "give at the end of addresses");
	check_call(ASHLAR_EFAULT, ASHLAR_CALL_PAGER_FAIL, client, 0xa0000, 0, "fail, no RAM");
	give(client, gpa);
	check_call(ASHLAR_EEXIST, ASHLAR_CALL_PAGER_GIVE, client, gpa, (u64)page, "give twice");
	check_call(ASHLAR_EEXIST, ASHLAR_CALL_PAGER_FAIL, client, gpa, 0, "fail what is there");
}

static void serve(const struct page_wanted *wanted)
{
	static u32 checked;
	u64 gpa = wanted->gpa;

	if (checked != wanted->client) {
		checked = wanted->client;
		check(gpa % PAGE_SIZE == 0 && wanted->reserved == 0, "wanted as the ABI has it");
		check_client(wanted->client, gpa);
		return;
	}
	if (gpa == PAGER_FAILS) {
		check_done(call(ASHLAR_CALL_PAGER_FAIL, wanted->client, gpa, 0), "fail", gpa);
		check_call(ASHLAR_EEXIST, ASHLAR_CALL_PAGER_GIVE, wanted->client, gpa, (u64)page,
			   "give what has failed");
		return;
	}
	if (gpa == PAGER_AHEAD)
		for (u32 i = 1; i < PAGER_AHEAD_PAGES; i++)
			give(wanted->client, gpa + i * PAGE_SIZE);
	give(wanted->client, gpa);
	if (gpa == PAGER_BREAKS)
		ring.tail = ring.head + 1;
}

static bool next(struct page_wanted *wanted)
{
	volatile struct pages_wanted *head = (volatile struct pages_wanted *)&ring;

	if (head->head == head->tail)
		return false;
	*wanted = ring.event[head->tail % RING];
	head->tail = head->tail + 1;
	return true;
}

void guest_main(void)
{
	struct page_wanted wanted;

	trap_set_handler(VECTOR, on_wanted);
	check_ring();
	print("PAGER ready\n");
	for (;;) {
		while (next(&wanted))
			serve(&wanted);
		if (ring.head == ring.tail)
			x86_sti_hlt_cli();
	}
}
