/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operator takes pages of this guest away, or marks them as failed. The guest checks
 * that a page returns when it is touched, and that a registered vCPU gets an event
 * meanwhile. The guest announces each state. The operator then takes pages away and types a
 * byte, and the guest continues.
 */
#include "lib/guest.h"
#include "lib/page_events.h"

enum { TPR_HIGHEST = 15 };
#define FIRST	 (8 * MIB)
#define POISONED (9 * MIB)

static u64 pattern(u64 page)
{
	return page * 0x9e3779b97f4a7c15;
}

static char next_state(const char *name)
{
	print("ABSENT %s\n", name);
	return input_read();
}

static void check_touch(u64 page, u32 want_told, const char *name)
{
	u32 before = page_events.told, ended = page_events.interrupts;

	check_equal(page_touch(page), pattern(page), "%s: value", name);
	check_equal(page_events.told - before, want_told, "%s: events", name);
	x86_sti_nop_cli();
	check_equal(page_events.interrupts - ended, want_told, "%s: interrupts", name);
}

static void check_told_touch(u64 page, const char *name)
{
	x86_sti();
	check_touch(page, 1, name);
	x86_cli();
	check_equal(page_events.last.gpa, page, "%s: its address", name);
	check_equal(page_events.last.flags & ~PAGE_NOT_PRESENT_GVA, 0, "%s: its flags", name);
	check(!(page_events.last.flags & PAGE_NOT_PRESENT_GVA) || page_events.last.gva == page,
	      "%s: linear", name);
}

static void check_refusals(void)
{
	u64 at = (u64)&page_data;

	check_equal(
		(u64)call(ASHLAR_CALL_PNP_REGISTER, at, PAGE_EVENT_VECTOR, PAGE_RESOLVED_VECTOR, 0),
		(u64)ASHLAR_ENOENT, "no ring");
	check_equal((u64)call(ASHLAR_CALL_PNP_RING, (u64)&page_ring, 3, 0, 0), (u64)ASHLAR_EINVAL,
		    "ring of 3");
	check_equal((u64)call(ASHLAR_CALL_PNP_RING, (u64)&page_ring, 256, 0, 0), (u64)ASHLAR_EINVAL,
		    "ring of 256");
	check_equal((u64)call(ASHLAR_CALL_PNP_RING, (u64)&page_ring + 4, PAGE_RING, 0, 0),
		    (u64)ASHLAR_EFAULT, "ring not aligned");
	check_equal((u64)call(ASHLAR_CALL_PNP_RING, (u64)&page_ring + 4088, PAGE_RING, 0, 0),
		    (u64)ASHLAR_EFAULT, "ring across pages");
	check_equal((u64)call(ASHLAR_CALL_PNP_RING, 0xa0000, PAGE_RING, 0, 0), (u64)ASHLAR_EFAULT,
		    "ring not in RAM");
	check_equal((u64)call(ASHLAR_CALL_PNP_RING, (u64)&page_ring, PAGE_RING, 1, 0),
		    (u64)ASHLAR_EINVAL, "ring with one argument more");
	check_equal((u64)call(ASHLAR_CALL_PNP_QUERY, 0xa0000, 0, 0, 0), (u64)ASHLAR_EFAULT,
		    "query of no RAM");
	check_equal((u64)call(ASHLAR_CALL_PNP_RING, (u64)&page_ring, PAGE_RING, 0, 0), 0, "ring");
	check_equal((u64)call(ASHLAR_CALL_PNP_REGISTER, at, 31, PAGE_RESOLVED_VECTOR, 0),
		    (u64)ASHLAR_EINVAL, "vector 31");
	check_equal((u64)call(ASHLAR_CALL_PNP_REGISTER, at, PAGE_EVENT_VECTOR, 256, 0),
		    (u64)ASHLAR_EINVAL, "vector 256");
	check_equal(
		(u64)call(ASHLAR_CALL_PNP_REGISTER, at, PAGE_EVENT_VECTOR, PAGE_RESOLVED_VECTOR, 2),
		(u64)ASHLAR_EINVAL, "a flag that is not there");
	check_equal((u64)call(ASHLAR_CALL_PNP_REGISTER, ~0ULL - 31, PAGE_EVENT_VECTOR,
			      PAGE_RESOLVED_VECTOR, 0),
		    (u64)ASHLAR_EFAULT, "data at the end of addresses");
	check_equal(
		(u64)call(ASHLAR_CALL_PNP_REGISTER, at, PAGE_EVENT_VECTOR, PAGE_RESOLVED_VECTOR, 0),
		0, "register");
}

