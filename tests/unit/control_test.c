/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes to CR0, CR3, CR4, EFER and XCR0: each rule of the manuals, kept and broken. */
#include "tests/unit/test.h"

#include "core/model/control.h"

static struct cpu_model model;
static struct control_state protected32, long64, compat32;

static int setup(void **state)
{
	(void)state;
	model = (struct cpu_model){
		.vendor = CPU_VENDOR_AMD,
		.phys_bits = 40,
		.linear_bits = 48,
		.features = BIT(FEATURE_COUNT) - 1,
	};
	control_derive(&model);
	protected32 = (struct control_state){.cr0 = CR0_PE | CR0_ET};
	long64 = (struct control_state){
		.cr0 = CR0_PE | CR0_ET | CR0_PG,
		.cr3 = 0x1000,
		.cr4 = CR4_PAE,
		.efer = EFER_LME | EFER_LMA,
		.seg[SEG_CS].attr = SEGMENT_L | SEGMENT_P | SEGMENT_S | SEGMENT_CODE,
	};
	compat32 = long64;
	compat32.seg[SEG_CS].attr &= (u16)~SEGMENT_L;
	return 0;
}

static void cr0_reserved_and_pairs(void **state)
{
	(void)state;
	assert_true(control_cr0_valid(&protected32, 0));
	assert_true(control_cr0_valid(&protected32, 0xffffffff & ~CR0_PG));
	assert_false(control_cr0_valid(&protected32, BIT(32) | CR0_PE));
	assert_false(control_cr0_valid(&protected32, BIT(63) | CR0_PE));
	assert_false(control_cr0_valid(&protected32, CR0_PE | CR0_NW));
	assert_true(control_cr0_valid(&protected32, CR0_PE | CR0_NW | CR0_CD));
	assert_true(control_cr0_valid(&protected32, CR0_PE | CR0_CD));
	assert_false(control_cr0_valid(&protected32, CR0_PG));
	assert_true(control_cr0_valid(&protected32, CR0_PG | CR0_PE));
}

static void cr0_enters_long_mode(void **state)
{
	struct control_state s = protected32;

	(void)state;
	s.efer = EFER_LME;
	assert_false(control_cr0_valid(&s, CR0_PE | CR0_PG)); /* no PAE */
	s.cr4 = CR4_PAE;
	assert_true(control_cr0_valid(&s, CR0_PE | CR0_PG));
	s.seg[SEG_CS].attr = SEGMENT_L;
	assert_false(control_cr0_valid(&s, CR0_PE | CR0_PG));
	s.efer = 0; /* L has no meaning outside long mode */
	assert_true(control_cr0_valid(&s, CR0_PE | CR0_PG));
}

static void cr0_leaves_paging(void **state)
{
	(void)state;
	assert_false(control_cr0_valid(&long64, CR0_PE));
	assert_true(control_cr0_valid(&long64, CR0_PE | CR0_PG | CR0_WP));
	assert_true(control_cr0_valid(&compat32, CR0_PE));
	compat32.cr4 |= CR4_PCIDE;
	assert_false(control_cr0_valid(&compat32, CR0_PE));
	assert_true(control_cr0_valid(&compat32, CR0_PE | CR0_PG));
}

static void cr4_features(void **state)
{
	const struct {
		u64 bit;
		enum cpu_feature feature;
	} pairs[] = {
		{BIT(0), FEATURE_VME},	  {BIT(1), FEATURE_VME},   {BIT(2), FEATURE_TSC},
		{BIT(3), FEATURE_DE},	  {BIT(4), FEATURE_PSE},   {BIT(5), FEATURE_PAE},
		{BIT(6), FEATURE_MCE},	  {BIT(7), FEATURE_PGE},   {BIT(9), FEATURE_FXSR},
		{BIT(10), FEATURE_SSE},	  {BIT(11), FEATURE_UMIP}, {BIT(16), FEATURE_FSGSBASE},
		{BIT(18), FEATURE_XSAVE}, {BIT(20), FEATURE_SMEP}, {BIT(21), FEATURE_SMAP},
		{BIT(22), FEATURE_PKU},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct cpu_model without = model;

		assert_true(control_cr4_valid(&model, &protected32, pairs[i].bit));
		without.features &= ~BIT(pairs[i].feature);
		control_derive(&without);
		assert_false(control_cr4_valid(&without, &protected32, pairs[i].bit));
	}
	assert_true(control_cr4_valid(&model, &protected32, BIT(8)));
	/* LA57, VMXE, SMXE, CET, PKS, UINTR and all bits above */
	for (unsigned bit = 12; bit < 64; bit++) {
		if (model.cr4 & BIT(bit))
			continue;
		assert_false(control_cr4_valid(&model, &protected32, BIT(bit)));
	}
	assert_int_equal(model.cr4, 0x770fff & ~BIT(12));
}

