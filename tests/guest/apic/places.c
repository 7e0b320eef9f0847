/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address of the registers, for each CPU, and what the other CPUs find at that address:
 * RAM, or nothing. SDM 3A "Relocating the Local APIC Registers", "x2APIC State Transitions"
 * (in x2APIC mode there is no page).
 */
#include "apic/suite.h"

enum {
	NOTHING = 0xffffffff,	/* the value of an unused address */
	ELSEWHERE = 0xfea00000, /* in a hole of the address map */
	WORDS = PAGE_SIZE / 4,
};

static volatile u32 ram[2][WORDS] __attribute__((aligned(PAGE_SIZE)));

static u32 pattern(u32 page, u32 word)
{
	return 0xa5000000 | page << 16 | word;
}

static void fill(void)
{
	for (u32 page = 0; page < 2; page++)
		for (u32 word = 0; word < WORDS; word++)
			ram[page][word] = pattern(page, word);
}

struct look {
	u64 page;
	u32 offset, value;
};

static volatile u32 *place(u64 page, u32 offset)
{
	return (volatile u32 *)(page + offset);
}

static void look(void *argument)
{
	struct look *at = argument;

	at->value = *place(at->page, at->offset);
}

static u32 read_on(u32 cpu, u64 page, u32 offset)
{
	struct look at = {page, offset, 0};

	suite_on(cpu, look, &at);
	return at.value;
}

static void store(void *argument)
{
	struct look *at = argument;

	*place(at->page, at->offset) = at->value;
}

static void write_on(u32 cpu, u64 page, u32 offset, u32 value)
{
	struct look at = {page, offset, value};

	suite_on(cpu, store, &at);
}

static void move(void *page)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE) & BITS(11, 0);

	x86_wrmsr(MSR_APIC_BASE, (u64)page | base);
}

static void move_on(u32 cpu, u64 page)
{
	suite_on(cpu, move, (void *)page);
}

static void set_mode(void *bits)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE) & ~(u64)(APIC_BASE_ENABLE | APIC_BASE_X2APIC);

	x86_wrmsr(MSR_APIC_BASE, base | (u64)bits);
}

static void set_mode_on(u32 cpu, u64 bits)
{
	suite_on(cpu, set_mode, (void *)bits);
}

static bool is_version(u32 value)
{
	return value != NOTHING && (value & 0xff) >= 0x10 && (value & 0xff) < 0x20;
}

/* Checks that cpu's registers are at `page` and can be written. */
static void check_registers(u32 cpu, u64 page, const char *when)
{
	u32 tpr;

	check(is_version(read_on(cpu, page, APIC_VERSION)), "cpu %u's registers %s", cpu, when);
	write_on(cpu, page, APIC_TPR, 0x10);
	tpr = read_on(cpu, page, APIC_TPR);
	write_on(cpu, page, APIC_TPR, 0);
	check_equal(tpr, 0x10, "cpu %u's TPR %s", cpu, when);
}

static void check_nothing(u32 cpu, u64 page, const char *when)
{
	check_equal(read_on(cpu, page, APIC_VERSION), NOTHING, "cpu %u reads nothing %s", cpu,
		    when);
	write_on(cpu, page, APIC_TPR, 0x77);
	check_equal(read_on(cpu, page, APIC_TPR), NOTHING, "cpu %u's write is lost %s", cpu, when);
}

/*
 * Checks that all of the page is RAM for cpu, including the words that are registers in an
 * APIC page.
 */
static void check_ram(u32 cpu, u32 page, const char *when)
{
	u64 at = (u64)ram[page];
	u32 wrong = 0;

	for (u32 word = 0; word < WORDS; word += 4)
		wrong += read_on(cpu, at, word * 4) != pattern(page, word);
	check_equal(wrong, 0, "cpu %u finds its RAM %s", cpu, when);
	write_on(cpu, at, APIC_TPR, 0xcafe);
	check_equal(read_on(cpu, at, APIC_TPR), 0xcafe, "cpu %u can write its RAM %s", cpu, when);
	write_on(cpu, at, APIC_TPR, pattern(page, APIC_TPR / 4));
}

/*
 * One CPU moves its registers. Another CPU finds its own at the old address, and RAM at the
 * new address of the first's
 */