/* The guest gets no event, each time for another reason. The page comes all the same. */
static void check_not_told(void)
{
	check_touch(FIRST, 0, "interrupts off");
	__asm__ volatile("mov %0, %%cr8" ::"r"((u64)TPR_HIGHEST));
	x86_sti();
	check_touch(FIRST + PAGE_SIZE, 0, "priority too high");
	x86_cli();
	__asm__ volatile("mov %0, %%cr8" ::"r"(0ULL));
	page_data.inuse = 1;
	x86_sti();
	check_touch(FIRST + 2 * PAGE_SIZE, 0, "structure in use");
	x86_cli();
	page_data.inuse = 0;
}

/* A ring of two has one token. The token is free again after the guest has read its resolution. */
static void check_tokens(void)
{
	page_ring.tail = 0;
	page_events.ring_size = 2;
	check_equal((u64)call(ASHLAR_CALL_PNP_RING, (u64)&page_ring, 2, 0, 0), 0, "ring of 2");
	page_events.keep_tail = true;
	check_told_touch(FIRST, "the only token");
	x86_sti();
	check_touch(FIRST + PAGE_SIZE, 0, "no token");
	x86_cli();
	page_events.keep_tail = false;
	page_ring.tail = page_ring.head;
	check_told_touch(FIRST + 2 * PAGE_SIZE, "a token again");
}

static void touch_poisoned(void *argument)
{
	(void)argument;
	page_touch(POISONED);
}

static void check_failed(void)
{
	x86_sti();
	for (u32 i = 1; i <= 2; i++) {
		check_equal(page_touch(POISONED), PAGE_FAILED_VALUE, "failed page, time %u", i);
		check_equal(page_events.failed, i, "told that it has failed, time %u", i);
	}
	x86_cli();
	check_equal((u64)call(ASHLAR_CALL_PNP_QUERY, POISONED, 0, 0, 0), ASHLAR_PAGE_FAILED,
		    "query of a failed page");
	check_equal((u64)call(ASHLAR_CALL_PNP_REGISTER, (u64)&page_data, PAGE_EVENT_VECTOR,
			      PAGE_RESOLVED_VECTOR, ASHLAR_PNP_MACHINE_CHECK),
		    0, "register for #MC");
	x86_write_cr4(x86_read_cr4() | CR4_MCE);
	check_trap(trap_run(touch_poisoned, NULL), EXC_MC, 0, "failed page, interrupts off");
	check_equal((u64)call(ASHLAR_CALL_PNP_UNREGISTER, 0, 0, 0, 0), 0, "unregister");
}

static struct page_not_present_data other_data __attribute__((aligned(64)));

static void register_there(void *argument)
{
	(void)argument;
	check_equal((u64)call(ASHLAR_CALL_PNP_REGISTER, (u64)&other_data, PAGE_EVENT_VECTOR,
			      PAGE_RESOLVED_VECTOR, 0),
		    0, "register the second CPU");
}

void guest_main(void)
{
	for (u64 page = FIRST; page < FIRST + 4 * MIB; page += PAGE_SIZE)
		*(volatile u64 *)page = pattern(page);
	page_events_init();
	next_state("unregistered");
	check_touch(FIRST, 0, "not registered");
	check_refusals();
	next_state("registered");
	check_equal((u64)call(ASHLAR_CALL_PNP_QUERY, FIRST, 0, 0, 0), ASHLAR_PAGE_ABSENT,
		    "query of an absent page");
	for (u64 i = 0; i < 20; i++)
		check_told_touch(FIRST + i * PAGE_SIZE, "registered");
	check_equal((u64)call(ASHLAR_CALL_PNP_QUERY, FIRST, 0, 0, 0), ASHLAR_PAGE_THERE,
		    "query of a page");
	next_state("not told");
	check_not_told();
	next_state("tokens");
	check_tokens();
	next_state("failed");
	check_failed();
	check_equal(page_events.wrong, 0, "wrong events or resolutions");
	switch (next_state("end")) {
	case 'f': /* no vCPU is registered */
		page_touch(POISONED);
		break;
	case 't': /* the guest claims to have read more than was written */
		call(ASHLAR_CALL_PNP_REGISTER, (u64)&page_data, PAGE_EVENT_VECTOR,
		     PAGE_RESOLVED_VECTOR, 0);
		page_ring.tail = page_ring.head + 1;
		next_state("tail");
		x86_sti();
		page_touch(FIRST);
		break;
	case 'r': /* a CPU that starts again gets no events */
		check_equal(smp_start(), 2, "CPUs");
		smp_run(1, register_there, NULL);
		check(smp_wait(1), "the second CPU has registered");
		next_state("before INIT");
		smp_restart(cpus[1].apic_id);
		next_state("after INIT");
		break;
	}
}
