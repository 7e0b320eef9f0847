/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual LAPIC's registers and modes, compared with SDM 3A "Advanced Programmable
 * Interrupt Controller (APIC)".
 */
#include "tests/unit/vlapic_rig.h"

static void reset_values(void **state)
{
	(void)state;
	now = 0;
	vlapic_reset(&v, &full);
	assert_int_equal(v.base, 0xfee00900); /* BSP, EN, default base */
	assert_int_equal(rd(0x20), 0x23000000);
	assert_int_equal(rd(0x30), 0x01050014);
	assert_int_equal(rd(0x80), 0);
	assert_int_equal(rd(0xd0), 0);
	assert_int_equal(rd(0xe0), 0xffffffff);
	assert_int_equal(rd(0xf0), 0xff);
	for (u32 offset = 0x100; offset <= 0x270; offset += 0x10)
		assert_int_equal(rd(offset), 0);
	for (u32 offset = 0x320; offset <= 0x370; offset += 0x10)
		assert_int_equal(rd(offset), 0x10000);
	assert_int_equal(rd(0x300) | rd(0x310) | rd(0x380) | rd(0x390) | rd(0x3e0), 0);
}

struct xapic_row {
	u32 offset, writable, fixed;
};

/* The values after a write of all ones, while software-enabled, from the manual's figures. */
static const struct xapic_row xapic_rows[] = {
	{0x20, 0xff000000, 0},
	{0x30, 0, 0x01050014},
	{0x80, 0xff, 0},
	{0xd0, 0xff000000, 0},
	{0xe0, 0xf0000000, 0x0fffffff},
	{0xf0, 0x13ff, 0},
	{0x100, 0, 0},
	{0x180, 0, 0},
	{0x200, 0, 0},
	{0x280, 0, 0},
	{0x310, 0xff000000, 0},
	{0x330, 0x107ff, 0},
	{0x340, 0x107ff, 0},
	{0x350, 0x1a7ff, 0},
	{0x360, 0x1a7ff, 0},
	{0x370, 0x100ff, 0},
	{0x320, 0x700ff, 0},
	{0x390, 0, 0},
	{0x3e0, 0xb, 0},
};

static void xapic_masks(void **state)
{
	(void)state;
	fresh();
	for (size_t i = 0; i < ARRAY_SIZE(xapic_rows); i++) {
		const struct xapic_row *row = &xapic_rows[i];
		wr(row->offset, 0xffffffff);
		assert_int_equal(rd(row->offset), row->writable | row->fixed);
		wr(row->offset, row->offset == 0xf0 ? 0x100 : 0);
		assert_int_equal(rd(row->offset), (row->offset == 0xf0 ? 0x100 : 0) | row->fixed);
	}
	wr(APIC_REG_ESR, 0);
	assert_int_equal(rd(APIC_REG_ESR), 0); /* none of these was an illegal register */
}

static void features_gate_bits(void **state)
{
	(void)state;
	struct vlapic_config plain = full;
	plain.tsc_deadline = plain.suppress_eoi = plain.x2apic = false;
	vlapic_reset(&v, &plain);
	assert_int_equal(rd(0x30), 0x00050014);
	wr(0xf0, 0xffffffff);
	assert_int_equal(rd(0xf0), 0x3ff);
	wr(0x320, 0xffffffff);
	assert_int_equal(rd(0x320), 0x300ff);
	assert_false(base_ok(APIC_BASE_EN | APIC_BASE_EXTD));
}

static void illegal_registers(void **state)
{
	(void)state;
	static const u32 reserved[] = {0x00, 0x10, 0x40, 0x2f0, 0x3a0, 0x3f0, 0x400, 0xff0};
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		fresh();
		assert_int_equal(rd(reserved[i]), 0);
		assert_int_equal(rd(APIC_REG_ESR), 0); /* not before it is written */
		wr(APIC_REG_ESR, 0xdead);
		assert_int_equal(rd(APIC_REG_ESR), BIT(7));
		wr(reserved[i], 1);
		assert_int_equal(rd(APIC_REG_ESR), BIT(7));
		wr(APIC_REG_ESR, 0);
		assert_int_equal(rd(APIC_REG_ESR), BIT(7));
		wr(APIC_REG_ESR, 0);
		assert_int_equal(rd(APIC_REG_ESR), 0);
	}
}

static void error_interrupt_once(void **state)
{
	(void)state;
	fresh();
	wr(APIC_REG_LVT_ERROR, 0xfe);
	rd(0x10);
	assert_int_equal(take(), 0xfe);
	eoi();
	rd(0x10);
	assert_int_equal(take(), -1); /* not rearmed */
	wr(APIC_REG_ESR, 0);
	rd(0x10);
	assert_int_equal(take(), 0xfe);
	/* An illegal vector in the error entry itself is recorded in the ESR. */
	fresh();
	wr(APIC_REG_LVT_ERROR, 0x0f);
	rd(0x10);
	assert_int_equal(take(), -1);
	wr(APIC_REG_ESR, 0);
	assert_int_equal(rd(APIC_REG_ESR), BIT(7) | BIT(6));
}

