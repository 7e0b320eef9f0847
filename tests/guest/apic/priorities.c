/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TPR, CR8, PPR, IRR, ISR and EOI. SDM 3A "Task and Processor Priorities", "Interrupt
 * Acceptance for Fixed Interrupts", "Signaling Interrupt Servicing Completion", "Interrupt
 * Command Register". Interrupts are off between the steps.
 */
#include "apic/suite.h"

static void send_self(u32 vector)
{
	apic_send(0, vector | ICR_SELF | ICR_ASSERT);
}

static bool bit_in(u32 registers, u32 vector)
{
	return apic_read((enum apic_register)(registers + vector / 32 * 0x10)) & BIT(vector % 32);
}

/* Delivers every pending interrupt above the TPR. */
static void open_and_close(void)
{
	x86_sti();
	timer_delay_us(200);
	x86_cli();
}

/* Ends all interrupts that are in service or pending. */
static void drain(void)
{
	seen_hold(false);
	for (u32 i = 0; i < 256; i++)
		apic_eoi();
	apic_write(APIC_TPR, 0);
	open_and_close();
	for (u32 i = 0; i < 8; i++)
		apic_eoi();
	seen_clear();
}

static void check_tpr_and_cr8(void)
{
	u64 bad = 0, back = 0;

	for (u64 value = 0; value < 16; value++) {
		x86_write_cr8(value);
		bad |= apic_read(APIC_TPR) != value << 4 ? BIT(value) : 0;
		apic_write(APIC_TPR, (u32)value << 4 | 9);
		back |= x86_read_cr8() != value ? BIT(value) : 0;
	}
	check_equal(bad, 0, "%s: values of CR8 that TPR does not show", suite_mode());
	check_equal(back, 0, "%s: values of TPR that CR8 does not show", suite_mode());
	apic_write(APIC_TPR, 0x5f);
	check_equal(apic_read(APIC_TPR), 0x5f, "%s: TPR keeps its sub-class", suite_mode());
	check_equal(apic_read(APIC_PPR), 0x5f, "%s: PPR is TPR while nothing is in service",
		    suite_mode());
	x86_write_cr8(0);
}

static void write_bad_cr8(void *value)
{
	x86_write_cr8((u64)value);
}

static void check_cr8_reserved(void)
{
	u64 taken = 0;

	for (u32 bit = 4; bit < 64; bit++)
		if (trap_run(write_bad_cr8, (void *)BIT(bit)).vector != EXC_GP)
			taken |= BIT(bit);
	check_equal(taken, 0, "reserved bits of CR8 that do not fault");
	check_equal(x86_read_cr8(), 0, "CR8 after writes that fault");
}

/* Checks every vector in turn: first its IRR bit is set, then its ISR bit, and then neither. */
static void check_all_vectors(void)
{
	u32 not_irr = 0, not_isr = 0, not_ended = 0, bad_ppr = 0;

	seen_hold(true);
	for (u32 vector = VECTOR_FIRST; vector <= VECTOR_LAST; vector++) {
		send_self(vector);
		not_irr += !bit_in(APIC_IRR, vector) || bit_in(APIC_ISR, vector);
		open_and_close();
		not_isr += bit_in(APIC_IRR, vector) || !bit_in(APIC_ISR, vector);
		bad_ppr += apic_read(APIC_PPR) != (vector & 0xf0);
		apic_eoi();
		not_ended += bit_in(APIC_ISR, vector);
	}
	check_equal(not_irr, 0, "%s: vectors that do not wait in IRR", suite_mode());
	check_equal(not_isr, 0, "%s: vectors that are not in ISR while served", suite_mode());
	check_equal(bad_ppr, 0, "%s: vectors whose class PPR does not show", suite_mode());
	check_equal(not_ended, 0, "%s: vectors that EOI leaves in ISR", suite_mode());
	check_equal(apic_read(APIC_PPR), 0, "%s: PPR when all is served", suite_mode());
	drain();
}

struct ppr_row {
	u8 tpr, in_service, ppr;
	bool next; /* is vector 0x82 then delivered? */
};

/*
 * SDM 3A "Processor Priority Register (PPR)": the higher class, and TPR's
 * sub-class if the class is TPR's.
 */
