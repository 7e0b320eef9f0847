/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MSR policy: every register's reset value, its valid and invalid values, and absent
 * registers.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

#include "core/model/control.h"
#include "core/model/msr.h"

#define G 0x40000000ULL

static struct cpu_model amd, intel;
static struct msr_state msrs;

static int setup(void **state)
{
	(void)state;
	amd = (struct cpu_model){
		.vendor = CPU_VENDOR_AMD,
		.phys_bits = 48,
		.linear_bits = 48,
		.features = BIT(FEATURE_COUNT) - 1,
	};
	control_derive(&amd);
	intel = amd;
	intel.vendor = CPU_VENDOR_INTEL;
	intel.phys_bits = 46;
	intel.features &= ~BIT(FEATURE_FFXSR);
	control_derive(&intel);
	memset(&msrs, 0xa5, sizeof(msrs));
	msr_reset(&msrs);
	return 0;
}

static void assert_reads(const struct cpu_model *model, u32 index, u64 value)
{
	struct msr_result result = msr_read(&msrs, model, index);

	if (result.verdict != MSR_DONE || result.value != value)
		print_error("MSR 0x%x: verdict %d value 0x%llx\n", index, result.verdict,
			    result.value);
	assert_int_equal(result.verdict, MSR_DONE);
	assert_int_equal(result.value, value);
}

static void assert_absent(const struct cpu_model *model, u32 index)
{
	assert_int_equal(msr_read(&msrs, model, index).verdict, MSR_FAULT);
	assert_int_equal(msr_write(&msrs, model, index, 0).verdict, MSR_FAULT);
}

static void assert_faults(const struct cpu_model *model, u32 index, u64 value)
{
	struct msr_state before = msrs;

	assert_int_equal(msr_write(&msrs, model, index, value).verdict, MSR_FAULT);
	assert_memory_equal(&before, &msrs, sizeof(msrs));
}

/* The write is accepted, and the register reads as stored. */
static void assert_stores(const struct cpu_model *model, u32 index, u64 value, u64 stored)
{
	assert_int_equal(msr_write(&msrs, model, index, value).verdict, MSR_DONE);
	assert_reads(model, index, stored);
}

static void assert_forwards(const struct cpu_model *model, u32 index, enum msr_place place,
			    u64 value, u64 passed)
{
	struct msr_result result = msr_read(&msrs, model, index);

	assert_int_equal(result.verdict, MSR_FORWARD);
	assert_int_equal(result.place, place);
	result = msr_write(&msrs, model, index, value);
	assert_int_equal(result.verdict, MSR_FORWARD);
	assert_int_equal(result.place, place);
	assert_int_equal(result.value, passed);
}

static void reset_values(void **state)
{
	static const u32 zeros[] = {
		0x1d9,	    0x1db,	0x1de,	    0xc0010000, 0xc0010007, 0xc001001f, 0xc0010055,
		0xc0010058, 0xc0010112, 0xc0010113, 0xc0011022, 0xc0011023, 0xc001102a,
	};

	(void)state;
	assert_reads(&amd, 0xfe, 0x508);
	assert_reads(&intel, 0xfe, 0x508);
	assert_reads(&amd, 0x179, 0);
	assert_reads(&amd, 0x17a, 0);
	assert_reads(&amd, 0x2ff, 0);
	assert_reads(&intel, 0x8b, BIT(32));
	assert_reads(&intel, 0x17, 0);
	assert_reads(&intel, 0x3a, 1);
	assert_reads(&intel, 0x1a0, 0x1801);
	assert_reads(&intel, 0xda0, 0);
	assert_reads(&amd, 0xc0010010, 0x740000);
	assert_reads(&amd, 0xc0010015, 0x1000000);
	assert_reads(&amd, 0xc001001a, 0);
	assert_reads(&amd, 0xc001001d, 0);
	assert_reads(&amd, 0xc0010114, 0x18);
	assert_reads(&amd, 0xc0011029, 2);
	for (size_t i = 0; i < ARRAY_SIZE(zeros); i++)
		assert_reads(&amd, zeros[i], 0);
	for (u32 index = 0x200; index <= 0x20f; index++)
		assert_reads(&amd, index, 0);
	for (u32 index = 0x268; index <= 0x26f; index++)
		assert_reads(&amd, index, 0);
	for (u32 index = 0xc0010061; index <= 0xc001006b; index++)
		assert_reads(&amd, index, 0);
}

