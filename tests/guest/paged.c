/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another guest (tests/guest/pager.c) brings the pages of this one. This guest checks that
 * all pages have the pager's contents, whether the CPU or the hypervisor touches them
 * first.
 */
#include "pager.h"

#include "lib/guest.h"
#include "lib/page_events.h"

enum { SCRATCH = 0x3ff, COUNT = 20, INPUT = 3 };
#define BY_TABLES BIT(39) /* the first linear address of the highest table's second entry */

static u64 next_page = PAGER_FIRST;

/* Returns a page that has not been touched yet. */
static u64 new_page(void)
{
	return next_page += PAGE_SIZE;
}

static void check_page(u64 page, u32 from, const char *name)
{
	u32 wrong = 0;

	for (u32 i = from; i < PAGE_SIZE / sizeof(u64); i++)
		wrong += ((volatile u64 *)page)[i] != pager_word(page, i);
	check_equal(wrong, 0, "%s: wrong words", name);
}

/* The hypervisor is the first to read or write these pages. */
static void check_strings(void)
{
	u64 source = new_page(), target = new_page(), at = target, count = INPUT;

	__asm__ volatile("outsb" : "+S"(source) : "d"((u16)SCRATCH) : "memory");
	check_equal(x86_in8(SCRATCH), pager_word(source - 1, 0) & 0xff, "OUTS");
	x86_out8(SCRATCH, 0xa5);
	__asm__ volatile("rep insb" : "+D"(at), "+c"(count) : "d"((u16)SCRATCH) : "memory");
	check_equal(at - target, INPUT, "INS: bytes");
	check_equal(*(volatile u64 *)target, (pager_word(target, 0) & ~0xffffffULL) | 0xa5a5a5,
		    "INS");
	check_page(target, 1, "INS: the rest of the page");
	check_page(source - 1, 0, "OUTS: the page");
	at = BY_TABLES;
	__asm__ volatile("outsb" : "+S"(at) : "d"((u16)SCRATCH) : "memory");
	check_equal(x86_in8(SCRATCH),
		    pager_word(PAGER_TABLES + PAGER_TABLE_LEVELS * PAGE_SIZE, 0) & 0xff,
		    "OUTS by tables that are absent");
}

static void check_told(void)
{
	check_equal((u64)page_events_register(0), 0, "register");
	x86_sti();
	for (u32 i = 0; i < COUNT; i++) {
		u64 page = new_page();

		check_equal(page_touch(page), pager_word(page, 0), "told: value %u", i);
	}
	check_equal(page_touch(PAGER_FAILS), PAGE_FAILED_VALUE, "a page that fails");
	check_equal(page_events.failed, 1, "told that it has failed");
	check_equal(page_events.told, COUNT + 1, "events");
	x86_cli();
	check_equal(page_events.wrong, 0, "wrong events or resolutions");
}

static void check_ahead(void)
{
	check_equal(page_touch(PAGER_AHEAD), pager_word(PAGER_AHEAD, 0),
		    "brought ahead: the first");
	for (u64 i = 1; i < PAGER_AHEAD_PAGES; i++)
		check_equal((u64)call(ASHLAR_CALL_PNP_QUERY, PAGER_AHEAD + i * PAGE_SIZE),
			    ASHLAR_PAGE_THERE, "brought ahead: page %llu", i);
	check_page(PAGER_AHEAD + PAGE_SIZE, 0, "brought ahead");
}

/*
 * The ring is in a page that has not been touched. The hypercall waits for the page and is
 * executed again.
 */
static void check_absent_ring(void)
{
	u64 ring = new_page();

	check_equal((u64)call(ASHLAR_CALL_PNP_RING, ring, PAGE_RING), 0, "ring in an absent page");
	check_equal(*(volatile u32 *)ring, 0, "ring: head");
	check_page(ring, 1, "ring: the rest of the page");
}

static void refuse_others(void)
{
	for (u64 client = 0; client < 1024; client++)
		if (call(ASHLAR_CALL_PAGER_GIVE, client, PAGER_FIRST, (u64)&page_data) !=
		    ASHLAR_ENOENT)
			check(false, "gives to client %llu", client);
}

void guest_main(void)
{
	u64 *tables = (u64 *)(x86_read_cr3() & ~0xfffULL);

	tables[1] = PAGER_TABLES | PTE_P | PTE_W;
	page_events_init();
	for (u32 i = 0; i < COUNT; i++)
		check_page(new_page(), 0, "slept for");
	check_strings();
	check_absent_ring();
	check_told();
	check_ahead();
	refuse_others();
	check_equal(page_touch(PAGER_BREAKS), pager_word(PAGER_BREAKS, 0),
		    "the last of this pager");
	print("PAGED pager breaks\n");
	check_page(new_page(), 0, "by the pager's next life");
	print("PAGED end\n");
	input_read();
}
