/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each CPU writes its own values into the registers that no exit touches, and compares them
 * again and again. The values must stay the same when a vCPU moves to another physical CPU.
 * The first byte from the console starts all CPUs but the first, the second byte ends the
 * test.
 */
#include "lib/guest.h"

enum {
	CPUS = 3,
	MSR_STAR = (int)0xc0000081, /* and LSTAR, CSTAR, SFMASK */
	MSR_KERNEL_GS_BASE = (int)0xc0000102,
};

void travel_load(const u8 values[256]);
void travel_store(u8 values[256]);

struct traveller {
	u8 xmm[256];
	u64 word; /* the base of all other values */
	u64 rounds;
	u64 wrong_xmm, wrong_dr, wrong_msr, wrong_cr2, wrong_tsc;
};

static struct traveller travellers[CPUS];
static volatile u32 end;

static u32 msr_at(unsigned index)
{
	return index < 4 ? (u32)MSR_STAR + index : (u32)MSR_KERNEL_GS_BASE;
}

static u64 msr_value(const struct traveller *t, unsigned index)
{
	return index == 3 ? t->word & BITS(31, 0) : t->word + index; /* SFMASK has 32 bits */
}

static void pack(struct traveller *t)
{
	travel_load(t->xmm);
	for (unsigned i = 0; i < 4; i++)
		x86_write_dr(i, t->word + i);
	for (unsigned i = 0; i < 5; i++)
		x86_wrmsr(msr_at(i), msr_value(t, i));
	x86_write_cr2(t->word);
}

static void look(struct traveller *t)
{
	u8 xmm[sizeof(t->xmm)];

	travel_store(xmm);
	t->wrong_xmm += memcmp(xmm, t->xmm, sizeof(xmm)) != 0;
	for (unsigned i = 0; i < 4; i++)
		t->wrong_dr += x86_read_dr(i) != t->word + i;
	for (unsigned i = 0; i < 5; i++)
		t->wrong_msr += x86_rdmsr(msr_at(i)) != msr_value(t, i);
	t->wrong_cr2 += x86_read_cr2() != t->word;
}

/*
 * Interrupts are off during each comparison, because a handler could use the registers. IF
 * is set from time to time because of Bochs (docs/errata.md).
 */
static void travel(void *argument)
{
	struct traveller *t = argument;
	u64 last = 0;

	pack(t);
	for (; !end; t->rounds++) {
		u64 now = x86_rdtsc();

		t->wrong_tsc += now < last;
		last = now;
		look(t);
		x86_sti_nop_cli();
		if (t == travellers && input_waits())
			end = 1;
	}
}

static void report(u32 index)
{
	const struct traveller *t = &travellers[index];

	check(t->rounds > 0, "cpu %u: has travelled", index);
	check_equal(t->wrong_xmm, 0, "cpu %u: SSE registers changed", index);
	check_equal(t->wrong_dr, 0, "cpu %u: debug registers changed", index);
	check_equal(t->wrong_msr, 0, "cpu %u: SYSCALL MSRs changed", index);
	check_equal(t->wrong_cr2, 0, "cpu %u: CR2 changed", index);
	check_equal(t->wrong_tsc, 0, "cpu %u: TSC goes back", index);
}

void guest_main(void)
{
	u32 count;

	print("TRAVEL waits\n");
	(void)input_read();
	count = smp_start();
	check_equal(count, CPUS, "all CPUs start");
	for (u32 i = 0; i < count; i++) {
		travellers[i].word = 0x10002000 * (u64)(i + 1);
		for (unsigned byte = 0; byte < sizeof(travellers[i].xmm); byte++)
			travellers[i].xmm[byte] = (u8)(byte + 100 * i);
		if (i > 0)
			smp_run(i, travel, &travellers[i]);
	}
	print("TRAVEL begins\n");
	travel(&travellers[0]);
	for (u32 i = 0; i < count; i++) {
		check(i == 0 || smp_wait(i), "cpu %u: comes to an end", i);
		report(i);
	}
}