/* Every write is accepted and has no effect. */
static void assert_write_is_lost(const struct cpu_model *model, u32 index)
{
	static const u64 values[] = {0, 1, ~0ULL, BIT(63), 0x5555555555555555};
	struct msr_state before = msrs;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		assert_int_equal(msr_write(&msrs, model, index, values[i]).verdict, MSR_DONE);
		assert_memory_equal(&msrs, &before, sizeof(msrs));
	}
}

/* Every register has the same result with and without the index. */
static void indexed(void **state)
{
	static const u32 bases[] = {0,		0x10000,    0x40000000, 0xbffff000,
				    0xc0000000, 0xc0010000, 0xc0011000, 0xfffff000};

	(void)state;
	for (u64 features = 0; features < 3; features++) {
		struct cpu_model plain[] = {amd, intel};

		for (size_t m = 0; m < ARRAY_SIZE(plain); m++) {
			struct cpu_model quick;

			if (features)
				plain[m].features &= 0x5555555555555555ULL << (features - 1) |
						     BIT(FEATURE_ALWAYS);
			quick = plain[m];
			msr_build_quick(&quick);
			assert_true(msr_write_quick(&quick, 0x8b));
			assert_false(msr_write_quick(&plain[m], 0x8b));
			for (u32 i = 0; i < ARRAY_SIZE(bases) * 0x1000; i++) {
				u32 index = bases[i / 0x1000] + i % 0x1000;
				struct msr_result a = msr_read(&msrs, &plain[m], index);
				struct msr_result b = msr_read(&msrs, &quick, index);
				u64 value;

				if (msr_read_quick(&msrs, &quick, index, &value)) {
					assert_int_equal(a.verdict, MSR_DONE);
					assert_int_equal(a.value, value);
				}
				if (msr_write_quick(&quick, index))
					assert_write_is_lost(&plain[m], index);
				assert_int_equal(a.verdict, b.verdict);
				assert_int_equal(a.place, b.place);
				assert_int_equal(a.value, b.value);
			}
		}
	}
}

