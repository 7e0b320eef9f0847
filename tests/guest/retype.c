/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes the types of this guest's memory by MTRRs, as SDM 3A "MTRR Considerations in MP
 * Systems" requires, while the other CPUs use the memory. Each byte from the console starts
 * the next state, and the guest prints the state's name. A test checks from outside that
 * the types are those of the state.
 */
#include "lib/guest.h"

enum {
	MTRR_PHYS = 0x200,
	MTRR_FIX16K_80000 = 0x258,
	MTRR_DEF_TYPE = 0x2ff,
	DEF_TYPE_ENABLE = BIT(11),
	PHYS_VALID = BIT(11),
	UC = 0,
	WC = 1,
	WT = 4,
	WP = 5,
	PAGES = 1024, /* the pages that are used begin at FIRST */
	CPUS_MAX = 8,
};
#define FIRST (8 * MIB)

static u64 firmware_def_type;
static volatile u32 end;

/* Each CPU has one word per page, which no other CPU writes. */
struct user {
	u32 index;
	u64 rounds, lost;
};
static struct user users[CPUS_MAX];

static void use(void *argument)
{
	struct user *user = argument;

	for (u64 round = 1; !end; round++) {
		for (u64 page = 0; page < PAGES; page++) {
			volatile u64 *word =
				(volatile u64 *)(FIRST + page * PAGE_SIZE) + user->index;

			user->lost += *word != round - 1;
			*word = round;
		}
		user->rounds = round;
		x86_sti_nop_cli();
	}
}

static void set_caching(bool on)
{
	u64 cr0 = x86_read_cr0();

	x86_write_cr0(on ? cr0 & ~(u64)(CR0_CD | CR0_NW) : cr0 | CR0_CD);
	x86_wbinvd();
}

static u64 range_mask(u64 size)
{
	return (BITS(35, 12) & ~(size - 1)) | PHYS_VALID;
}

/* index: 1 or higher, because range 0 belongs to the firmware. */
static void set_range(u32 index, u64 base, u64 size, u64 type)
{
	x86_wrmsr(MTRR_PHYS + 2 * index, base | type);
	x86_wrmsr(MTRR_PHYS + 2 * index + 1, size ? range_mask(size) : 0);
}

/* The states: some change one register, others several registers while MTRRs are off. */
static void a_page(void)
{
	set_range(1, FIRST + 3 * PAGE_SIZE, PAGE_SIZE, WP);
}

static void two_megabytes(void)
{
	set_caching(false);
	x86_wrmsr(MTRR_DEF_TYPE, firmware_def_type & ~(u64)DEF_TYPE_ENABLE);
	set_range(2, FIRST + 2 * MIB, 2 * MIB, WT);
	x86_wrmsr(MTRR_DEF_TYPE, firmware_def_type);
	set_caching(true);
}

static void below_a_megabyte(void)
{
	x86_wrmsr(MTRR_FIX16K_80000, x86_rdmsr(MTRR_FIX16K_80000) - 6 + WC);
}

static void all_off(void)
{
	x86_wrmsr(MTRR_DEF_TYPE, firmware_def_type & ~(u64)DEF_TYPE_ENABLE);
}

static void as_before(void)
{
	x86_wrmsr(MTRR_FIX16K_80000, x86_rdmsr(MTRR_FIX16K_80000) + 6 - WC);
	set_range(1, 0, 0, UC);
	set_range(2, 0, 0, UC);
	x86_wrmsr(MTRR_DEF_TYPE, firmware_def_type);
}

static void uncached(void)
{
	set_caching(false);
	check_equal(x86_read_cr0() & CR0_CD, CR0_CD, "CR0.CD is what was written");
}

static void cached(void)
{
	set_caching(true);
	check_equal(x86_read_cr0() & CR0_CD, 0, "CR0.CD is clear again");
}

static void report(u32 count)
{
	for (u32 i = 1; i < count; i++) {
		check(smp_wait(i), "cpu %u: comes to an end", i);
		check(users[i].rounds > 0, "cpu %u: has used memory", i);
		check_equal(users[i].lost, 0, "cpu %u: words lost", i);
	}
}

void guest_main(void)
{
	static void (*const states[])(void) = {
		a_page, two_megabytes, below_a_megabyte, all_off, as_before, uncached, cached};
	u32 count = smp_start();

	firmware_def_type = x86_rdmsr(MTRR_DEF_TYPE);
	check_equal(firmware_def_type, 0xc06, "IA32_MTRR_DEF_TYPE");
	for (u32 i = 1; i < count; i++) {
		users[i].index = i;
		smp_run(i, use, &users[i]);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
		print("RETYPE state %u\n", i);
		(void)input_read();
		states[i]();
	}
	print("RETYPE state %u\n", (unsigned)ARRAY_SIZE(states));
	(void)input_read();
	end = 1;
	report(count);
}
