/* SPDX-License-Identifier: BSD-2-Clause */
/* The model together with hardware that works on its page: a guest sees no difference. */
#include <string.h>

#include "tests/unit/vlapic_rig.h"

/* The actions of hardware: stores, and exits. */
static void hardware_writes(u32 offset, u32 value)
{
	vlapic_regs_save(&v);
	v.regs[offset / 4] = value;
	vlapic_regs_finish_write(&v, offset, now, &fx);
}

static void set_vector(u32 base, u8 vector, bool on)
{
	u32 *word = &v.regs[(base + vector / 32U * 0x10) / 4];

	*word = on ? *word | 1U << vector % 32 : *word & ~(1U << vector % 32);
}

/* SDM 3C "Virtual-Interrupt Delivery": RVI's vector leaves VIRR and enters VISR. */
static void hardware_delivers(u8 vector)
{
	set_vector(APIC_REG_IRR, vector, false);
	set_vector(APIC_REG_ISR, vector, true);
}

/*
 * Each register is written once through hardware and once without it: pages and effects are
 * the same.
 */
static void writes_mean_the_same(void **state)
{
	static const struct {
		u16 offset;
		u32 value;
	} writes[] = {
		{APIC_REG_ID, 0x07000000},    {APIC_REG_LDR, 0x02000000},
		{APIC_REG_LDR, 0xffffffff},   {APIC_REG_DFR, 0x0fffffff},
		{APIC_REG_SVR, 0xff},	      {APIC_REG_SVR, ~0U},
		{APIC_REG_ESR, 0xff},	      {APIC_REG_LVT_TIMER, ~0U},
		{APIC_REG_LVT_LINT0, ~0U},    {APIC_REG_LVT_LINT1, 0x400},
		{APIC_REG_LVT_ERROR, 0x33},   {APIC_REG_LVT_PERF, ~0U},
		{APIC_REG_LVT_THERMAL, ~0U},  {APIC_REG_TIMER_INITIAL, 5000},
		{APIC_REG_TIMER_DIVIDE, ~0U}, {APIC_REG_RRD, 0x12345678},
		{APIC_REG_EOI, 0x12345678},   {APIC_REG_ICR, 0x000c4041},
		{APIC_REG_ICR, 0x00004005},
	};
	static struct vlapic without;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		struct vlapic_effects fx_without;

		fresh();
		wr(APIC_REG_LVT_TIMER, 0x20044);
		wr(APIC_REG_TIMER_INITIAL, 1000);
		wr(0x40, 0); /* a reserved register: an error to latch */
		now += 300;
		wr(writes[i].offset, writes[i].value);
		without = v;
		fx_without = fx;

		fresh();
		wr(APIC_REG_LVT_TIMER, 0x20044);
		wr(APIC_REG_TIMER_INITIAL, 1000);
		wr(0x40, 0);
		now += 300;
		hardware_writes(writes[i].offset, writes[i].value);
		assert_memory_equal(v.regs, without.regs, sizeof(v.regs));
		assert_int_equal(fx.what, fx_without.what);
		assert_memory_equal(&fx.ipi, &fx_without.ipi, sizeof(fx.ipi));
		assert_true(v.timer_deadline == without.timer_deadline);
		assert_int_equal(v.errors, without.errors);
	}
}

static void a_write_beside_the_start_changes_nothing(void **state)
{
	(void)state;
	fresh();
	vlapic_regs_save(&v);
	v.regs[APIC_REG_SVR / 4] = 0xaa0000ff;
	vlapic_regs_finish_write(&v, APIC_REG_SVR + 3, now, &fx);
	assert_int_equal(rd(APIC_REG_SVR), 0x1ff);
	assert_int_equal(fx.what, 0);
}

/* Hardware of this kind keeps both halves of the ICR where the model does. */
static void x2apic_icr(void **state)
{
	(void)state;
	fresh_x2apic();
	v.regs[APIC_REG_ICR_HIGH / 4] = 0x12345;
	hardware_writes(APIC_REG_ICR, 0x4041);
	assert_int_equal(fx.what, VLAPIC_SEND_IPI);
	assert_int_equal(fx.ipi.destination, 0x12345);
	assert_int_equal(fx.ipi.vector, 0x41);
}

static void x2apic_self_ipi_with_an_illegal_vector(void **state)
{
	(void)state;
	fresh_x2apic();
	hardware_writes(APIC_REG_SELF_IPI, 3);
	assert_true(wrmsr_ok(0x828, 0));
	assert_int_equal(rdmsr(0x828) & 0x60, 0x60);
}