static void absent(void **state)
{
	static const u32 nowhere[] = {
		0x2,	    0x48,	0x49,	    0xc1,	0xe7,	    0x10a,	0x122,
		0x177,	    0x186,	0x198,	    0x19c,	0x1fc,	    0x210,	0x24f,
		0x251,	    0x257,	0x25a,	    0x267,	0x270,	    0x276,	0x278,
		0x280,	    0x2fe,	0x300,	    0x345,	0x38f,	    0x400,	0x480,
		0x48f,	    0x560,	0x600,	    0x6a0,	0x6df,	    0x6e1,	0x7ff,
		0x900,	    0xd9f,	0xda1,	    0x40000000, 0x4b564d00, 0xc000007f, 0xc0000085,
		0xc00000e7, 0xc00000ff, 0xc0000104, 0xc0000108, 0xffffffff,
	};
	static const u32 amd_only[] = {0x1db,	   0xc0010000, 0xc0010010, 0xc0010015, 0xc001001a,
				       0xc001001d, 0xc001001f, 0xc0010055, 0xc0010058, 0xc0010061,
				       0xc0010112, 0xc0010114, 0xc0011022, 0xc0011029, 0xc001102a};
	static const u32 intel_only[] = {0x0, 0x1, 0x17, 0x2a, 0x3a, 0x1a0};
	static const u32 neither[] = {0xc0010008, 0xc0010016, 0xc0010060, 0xc001006c, 0xc0010115,
				      0xc0010117, 0xc0010140, 0xc0011020, 0xc0011030, 0xc00110a2};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++) {
		assert_absent(&amd, nowhere[i]);
		assert_absent(&intel, nowhere[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(amd_only); i++) {
		assert_int_equal(msr_read(&msrs, &amd, amd_only[i]).verdict, MSR_DONE);
		assert_absent(&intel, amd_only[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(intel_only); i++) {
		assert_int_equal(msr_read(&msrs, &intel, intel_only[i]).verdict, MSR_DONE);
		assert_absent(&amd, intel_only[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(neither); i++) {
		assert_absent(&amd, neither[i]);
		assert_absent(&intel, neither[i]);
	}
}

struct run {
	u32 first, last;
};

static bool is_in(const struct run *runs, size_t count, u32 index)
{
	for (size_t i = 0; i < count; i++) {
		if (index >= runs[i].first && index <= runs[i].last)
			return true;
	}
	return false;
}

/* Checks for every index in the ranges of MSRs that it exists exactly if it is listed. */
static void presence(void **state)
{
	static const struct run both[] = {
		{0x10, 0x10},
		{0x1b, 0x1b},
		{0x3b, 0x3b},
		{0x8b, 0x8b},
		{0xfe, 0xfe},
		{0x174, 0x176},
		{0x179, 0x17a},
		{0x1d9, 0x1d9},
		{0x200, 0x20f},
		{0x250, 0x250},
		{0x258, 0x259},
		{0x268, 0x26f},
		{0x277, 0x277},
		{0x2ff, 0x2ff},
		{0x6e0, 0x6e0},
		{0x800, 0x8ff},
		{0xda0, 0xda0},
		{0xc0000080, 0xc0000084},
		{0xc0000100, 0xc0000103},
	};
	static const struct run on_intel[] = {
		{0x0, 0x1}, {0x17, 0x17}, {0x2a, 0x2a}, {0x3a, 0x3a}, {0x1a0, 0x1a0}};
	static const struct run on_amd[] = {
		{0x1db, 0x1de},		  {0xc0010000, 0xc0010007}, {0xc0010010, 0xc0010010},
		{0xc0010015, 0xc0010015}, {0xc001001a, 0xc001001a}, {0xc001001d, 0xc001001d},
		{0xc001001f, 0xc001001f}, {0xc0010055, 0xc0010055}, {0xc0010058, 0xc0010058},
		{0xc0010061, 0xc001006b}, {0xc0010112, 0xc0010114}, {0xc0011022, 0xc0011023},
		{0xc0011029, 0xc001102a},
	};
	static const struct run spaces[] = {{0, 0x1fff},
					    {0x40000000, 0x400001ff},
					    {0xc0000000, 0xc0001fff},
					    {0xc0010000, 0xc0011fff}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++) {
		for (u32 index = spaces[i].first; index <= spaces[i].last; index++) {
			bool common = is_in(both, ARRAY_SIZE(both), index);

			assert_int_equal(msr_read(&msrs, &amd, index).verdict != MSR_FAULT,
					 common || is_in(on_amd, ARRAY_SIZE(on_amd), index));
			assert_int_equal(msr_read(&msrs, &intel, index).verdict != MSR_FAULT,
					 common || is_in(on_intel, ARRAY_SIZE(on_intel), index));
		}
	}
}

static void by_feature(void **state)
{
	static const struct {
		u32 index;
		enum cpu_feature feature;
	} pairs[] = {
		{0x10, FEATURE_TSC},	       {0x3b, FEATURE_TSC_ADJUST}, {0xfe, FEATURE_MTRR},
		{0x174, FEATURE_SEP},	       {0x179, FEATURE_MCA},	   {0x200, FEATURE_MTRR},
		{0x26f, FEATURE_MTRR},	       {0x277, FEATURE_PAT},	   {0x2ff, FEATURE_MTRR},
		{0x6e0, FEATURE_TSC_DEADLINE}, {0x800, FEATURE_X2APIC},	   {0x8ff, FEATURE_X2APIC},
		{0xda0, FEATURE_XSAVES},       {0xc0000082, FEATURE_LM},   {0xc0000102, FEATURE_LM},
		{0xc0000103, FEATURE_TSC_AUX},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct cpu_model without = amd;

		assert_int_not_equal(msr_read(&msrs, &amd, pairs[i].index).verdict, MSR_FAULT);
		without.features &= ~BIT(pairs[i].feature);
		assert_absent(&without, pairs[i].index);
	}
}

static void read_only(void **state)
{
	static const u32 both[] = {0xfe, 0x179};
	static const u32 on_intel[] = {0x17, 0x3a};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		assert_faults(&amd, both[i], 0);
		assert_faults(&amd, both[i], msr_read(&msrs, &amd, both[i]).value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(on_intel); i++) {
		assert_faults(&intel, on_intel[i], 5);
		assert_faults(&intel, on_intel[i], msr_read(&msrs, &intel, on_intel[i]).value);
	}
	assert_stores(&amd, 0x17a, 0, 0); /* MCG_STATUS: may be cleared, not set */
	for (unsigned bit = 0; bit < 64; bit++) {
		assert_faults(&amd, 0x17a, BIT(bit));
		assert_faults(&amd, 0xda0, BIT(bit));
	}
	assert_stores(&amd, 0xda0, 0, 0); /* XSS: no component */
}

static void mtrr_variable(void **state)
{
	(void)state;
	for (u32 index = 0x200; index <= 0x20e; index += 2) {
		for (u64 type = 0; type < 256; type++) {
			bool valid = type == 0 || type == 1 || (type >= 4 && type <= 6);

			if (valid)
				assert_stores(&amd, index, 0xc0000000 | type, 0xc0000000 | type);
			else
				assert_faults(&amd, index, 0xc0000000 | type);
		}
		for (unsigned bit = 8; bit < 64; bit++) {
			if (bit >= 12 && bit < 48)
				assert_stores(&amd, index, BIT(bit) | 6, BIT(bit) | 6);
			else
				assert_faults(&amd, index, BIT(bit) | 6);
		}
		for (unsigned bit = 0; bit < 64; bit++) {
			if (bit >= 11 && bit < 48)
				assert_stores(&amd, index + 1, BIT(bit), BIT(bit));
			else
				assert_faults(&amd, index + 1, BIT(bit));
		}
	}
	assert_faults(&intel, 0x200, BIT(46));
	assert_stores(&intel, 0x200, BIT(45), BIT(45));
	assert_int_equal(msr_write(&msrs, &amd, 0x200, 0).place, MSR_AT_MTRR);
}

/* No two registers share a slot. */
static void mtrr_slots(void **state)
{
	static const u32 fixed[] = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
				    0x26b, 0x26c, 0x26d, 0x26e, 0x26f};

	(void)state;
	for (u32 i = 0; i < 16; i++)
		assert_stores(&amd, 0x200 + i, (u64)(i + 1) << 12, (u64)(i + 1) << 12);
	for (u32 i = 0; i < ARRAY_SIZE(fixed); i++)
		assert_stores(&amd, fixed[i], i & 1 ? 0x0001040506000104 : 6ULL << (i * 4 & 0x38),
			      i & 1 ? 0x0001040506000104 : 6ULL << (i * 4 & 0x38));
	assert_stores(&amd, 0x2ff, 0xc06, 0xc06);
	for (u32 i = 0; i < 16; i++)
		assert_reads(&amd, 0x200 + i, (u64)(i + 1) << 12);
	for (u32 i = 0; i < ARRAY_SIZE(fixed); i++)
		assert_reads(&amd, fixed[i], i & 1 ? 0x0001040506000104 : 6ULL << (i * 4 & 0x38));
	assert_reads(&amd, 0xc0010015, 0x1000000);
	assert_int_equal(msrs.slot[MSR_SLOT_MTRR_PHYS + 3], 4 << 12);
	assert_int_equal(msrs.slot[MSR_SLOT_MTRR_DEF_TYPE], 0xc06);
}

static void mtrr_fixed_and_default(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 8; byte++) {
		assert_faults(&amd, 0x250, 2ULL << (8 * byte));
		assert_faults(&amd, 0x259, 7ULL << (8 * byte));
		assert_faults(&amd, 0x26f, 0x1eULL << (8 * byte)); /* AMD's RdMem and WrMem */
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		bool valid = bit == 0 || bit == 2 || bit == 10 || bit == 11;

		if (valid)
			assert_stores(&amd, 0x2ff, BIT(bit), BIT(bit));
		else
			assert_faults(&amd, 0x2ff, BIT(bit));
	}
	assert_faults(&amd, 0x2ff, 3);
	assert_faults(&amd, 0x2ff, 7);
}

static void pat(void **state)
{
	(void)state;
	assert_forwards(&amd, 0x277, MSR_AT_PAT, 0x0706050401000706, 0x0706050401000706);
	for (unsigned byte = 0; byte < 8; byte++) {
		assert_faults(&amd, 0x277, 2ULL << (8 * byte));
		assert_faults(&amd, 0x277, 3ULL << (8 * byte));
		assert_faults(&amd, 0x277, 8ULL << (8 * byte));
		assert_faults(&amd, 0x277, 0x80ULL << (8 * byte));
	}
}

static void addresses(void **state)
{
	static const struct {
		u32 index;
		enum msr_place place;
	} pairs[] = {
		{0x175, MSR_AT_SYSENTER_ESP},	     {0x176, MSR_AT_SYSENTER_EIP},
		{0xc0000082, MSR_AT_LSTAR},	     {0xc0000083, MSR_AT_CSTAR},
		{0xc0000100, MSR_AT_FS_BASE},	     {0xc0000101, MSR_AT_GS_BASE},
		{0xc0000102, MSR_AT_KERNEL_GS_BASE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		assert_forwards(&amd, pairs[i].index, pairs[i].place, ~0ULL, ~0ULL);
		assert_faults(&amd, pairs[i].index, BIT(47));
		assert_faults(&amd, pairs[i].index, BIT(63));
	}
}

static void forwarded(void **state)
{
	(void)state;
	assert_forwards(&amd, 0x10, MSR_AT_TSC, ~0ULL, ~0ULL);
	assert_forwards(&amd, 0x1b, MSR_AT_APIC_BASE, 0xfee00900, 0xfee00900);
	assert_forwards(&amd, 0x3b, MSR_AT_TSC_ADJUST, 5, 5);
	assert_forwards(&amd, 0x6e0, MSR_AT_TSC_DEADLINE, 5, 5);
	assert_forwards(&amd, 0x800, MSR_AT_X2APIC, 5, 5);
	assert_forwards(&amd, 0x8ff, MSR_AT_X2APIC, 5, 5);
	assert_forwards(&amd, 0xc0000081, MSR_AT_STAR, ~0ULL, ~0ULL);
	assert_forwards(&amd, 0xc0000084, MSR_AT_SFMASK, ~0ULL, 0xffffffff);
	assert_forwards(&amd, 0x174, MSR_AT_SYSENTER_CS, ~0ULL, 0xffffffff);
	assert_forwards(&amd, 0xc0000103, MSR_AT_TSC_AUX, 0xffffffff, 0xffffffff);
	assert_faults(&amd, 0xc0000103, BIT(32));
}

static void efer(void **state)
{
	(void)state;
	assert_forwards(&amd, 0xc0000080, MSR_AT_EFER, 0x4d01, 0x4d01);
	assert_faults(&amd, 0xc0000080, EFER_SVME);
	assert_faults(&amd, 0xc0000080, EFER_LMSLE);
	assert_faults(&amd, 0xc0000080, BIT(15));
	assert_faults(&amd, 0xc0000080, BIT(63));
	assert_faults(&intel, 0xc0000080, EFER_FFXSR);
	assert_forwards(&intel, 0xc0000080, MSR_AT_EFER, 0xd01, 0xd01);
}

static void dropped(void **state)
{
	static const u32 silent[] = {0x1db,	 0x1de,	     0xc0010000, 0xc0010007,
				     0xc0010010, 0xc001001a, 0xc001001d, 0xc001001f,
				     0xc0010055, 0xc0010058, 0xc0010062, 0xc0010112,
				     0xc0010114, 0xc0011022, 0xc0011029, 0xc001102a};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++) {
		u64 value = msr_read(&msrs, &amd, silent[i]).value;

		for (unsigned bit = 0; bit < 64; bit++)
			assert_stores(&amd, silent[i], BIT(bit), value);
		assert_stores(&amd, silent[i], ~0ULL, value);
		assert_stores(&amd, silent[i], 0, value);
	}
	assert_stores(&intel, 0x8b, 0, BIT(32));
	assert_stores(&intel, 0x1d9, 3, 0);
	assert_faults(&intel, 0x1d9, 4);
	assert_stores(&amd, 0x1d9, 0x3f, 0);
	assert_faults(&amd, 0x1d9, 0x40);
}

static void stored_bits(void **state)
{
	(void)state;
	assert_stores(&amd, 0xc0010015, 0x1000000 | BIT(18), 0x1000000 | BIT(18));
	assert_stores(&amd, 0xc0010015, 0x148 | BIT(25), 0x1000000);
	assert_faults(&amd, 0xc0010015, BIT(0));  /* SMMLOCK */
	assert_faults(&amd, 0xc0010015, BIT(35)); /* CPUID user disable */
	assert_stores(&intel, 0x1a0, 0x1800, 0x1800);
	assert_stores(&intel, 0x1a0, 0x1801, 0x1801);
	assert_faults(&intel, 0x1a0, 0x1801 | BIT(22)); /* limits CPUID */
	assert_faults(&intel, 0x1a0, 0x1801 | BIT(34)); /* hides NX */
	assert_faults(&intel, 0x1a0, 1);
}

static void firmware(void **state)
{
	struct guest_map map = {.low_top = 3 * G, .above_top = 6 * G};

	(void)state;
	msr_set_firmware(&msrs, &amd, &map);
	assert_reads(&amd, 0x2ff, 0xc06);
	assert_reads(&amd, 0x250, 0x0606060606060606);
	assert_reads(&amd, 0x258, 0x0606060606060606);
	assert_reads(&amd, 0x259, 0);
	for (u32 index = 0x268; index <= 0x26b; index++)
		assert_reads(&amd, index, 0);
	for (u32 index = 0x26c; index <= 0x26f; index++)
		assert_reads(&amd, index, 0x0606060606060606);
	assert_reads(&amd, 0x200, 3 * G);
	assert_reads(&amd, 0x201, 0x0000ffffc0000800);
	assert_reads(&amd, 0x203, 0);
	assert_reads(&amd, 0xc001001a, 3 * G);
	assert_reads(&amd, 0xc001001d, 6 * G);
	/* a guest may write back the value that it read */
	for (u32 index = 0x200; index <= 0x2ff; index++) {
		struct msr_result result = msr_read(&msrs, &amd, index);

		if (result.verdict == MSR_DONE)
			assert_stores(&amd, index, result.value, result.value);
	}
	msr_set_firmware(&msrs, &intel, &map);
	assert_reads(&intel, 0x201, 0x00003fffc0000800);
}

static void direct(void **state)
{
	static const u32 want[] = {0x174,      0x175,	   0x176,      0xc0000081,
				   0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100,
				   0xc0000101, 0xc0000102, 0xc0000103};
	u32 list[MSR_DIRECT_MAX];

	(void)state;
	assert_int_equal(msr_list_direct(&amd, list, MSR_DIRECT_MAX), ARRAY_SIZE(want));
	assert_memory_equal(list, want, sizeof(want));
	amd.features &= ~BIT(FEATURE_TSC_AUX);
	assert_int_equal(msr_list_direct(&amd, list, MSR_DIRECT_MAX), ARRAY_SIZE(want) - 1);
	list[2] = 0;
	assert_int_equal(msr_list_direct(&amd, list, 2), ARRAY_SIZE(want) - 1);
	assert_int_equal(list[2], 0);
}

/*
 * Every index near a register, with any value: a fault changes nothing, a stored value
 * reads back.
 */
static void anything(void **state)
{
	(void)state;
	srand(5);
	for (int i = 0; i < 300000; i++) {
		const struct cpu_model *model = i & 1 ? &amd : &intel;
		static const u32 bases[] = {0, 0x1000, 0xc0000000, 0xc0010000, 0xc0011000};
		u32 index = bases[rand() % 5] + (u32)rand() % 0x1000;
		u64 value = ((u64)rand() << 33 ^ (u64)rand()) >> (rand() % 64);
		struct msr_state before = msrs;
		struct msr_result old = msr_read(&msrs, model, index);
		struct msr_result result = msr_write(&msrs, model, index, value);

		if (result.verdict != MSR_DONE)
			assert_memory_equal(&before, &msrs, sizeof(msrs));
		if (old.verdict == MSR_FAULT)
			assert_int_equal(result.verdict, MSR_FAULT);
		if (result.verdict == MSR_DONE && result.place == MSR_AT_MTRR)
			assert_reads(model, index, value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_values, setup),
		cmocka_unit_test_setup(indexed, setup),
		cmocka_unit_test_setup(absent, setup),
		cmocka_unit_test_setup(presence, setup),
		cmocka_unit_test_setup(by_feature, setup),
		cmocka_unit_test_setup(read_only, setup),
		cmocka_unit_test_setup(mtrr_variable, setup),
		cmocka_unit_test_setup(mtrr_slots, setup),
		cmocka_unit_test_setup(mtrr_fixed_and_default, setup),
		cmocka_unit_test_setup(pat, setup),
		cmocka_unit_test_setup(addresses, setup),
		cmocka_unit_test_setup(forwarded, setup),
		cmocka_unit_test_setup(efer, setup),
		cmocka_unit_test_setup(dropped, setup),
		cmocka_unit_test_setup(stored_bits, setup),
		cmocka_unit_test_setup(firmware, setup),
		cmocka_unit_test_setup(direct, setup),
		cmocka_unit_test_setup(anything, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