static const struct ppr_row ppr_rows[] = {
	{0x00, 0x00, 0x00, true},  {0x7f, 0x00, 0x7f, true},  {0x80, 0x00, 0x80, false},
	{0x8f, 0x00, 0x8f, false}, {0x90, 0x00, 0x90, false}, {0x00, 0x71, 0x70, true},
	{0x00, 0x81, 0x80, false}, {0x00, 0x83, 0x80, false}, {0x00, 0x95, 0x90, false},
	{0x73, 0x71, 0x73, true},  {0x61, 0x75, 0x70, true},  {0x85, 0x71, 0x85, false},
	{0xff, 0x71, 0xff, false},
};

static void check_ppr_row(const struct ppr_row *row)
{
	seen_hold(true);
	if (row->in_service) {
		send_self(row->in_service);
		open_and_close();
	}
	apic_write(APIC_TPR, row->tpr);
	check_equal(apic_read(APIC_PPR), row->ppr, "%s: PPR for TPR %02x and %02x in service",
		    suite_mode(), row->tpr, row->in_service);
	send_self(0x82);
	open_and_close();
	check_equal(seen_count(cpu_this()->index, 0x82), row->next,
		    "%s: TPR %02x, %02x in service: does 82 get in", suite_mode(), row->tpr,
		    row->in_service);
	drain();
}

/* Of pending interrupts the highest comes first. EOI ends the highest of nested interrupts. */
static void check_order(void)
{
	static const u8 sent[] = {0x45, 0xa1, 0x33, 0xa7, 0xc2, 0x46};
	static const u8 want[] = {0xc2, 0xa7, 0xa1, 0x46, 0x45, 0x33};

	seen_clear();
	for (u32 i = 0; i < ARRAY_SIZE(sent); i++)
		send_self(sent[i]);
	open_and_close();
	for (u32 i = 0; i < ARRAY_SIZE(want); i++)
		check_equal(seen_order(i), want[i], "%s: pending vector number %u", suite_mode(),
			    i);
	drain();
	seen_hold(true);
	send_self(0x45);
	open_and_close();
	send_self(0xa1);
	open_and_close();
	check(bit_in(APIC_ISR, 0x45) && bit_in(APIC_ISR, 0xa1), "%s: two are in service",
	      suite_mode());
	apic_eoi();
	check(bit_in(APIC_ISR, 0x45) && !bit_in(APIC_ISR, 0xa1), "%s: EOI ends the higher",
	      suite_mode());
	apic_eoi();
	check(!bit_in(APIC_ISR, 0x45), "%s: the next EOI ends the other", suite_mode());
	drain();
}

/*
 * Two messages for one vector that waits become one interrupt. A message for a vector in
 * service waits.
 */
static void check_merging(void)
{
	seen_clear();
	send_self(0x91);
	send_self(0x91);
	open_and_close();
	check_equal(seen_count(0, 0x91), 1, "%s: a vector that is pending merges", suite_mode());
	seen_clear();
	seen_hold(true);
	send_self(0x91);
	open_and_close();
	send_self(0x91);
	check(bit_in(APIC_ISR, 0x91) && bit_in(APIC_IRR, 0x91),
	      "%s: in service and pending at once", suite_mode());
	apic_eoi();
	open_and_close();
	check_equal(seen_count(0, 0x91), 2, "%s: it comes a second time", suite_mode());
	drain();
}

/* An interrupt that TPR held back is delivered as soon as CR8 is lowered. */
static void check_cr8_opens(void)
{
	seen_clear();
	x86_write_cr8(9);
	send_self(0x9f);
	send_self(0xa0);
	open_and_close();
	check_equal(seen_count(0, 0xa0), 1, "%s: CR8 9 lets class 10 in", suite_mode());
	check_equal(seen_count(0, 0x9f), 0, "%s: and not class 9", suite_mode());
	x86_sti();
	x86_write_cr8(8);
	x86_pause();
	x86_pause();
	x86_cli();
	check_equal(seen_count(0, 0x9f), 1, "%s: CR8 8 lets it in", suite_mode());
	drain();
}

static void check_here(void)
{
	drain();
	check_tpr_and_cr8();
	check_cr8_reserved();
	check_all_vectors();
	for (u32 i = 0; i < ARRAY_SIZE(ppr_rows); i++)
		check_ppr_row(&ppr_rows[i]);
	check_order();
	check_merging();
	check_cr8_opens();
}

void apic_test_priorities(void)
{
	check_here();
	if (!machine.x2apic)
		return skip("no x2APIC", "priorities in x2APIC mode");
	apic_set_x2apic(true);
	check_here();
	suite_reset_apic(NULL);
}