/* Hardware is turned on and off with two interrupts in service and one waiting: none is lost. */
static void interrupts_survive_the_switch(void **state)
{
	(void)state;
	fresh();
	receive(0x41, false);
	receive(0x82, false);
	receive(0x30, false);
	/* hardware takes over */
	hardware_delivers(0x82);
	set_vector(APIC_REG_IRR, 0xa3, true); /* a self-IPI of its own */
	hardware_delivers(0xa3);
	/* hardware stops */
	vlapic_sync_page(&v);
	assert_int_equal(v.isr_top, 0xa3);
	assert_int_equal(v.irr_top, 0x41);
	assert_int_equal(rd(APIC_REG_PPR), 0xa0);
	assert_int_equal(take(), -1);
	eoi();
	assert_int_equal(take(), -1);
	eoi();
	assert_int_equal(take(), 0x41);
	eoi();
	assert_int_equal(take(), 0x30);
	eoi();
	assert_int_equal(take(), -1);
}

static void task_priority_changed_by_hardware(void **state)
{
	(void)state;
	fresh();
	receive(0x41, false);
	v.regs[APIC_REG_TPR / 4] = 0x50;
	vlapic_sync_page(&v);
	assert_int_equal(take(), -1);
	v.regs[APIC_REG_TPR / 4] = 0x30;
	vlapic_sync_page(&v);
	assert_int_equal(take(), 0x41);
}

/* The EOI of a level-triggered interrupt reaches the IOAPIC, other EOIs do not. */
static void ends(void **state)
{
	(void)state;
	fresh();
	receive(0x61, true);
	receive(0x43, false);
	assert_true(vlapic_level_vectors(&v, 1) == BIT(0x21));
	assert_true(vlapic_level_vectors(&v, 0) == 0);
	hardware_delivers(0x61);
	set_vector(APIC_REG_ISR, 0x61, false);
	vlapic_finish_eoi(&v, 0x61, &fx);
	assert_int_equal(fx.what, VLAPIC_BROADCAST_EOI);
	assert_int_equal(fx.eoi_vector, 0x61);
	vlapic_finish_eoi(&v, 0x43, &fx);
	assert_int_equal(fx.what, 0);
	wr(APIC_REG_SVR, 0x11ff); /* EOI-broadcast suppression */
	vlapic_finish_eoi(&v, 0x61, &fx);
	assert_int_equal(fx.what, 0);
}

static void summary(void **state)
{
	struct vlapic_summary s;

	(void)state;
	fresh();
	vlapic_summarize(&v, &s);
	assert_true(s.base == (APIC_BASE_DEFAULT | APIC_BASE_EN | APIC_BASE_BSP));
	assert_int_equal(s.mode, APIC_MODE_XAPIC);
	assert_int_equal(s.id, 0x23000000);
	assert_int_equal(s.irr_top, 0);
	assert_int_equal(s.isr_top, 0);
	receive(0x41, false);
	receive(0xff, false);
	assert_int_equal(take(), 0xff);
	wr(APIC_REG_TPR, 0x21);
	wr(APIC_REG_LDR, 0x04000000);
	vlapic_summarize(&v, &s);
	assert_int_equal(s.ldr, 0x04000000);
	assert_int_equal(s.tpr, 0x21);
	assert_int_equal(s.ppr, 0xf0);
	assert_int_equal(s.irr_top, 0x41);
	assert_int_equal(s.isr_top, 0xff);
}

/* Registers that hardware reads by itself have the same value. Reads of other registers exit. */
static void what_the_page_tells(void **state)
{
	(void)state;
	fresh_x2apic();
	assert_true(wrmsr_ok(0x832, 0x20044));
	assert_true(wrmsr_ok(0x838, 1000));
	receive(0x55, true);
	receive(0x66, false);
	assert_int_equal(take(), 0x66);
	now += 300;
	for (u32 offset = 0; offset < 0x1000; offset += 0x10) {
		bool computed = offset == APIC_REG_TIMER_CURRENT || offset == APIC_REG_ICR;
		u64 value;

		assert_int_equal(vlapic_regs_are_in_page(offset),
				 rdmsr_ok(0x800 + offset / 0x10, &value) && !computed);
		if (vlapic_regs_are_in_page(offset))
			assert_true(value == v.regs[offset / 4]);
	}
}

static void software_enable(void **state)
{
	(void)state;
	fresh();
	assert_true(vlapic_is_software_enabled(&v));
	wr(APIC_REG_SVR, 0xff);
	assert_false(vlapic_is_software_enabled(&v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_mean_the_same),
		cmocka_unit_test(a_write_beside_the_start_changes_nothing),
		cmocka_unit_test(x2apic_icr),
		cmocka_unit_test(x2apic_self_ipi_with_an_illegal_vector),
		cmocka_unit_test(interrupts_survive_the_switch),
		cmocka_unit_test(task_priority_changed_by_hardware),
		cmocka_unit_test(ends),
		cmocka_unit_test(summary),
		cmocka_unit_test(what_the_page_tells),
		cmocka_unit_test(software_enable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