static void check_one_moves(u32 mover, u32 other)
{
	u64 at = (u64)ram[0];

	move_on(mover, ELSEWHERE);
	check_registers(mover, ELSEWHERE, "in a hole");
	check_nothing(mover, APIC_ADDRESS, "at the address it left for a hole");
	move_on(mover, at);
	check_registers(mover, at, "over RAM");
	check_nothing(mover, ELSEWHERE, "in the hole it left");
	check_nothing(mover, APIC_ADDRESS, "at the default address, having moved over RAM");
	check_equal(read_on(mover, (u64)ram[1], 0), pattern(1, 0),
		    "the page behind cpu %u's registers is RAM", mover);
	if (other != mover) {
		check_ram(other, 0, "where another CPU has its registers");
		check_registers(other, APIC_ADDRESS, "where they were");
		write_on(other, at, 0x40, 0x12345678);
	}
	move_on(mover, (u64)ram[1]);
	check_registers(mover, (u64)ram[1], "over other RAM");
	if (other != mover) {
		check_equal(read_on(mover, at, 0x40), 0x12345678,
			    "what another CPU wrote to RAM behind the registers");
		write_on(other, at, 0x40, pattern(0, 0x40 / 4));
	}
	check_ram(mover, 0, "when its registers have left");
	move_on(mover, APIC_ADDRESS);
	check_ram(mover, 1, "when its registers are back");
	check_registers(mover, APIC_ADDRESS, "back at the default address");
}

/* Two CPUs move to different pages of RAM, and then both to the same page. */
static void check_both_move(u32 one, u32 other)
{
	move_on(one, (u64)ram[0]);
	move_on(other, (u64)ram[1]);
	check_registers(one, (u64)ram[0], "over its page, another's over the next");
	check_registers(other, (u64)ram[1], "over the next page");
	check_ram(one, 1, "where the other has its registers");
	check_ram(other, 0, "where the first has its registers");
	move_on(other, (u64)ram[0]);
	check_registers(one, (u64)ram[0], "over a page they share");
	check_registers(other, (u64)ram[0], "over a page they share");
	check_ram(one, 1, "which the other has left");
	write_on(one, (u64)ram[0], APIC_TPR, 0x20);
	check_equal(read_on(other, (u64)ram[0], APIC_TPR), 0, "each has its own TPR there");
	write_on(one, (u64)ram[0], APIC_TPR, 0);
	move_on(one, APIC_ADDRESS);
	check_ram(one, 0, "where only the other is now");
	check_registers(other, (u64)ram[0], "when the first has gone");
	move_on(other, APIC_ADDRESS);
}

/* Interrupts work from a moved page. */
static void check_interrupts(void)
{
	volatile u32 *at = place((u64)ram[0], 0);
	u32 pending;

	x86_cli();
	seen_clear();
	move((void *)(u64)ram[0]);
	at[APIC_ICR / 4] = 0x66 | ICR_SELF | ICR_ASSERT;
	pending = at[(APIC_IRR + 0x30) / 4];
	move((void *)(u64)APIC_ADDRESS);
	check_equal(pending, BIT(6), "a self IPI from registers over RAM waits");
	seen_check(0x66, 1, "xAPIC", "self IPI from registers over RAM");
}

/*
 * While the APIC is off or in x2APIC mode, a CPU has no page: it finds RAM or nothing at
 * the address.
 */
static void check_no_ghost(u32 cpu, u32 other, bool x2apic, const char *mode)
{
	u64 off = x2apic ? APIC_BASE_ENABLE | APIC_BASE_X2APIC : 0;

	set_mode_on(cpu, 0);
	set_mode_on(cpu, APIC_BASE_ENABLE);
	check_registers(cpu, APIC_ADDRESS, "before it changes mode");
	set_mode_on(cpu, off);
	check_nothing(cpu, APIC_ADDRESS, mode);
	if (other != cpu)
		check_registers(other, APIC_ADDRESS, "while another has no page");
	set_mode_on(cpu, 0);
	set_mode_on(cpu, APIC_BASE_ENABLE);
	move_on(cpu, (u64)ram[0]);
	check_registers(cpu, (u64)ram[0], "over RAM before it changes mode");
	set_mode_on(cpu, off);
	check_ram(cpu, 0, mode);
	check_nothing(cpu, APIC_ADDRESS, mode);
	set_mode_on(cpu, 0);
	check_ram(cpu, 0, "once it is off");
	set_mode_on(cpu, APIC_BASE_ENABLE);
	check_registers(cpu, (u64)ram[0], "over RAM, when it is back in xAPIC mode");
	move_on(cpu, APIC_ADDRESS);
}

void apic_test_places(void)
{
	u32 last = suite_cpus - 1;

	fill();
	check_one_moves(0, last);
	check_interrupts();
	check_no_ghost(0, last, false, "while its APIC is off");
	if (last) {
		check_one_moves(last, 0);
		check_both_move(0, last);
		check_no_ghost(last, 0, false, "while its APIC is off");
	}
	suite_set_x2apic(false);
	if (!machine.x2apic)
		return skip("no x2APIC", "the page in x2APIC mode");
	check_no_ghost(0, last, true, "in x2APIC mode");
	if (last)
		check_no_ghost(last, 0, true, "in x2APIC mode");
	suite_set_x2apic(false);
}
