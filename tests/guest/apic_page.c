/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moves the first CPU's APIC registers over RAM, and away again. A test reads the nested
 * tables from outside at each step. The guest announces each step and waits for a key.
 */
#include "lib/guest.h"

enum { COM1 = 0x3f8, LINE_STATUS = COM1 + 5, DATA_READY = BIT(0), APIC_DEFAULT = 0xfee00000 };

static u8 page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE))) = "ASHLAR-BEHIND-APIC";

static void step(const char *what)
{
	print("STEP %s %llx\n", what, (u64)page);
	while (!(x86_in8(LINE_STATUS) & DATA_READY))
		x86_pause();
	x86_in8(COM1);
}

static void set_base(u64 address, u64 bits)
{
	x86_wrmsr(MSR_APIC_BASE, address | APIC_BASE_BSP | bits);
}

void guest_main(void)
{
	u32 count = smp_start();

	check_equal(count, machine.cpus, "CPUs that came up");
	step("default");
	set_base((u64)page, APIC_BASE_ENABLE);
	check_equal(*(volatile u32 *)(page + APIC_VERSION) & 0xff, 0x14, "registers over RAM");
	step("moved");
	set_base((u64)page, APIC_BASE_ENABLE | APIC_BASE_X2APIC);
	check_equal(page[0], 'A', "RAM in x2APIC mode");
	step("x2apic");
	set_base((u64)page, 0);
	set_base((u64)page, APIC_BASE_ENABLE);
	step("again");
	set_base((u64)page, 0);
	step("off");
	set_base(APIC_DEFAULT, 0);
	set_base(APIC_DEFAULT, APIC_BASE_ENABLE);
	step("back");
}