static void access_sizes(void **state)
{
	(void)state;
	fresh();
	wr(APIC_REG_TPR, 0x57);
	assert_int_equal(vlapic_regs_mmio_read(&v, 0x80, 1, now), 0x57);
	assert_int_equal(vlapic_regs_mmio_read(&v, 0x32, 2, now), 0x0105);
	assert_int_equal(vlapic_regs_mmio_read(&v, 0x31, 1, now), 0);
	assert_int_equal(vlapic_regs_mmio_read(&v, 0x33, 4, now), 0x01);
	assert_int_equal(vlapic_regs_mmio_read(&v, 0x84, 4, now), 0);
	assert_int_equal(vlapic_regs_mmio_read(&v, 0x80, 8, now), 0x57);
	static const struct {
		u32 offset, size;
	} ignored[] = {{0x80, 1}, {0x80, 2}, {0x80, 8}, {0x81, 4}, {0x84, 4}, {0x8c, 4}};
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++) {
		vlapic_regs_mmio_write(&v, ignored[i].offset, ignored[i].size, 0, now, &fx);
		assert_int_equal(rd(APIC_REG_TPR), 0x57);
	}
	assert_int_equal(vlapic_regs_mmio_read(&v, 0x1000, 4, now),
			 0); /* outside the page: no effect */
}

static void base_transitions(void **state)
{
	(void)state;
	enum { OFF = 0, XAPIC = APIC_BASE_EN, X2APIC = APIC_BASE_EN | APIC_BASE_EXTD };
	static const u64 states[] = {OFF, XAPIC, X2APIC};
	/* SDM 3A "x2APIC State Transitions"; rows from, columns to. */
	static const bool legal[3][3] = {
		{true, true, false}, {true, true, true}, {true, false, true}};
	for (int from = 0; from < 3; from++)
		for (int to = 0; to < 4; to++) {
			fresh();
			assert_true(base_ok(from ? XAPIC : OFF));
			assert_true(base_ok(states[from]));
			u64 old = v.base;
			bool ok = base_ok(to < 3 ? states[to] : APIC_BASE_EXTD);
			assert_int_equal(ok, to < 3 && legal[from][to]);
			if (!ok)
				assert_int_equal(v.base, old);
			if (ok)
				assert_int_equal(!!(fx.what & VLAPIC_ROUTE_CHANGED), from != to);
		}
	for (unsigned bit = 0; bit < 64; bit++) {
		fresh();
		bool good = bit == 8 || bit == 10 || bit == 11 || (bit >= 12 && bit < 40);
		assert_int_equal(vlapic_write_base(&v, APIC_BASE_EN | BIT(bit), &fx), good);
	}
	fresh();
	assert_true(vlapic_write_base(&v, 0x12345000 | APIC_BASE_EN, &fx));
	assert_int_equal(fx.what, VLAPIC_BASE_CHANGED);
	assert_int_equal(vlapic_page(&v), 0x12345000);
}

static void mode_changes_keep_and_lose(void **state)
{
	(void)state;
	struct route_apic apic;
	fresh();
	wr(APIC_REG_ID, 0x77000000);
	assert_int_equal(fx.what, VLAPIC_ROUTE_CHANGED);
	wr(APIC_REG_LDR, 0x42000000);
	wr(APIC_REG_ICR_HIGH, 0x11000000);
	wr(APIC_REG_TPR, 0x20);
	receive(0x45, true);
	vlapic_get_route(&v, &apic);
	assert_int_equal(apic.id, 0x77);
	assert_int_equal(apic.ldr, 0x42);
	assert_int_equal(apic.dfr, APIC_DFR_FLAT);

	assert_true(base_ok(APIC_BASE_EN | APIC_BASE_EXTD));
	assert_int_equal(rdmsr(0x802), 0x123);
	assert_int_equal(rdmsr(0x80d), 0x00120008); /* cluster 0x12, member 3 */
	assert_int_equal(rdmsr(0x830), 0);
	assert_int_equal(rdmsr(0x808), 0x20);
	assert_int_equal(rdmsr(0x822), BIT(5)); /* vector 0x45 in IRR */
	vlapic_init(&v);
	assert_int_equal(vlapic_mode(&v), APIC_MODE_X2APIC);
	assert_int_equal(rdmsr(0x802), 0x123);
	assert_int_equal(rdmsr(0x80d), 0x00120008);
	assert_int_equal(rdmsr(0x822) | rdmsr(0x808), 0);
	assert_int_equal(vlapic_highest_pending(&v), -1);

	assert_true(base_ok(0));
	assert_true(base_ok(APIC_BASE_EN));
	assert_int_equal(rd(APIC_REG_ID), 0x23000000); /* as at reset, not 0x77 */
	assert_int_equal(rd(APIC_REG_SVR), 0xff);

	wr(APIC_REG_ID, 0x55000000);
	vlapic_init(&v);
	assert_int_equal(rd(APIC_REG_ID), 0x55000000);
}