static void cr4_modes(void **state)
{
	(void)state;
	assert_false(control_cr4_valid(&model, &long64, 0)); /* PAE stays in long mode */
	assert_false(control_cr4_valid(&model, &protected32, CR4_PAE | CR4_PCIDE));
	assert_true(control_cr4_valid(&model, &long64, CR4_PAE | CR4_PCIDE));
	long64.cr3 = 0x1001; /* PCID not 0 */
	assert_false(control_cr4_valid(&model, &long64, CR4_PAE | CR4_PCIDE));
	long64.cr4 |= CR4_PCIDE; /* set already */
	assert_true(control_cr4_valid(&model, &long64, CR4_PAE | CR4_PCIDE));
}

static void efer(void **state)
{
	(void)state;
	assert_true(control_efer_valid(&model, &protected32, EFER_SCE | EFER_LME | EFER_NXE));
	assert_true(control_efer_valid(&model, &protected32, EFER_FFXSR));
	assert_false(control_efer_valid(&model, &protected32, EFER_SVME));
	assert_false(control_efer_valid(&model, &protected32, EFER_LMSLE));
	assert_false(control_efer_valid(&model, &protected32, BIT(1)));
	assert_false(control_efer_valid(&model, &protected32, BIT(15)));
	assert_false(control_efer_valid(&model, &protected32, BIT(63)));
	assert_true(control_efer_valid(&model, &long64, EFER_LME));  /* LMA is ignored */
	assert_false(control_efer_valid(&model, &long64, EFER_LMA)); /* LME cleared with PG set */
	assert_true(control_efer_valid(&model, &long64, EFER_LME | EFER_LMA | EFER_NXE));
	model.features &= ~BIT(FEATURE_NX);
	control_derive(&model);
	assert_false(control_efer_valid(&model, &protected32, EFER_NXE));
}

static void xcr0(void **state)
{
	const u64 all = 0x2e7;

	(void)state;
	assert_true(control_xcr0_valid(1, all));
	assert_true(control_xcr0_valid(3, all));
	assert_true(control_xcr0_valid(7, all));
	assert_true(control_xcr0_valid(0xe7, all));
	assert_true(control_xcr0_valid(0x2e7, all));
	assert_true(control_xcr0_valid(0x201, all));
	assert_false(control_xcr0_valid(0, all));
	assert_false(control_xcr0_valid(2, all));
	assert_false(control_xcr0_valid(5, all));    /* AVX without SSE */
	assert_false(control_xcr0_valid(0xe3, all)); /* AVX-512 without AVX */
	assert_false(control_xcr0_valid(0x27, all)); /* a part of AVX-512 */
	assert_false(control_xcr0_valid(0x67, all));
	assert_false(control_xcr0_valid(0xc7, all));
	assert_false(control_xcr0_valid(7, 3));
	assert_false(control_xcr0_valid(0x1f, all)); /* MPX */
	assert_false(control_xcr0_valid(BIT(63) | 3, all));
}

static void canonical(void **state)
{
	(void)state;
	assert_true(control_canonical(&model, 0));
	assert_true(control_canonical(&model, BIT(47) - 1));
	assert_false(control_canonical(&model, BIT(47)));
	assert_false(control_canonical(&model, BIT(63)));
	assert_true(control_canonical(&model, 0xffff800000000000));
	assert_false(control_canonical(&model, 0xffff000000000000));
	assert_true(control_canonical(&model, ~0ULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cr0_reserved_and_pairs, setup),
		cmocka_unit_test_setup(cr0_enters_long_mode, setup),
		cmocka_unit_test_setup(cr0_leaves_paging, setup),
		cmocka_unit_test_setup(cr4_features, setup),
		cmocka_unit_test_setup(cr4_modes, setup),
		cmocka_unit_test_setup(efer, setup),
		cmocka_unit_test_setup(xcr0, setup),
		cmocka_unit_test_setup(canonical, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
