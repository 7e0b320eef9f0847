/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The xAPIC page: which accesses reach registers, and which are errors. SDM 3A "Local APIC
 * Register Address Map", "Error Handling".
 */
#include "apic/suite.h"

enum { PAGE_REGISTERS = 0x100, ERROR_VECTOR = 0xb1 };

static volatile u8 *at(u32 offset)
{
	return (volatile u8 *)(u64)APIC_ADDRESS + offset;
}

static bool is_register(u32 offset)
{
	static const u16 single[] = {
		APIC_ID,	   APIC_VERSION,       APIC_TPR,
		APIC_APR,	   APIC_PPR,	       APIC_EOI,
		APIC_RRD,	   APIC_LDR,	       APIC_DFR,
		APIC_SVR,	   APIC_ESR,	       APIC_ICR,
		APIC_ICR_HIGH,	   APIC_LVT_TIMER,     APIC_LVT_THERMAL,
		APIC_LVT_PERF,	   APIC_LVT_LINT0,     APIC_LVT_LINT1,
		APIC_LVT_ERROR,	   APIC_TIMER_INITIAL, APIC_TIMER_CURRENT,
		APIC_TIMER_DIVIDE,
	};

	for (u32 i = 0; i < ARRAY_SIZE(single); i++)
		if (single[i] == offset)
			return true;
	return offset >= APIC_ISR && offset < APIC_IRR + 0x80;
}

/* A slot without a register is an illegal register address, read or written. */
static void check_holes(void)
{
	u32 wrong_reads[16] = {0}, wrong_writes[16] = {0};

	suite_errors();
	for (u32 i = 0; i < PAGE_REGISTERS; i++) {
		bool hole = !is_register(i * 16);

		apic_read((enum apic_register)(i * 16));
		if (!!(suite_errors() & ESR_ILLEGAL_REGISTER) != hole)
			wrong_reads[i / 16] |= 1u << i % 16;
		if (!hole)
			continue;
		apic_write((enum apic_register)(i * 16), 0);
		if (suite_errors() != ESR_ILLEGAL_REGISTER)
			wrong_writes[i / 16] |= 1u << i % 16;
	}
	for (u32 i = 0; i < 16; i++) {
		check_equal(wrong_reads[i], 0, "ESR after reads of %x00 to %xff", i, i);
		check_equal(wrong_writes[i], 0, "ESR after writes to holes from %x00 to %xff", i,
			    i);
	}
}

/*
 * SDM 3A: the error interrupt comes with the first error. The ESR shows the errors that a
 * write has latched.
 */
static void check_error_interrupt(void)
{
	seen_clear();
	suite_errors();
	apic_write(APIC_LVT_ERROR, ERROR_VECTOR);
	apic_read((enum apic_register)0x3f0);
	check_equal(apic_read(APIC_ESR), 0, "ESR before it is written");
	seen_check(ERROR_VECTOR, 1, "xAPIC", "error interrupt");
	check_equal(suite_errors(), ESR_ILLEGAL_REGISTER, "ESR once it was written");
	check_equal(suite_errors(), 0, "ESR written again");
	apic_write(APIC_LVT_ERROR, LVT_MASKED);
	apic_read((enum apic_register)0x3f0);
	seen_clear();
	seen_check(ERROR_VECTOR, 0, "xAPIC", "masked error interrupt");
	suite_errors();
}

/* 32-bit accesses at 16-byte boundaries reach registers. Other accesses to the page do no harm. */
static void check_widths(void)
{
	apic_write(APIC_TPR, 0x35);
	check_equal(*(volatile u32 *)at(APIC_TPR), 0x35, "TPR read with 32 bits");
	check_equal(*(volatile u8 *)at(APIC_TPR), 0x35, "TPR read with 8 bits");
	check_equal(*(volatile u16 *)at(APIC_TPR), 0x35, "TPR read with 16 bits");
	check_equal((u32) * (volatile u64 *)at(APIC_TPR), 0x35, "TPR read with 64 bits");
	check_equal(apic_read(APIC_TPR), 0x35, "TPR after all that");
	apic_write(APIC_LDR, 0x12000000);
	check_equal(*at(APIC_LDR + 3), 0x12, "LDR's top byte read by itself");
	apic_write(APIC_TPR, 0);
}

/* Instructions other than MOV that the manual allows on the page. */
static void check_instructions(void)
{
	volatile u32 *tpr = (volatile u32 *)at(APIC_TPR);
	u32 old = 0x21;

	*tpr = 0x20;
	__asm__ volatile("orl $0x13, %0" : "+m"(*tpr));
	check_equal(*tpr, 0x33, "OR on TPR");
	__asm__ volatile("xchgl %1, %0" : "+m"(*tpr), "+r"(old));
	check_equal(old, 0x33, "XCHG with TPR gives the old value");
	check_equal(*tpr, 0x21, "XCHG with TPR sets the new one");
	__asm__ volatile("andl $0xf0, %0" : "+m"(*tpr));
	check_equal(*tpr, 0x20, "AND on TPR");
	__asm__ volatile("cmpl $0x20, %0; setz %b1" : "+m"(*tpr), "=q"(old));
	check_equal(old & 1, 1, "CMP with TPR");
	*tpr = 0;
}

/* SDM 3A "Local APIC ID": in xAPIC mode the ID may be written, and messages use the written ID. */
static void check_id(void)
{
	u32 old = apic_read(APIC_ID);

	apic_write(APIC_ID, 0x5a123456);
	check_equal(apic_read(APIC_ID), 0x5a000000, "ID is writable, its low 24 bits are not");
	check_equal(x86_cpuid(1, 0).ebx >> 24, old >> 24,
		    "CPUID tells the initial ID all the same");
	seen_clear();
	apic_send(0x5a, 0x71 | ICR_ASSERT);
	seen_check(0x71, 1, "xAPIC", "to the ID that was written");
	seen_clear();
	apic_send(old >> 24, 0x72 | ICR_ASSERT);
	seen_check(0x72, 0, "xAPIC", "to the ID that was");
	apic_write(APIC_ID, old);
}

void apic_test_page(void)
{
	check_holes();
	check_error_interrupt();
	check_widths();
	check_instructions();
	check_id();
	suite_reset_apic(NULL);
}