enum msr_access { NONE, READ, WRITE, BOTH };

/* SDM 3A "x2APIC Register Address Space": the permitted accesses to MSR 0x800 + index. */
static enum msr_access x2apic_access(u32 index)
{
	switch (index) {
	case 0x02:
	case 0x03:
	case 0x0a:
	case 0x0d:
	case 0x10 ... 0x27:
	case 0x39:
		return READ;
	case 0x0b:
	case 0x3f:
		return WRITE;
	case 0x08:
	case 0x0f:
	case 0x28:
	case 0x30:
	case 0x32 ... 0x38:
	case 0x3e:
		return BOTH;
	default:
		return NONE;
	}
}

static void x2apic_msr_access(void **state)
{
	(void)state;
	u64 value;
	for (u32 index = 0; index < 0x100; index++) {
		fresh_x2apic();
		enum msr_access access = x2apic_access(index);
		assert_int_equal(rdmsr_ok(0x800 + index, &value), !!(access & READ));
		assert_int_equal(wrmsr_ok(0x800 + index, 0), !!(access & WRITE));
		fresh();
		assert_false(rdmsr_ok(0x800 + index, &value));
		assert_false(wrmsr_ok(0x800 + index, 0));
	}
}

struct x2apic_row {
	u32 msr;
	u64 allowed; /* bits that may be one */
};

static const struct x2apic_row x2apic_rows[] = {
	{0x808, 0xff},
	{0x80b, 0},
	{0x80f, 0x13ff},
	{0x828, 0},
	{0x830, 0xffffffff000cdfff},
	{0x832, 0x710ff},
	{0x833, 0x117ff},
	{0x834, 0x117ff},
	{0x835, 0x1f7ff},
	{0x836, 0x1f7ff},
	{0x837, 0x110ff},
	{0x838, 0xffffffff},
	{0x83e, 0xb},
	{0x83f, 0xff},
};

static void x2apic_reserved_bits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(x2apic_rows); i++)
		for (unsigned bit = 0; bit < 64; bit++) {
			fresh_x2apic();
			bool ok = wrmsr_ok(x2apic_rows[i].msr, BIT(bit));
			assert_int_equal(ok, !!(x2apic_rows[i].allowed & BIT(bit)));
		}
}

static void software_disable(void **state)
{
	(void)state;
	fresh();
	receive(0x60, false);
	wr(APIC_REG_LVT_LINT0, 0x31);
	wr(APIC_REG_LVT_TIMER, 0x20032);
	post(APIC_FIXED, 0x70, false); /* before the write: accepted */
	wr(APIC_REG_SVR, 0xff);
	assert_int_equal(fx.what, VLAPIC_ROUTE_CHANGED);
	assert_int_equal(rd(APIC_REG_LVT_LINT0), 0x10031);
	assert_int_equal(rd(APIC_REG_LVT_TIMER), 0x30032);
	wr(APIC_REG_LVT_LINT0, 0x31);
	assert_int_equal(rd(APIC_REG_LVT_LINT0), 0x10031); /* cannot be unmasked */
	receive(0x80, false);				   /* dropped */
	post(APIC_NMI, 0, false);
	assert_int_equal(vlapic_sync_posted(&v), VLAPIC_NMI);
	assert_int_equal(take(), 0x70); /* a pending interrupt stays deliverable */
	assert_int_equal(take(), -1);
	eoi();
	assert_int_equal(take(), 0x60);
	post(APIC_FIXED, 0x90, false); /* before the write: dropped */
	wr(APIC_REG_SVR, 0x1ff);
	eoi();
	assert_int_equal(vlapic_sync_posted(&v), 0);
	assert_int_equal(take(), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reset_values),
		cmocka_unit_test(xapic_masks),
		cmocka_unit_test(features_gate_bits),
		cmocka_unit_test(illegal_registers),
		cmocka_unit_test(error_interrupt_once),
		cmocka_unit_test(access_sizes),
		cmocka_unit_test(base_transitions),
		cmocka_unit_test(mode_changes_keep_and_lose),
		cmocka_unit_test(x2apic_msr_access),
		cmocka_unit_test(x2apic_reserved_bits),
		cmocka_unit_test(software_disable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
