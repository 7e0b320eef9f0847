/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses memory-mapped registers with every kind of instruction (mmio.asm), and across pages. */
#include "lib/guest.h"

enum {
	REG0 = 0x11223344, /* also in mmio.asm */
	MEM0 = 0x55667788,
	IOAPIC_ENTRY_LOW = 0x10 + 2 * 21,
};

#define HOLE 0xfed80000ULL

struct mmio_case {
	const char *name;
	u64 (*code)(volatile u32 *reg, u32 *mem);
	u32 result, reg, mem, reserved;
};

extern const struct mmio_case mmio_cases[];
extern const u32 mmio_case_count;

u64 mmio_hole_byte(const void *), mmio_hole_byte_signed(const void *), mmio_hole_word(const void *);
u64 mmio_hole_qword(const void *), mmio_hole_high(const void *);
u64 mmio_hole_push(const void *);

/*
 * The timer's initial count: 32 bits that keep their value. The timer is masked, so writes
 * have no other effect.
 */
static volatile u32 *const reg = (volatile u32 *)(APIC_ADDRESS + (u64)APIC_TIMER_INITIAL);

/*
 * The memory operand and the register have the same offset in their pages, so that a mix-up
 * of the two shows.
 */
static void check_case(const struct mmio_case *row)
{
	static u8 page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
	u32 *mem = (u32 *)(page + APIC_TIMER_INITIAL);
	u64 result;

	*reg = REG0;
	*mem = MEM0;
	result = row->code(reg, mem);
	check_equal((u32)result, row->result, "%s: result", row->name);
	check_equal(*reg, row->reg, "%s: register", row->name);
	check_equal(*mem, row->mem, "%s: memory", row->name);
}

static void check_hole_sizes(void)
{
	const void *hole = window_map(0, HOLE, PTE_P | PTE_W);

	if (!machine.ashlar)
		return skip("not under Ashlar", "sizes of accesses to nothing");
	check_equal(mmio_hole_byte(hole), 0xff, "MOVZX byte");
	check_equal(mmio_hole_byte_signed(hole), ~0ULL, "MOVSX byte");
	check_equal(mmio_hole_word(hole), 0xffff, "MOVZX word");
	check_equal(mmio_hole_qword(hole), ~0ULL, "MOV of 64 bits");
	check_equal(mmio_hole_high(hole), 0x1234ff56, "MOV to AH");
	check_equal(mmio_hole_push(hole), ~0ULL, "PUSH of 64 bits");
}

/* The access covers two bytes of memory and two bytes of an unused page. */
static void check_crossing(void)
{
	static volatile u8 page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
	volatile u8 *at = window_map(1, (u64)page, PTE_P | PTE_W);
	u32 value;

	window_map(2, HOLE, PTE_P | PTE_W);
	page[PAGE_SIZE - 2] = 0x34;
	page[PAGE_SIZE - 1] = 0x12;
	value = *(volatile u32 *)(at + PAGE_SIZE - 2);
	check_equal(value & 0xffff, 0x1234, "a read across two pages: memory's half");
	if (machine.ashlar)
		check_equal(value >> 16, 0xffff, "a read across two pages: the other half");
	*(volatile u32 *)(at + PAGE_SIZE - 2) = 0xaabbccdd;
	check_equal(page[PAGE_SIZE - 2] | page[PAGE_SIZE - 1] << 8, 0xccdd,
		    "a write across two pages: memory's half");

	window_map(1, HOLE, PTE_P | PTE_W);
	window_map(2, (u64)page, PTE_P | PTE_W);
	*(volatile u32 *)(at + PAGE_SIZE - 2) = 0xaabbccdd;
	check_equal(page[0] | page[1] << 8, 0xaabb, "a write across two pages, memory behind");
	value = *(volatile u32 *)(at + PAGE_SIZE - 2);
	check_equal(value >> 16, 0xaabb, "a read across two pages, memory behind");
}

/* The instruction crosses two pages, and its operand is a device's register. */
static void check_code_crossing(void)
{
	static u8 code[2 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
	static const u8 load_and_return[] = {0x8b, 0x07, 0xc3}; /* mov eax, [rdi]; ret */
	u8 *at = code + PAGE_SIZE - 1;
	u32 (*run)(volatile u32 *) = (u32(*)(volatile u32 *))(u64)at;

	memcpy(at, load_and_return, sizeof(load_and_return));
	*reg = REG0;
	check_equal(run(reg), REG0, "an instruction across two pages");
}

static void check_ioapic(void)
{
	if (!machine.ioapic)
		return skip("no IOAPIC in the MADT", "IOAPIC");
	for (u32 i = 0; i < 8; i++) {
		u32 value = LVT_MASKED | 0x30 | i;

		ioapic_write(IOAPIC_ENTRY_LOW, value);
		check_equal(ioapic_read(IOAPIC_ENTRY_LOW), value, "IOAPIC entry keeps 0x%x", value);
	}
	ioapic_write(IOAPIC_ENTRY_LOW, LVT_MASKED);
}

void guest_main(void)
{
	apic_write(APIC_LVT_TIMER, LVT_MASKED);
	for (u32 i = 0; i < mmio_case_count; i++)
		check_case(&mmio_cases[i]);
	check_hole_sizes();
	check_crossing();
	check_code_crossing();
	check_ioapic();
	*reg = 0;
}
