/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of invented CPUs: their differences, the names of these, and their common features. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cpuid_host.h"
#include "tests/unit/test.h"

#include "core/cpus/caps.h"
#include "core/model/cpuid_policy.h"

static const struct host_leaf *host;
static struct cpu_caps boot, other;
static struct caps_difference found;

/* A register of the host with another value than in host. */
static struct {
	u32 leaf, subleaf, reg, flip;
} change;

static void read_host(u32 leaf, u32 subleaf, struct cpuid_regs *out)
{
	*out = (struct cpuid_regs){{0}};
	for (const struct host_leaf *h = host; h == host || h->leaf; h++)
		if (h->leaf == leaf && (h->subleaf == HOST_ANY || h->subleaf == subleaf))
			memcpy(out->reg, h->reg, sizeof(out->reg));
	if (change.flip && leaf == change.leaf && subleaf == change.subleaf)
		out->reg[change.reg] ^= change.flip;
}

static void read_random(u32 leaf, u32 subleaf, struct cpuid_regs *out)
{
	read_host(leaf, subleaf, out);
	if (leaf == 0 || leaf == 0x80000000)
		return;
	srand(leaf * 16 + subleaf);
	for (int i = 0; i < 4; i++)
		out->reg[i] = (u32)rand() << 16 ^ (u32)rand();
}

static void read_boot(u32 leaf, u32 subleaf, struct cpuid_regs *out)
{
	caps_cpuid(&boot, leaf, subleaf, out);
}

static void make(struct cpu_caps *caps)
{
	memset(caps, 0, sizeof(*caps));
	caps_cpuid_read(caps, read_host);
	caps->mtrr_cap = 0x508;
	caps->mtrr_def_type = 0xc06;
	for (int i = 0; i < MTRR_FIXED; i++)
		caps->mtrr_fixed[i] = 0x0606060606060606;
	for (int i = 0; i < MTRR_VARIABLE_MAX; i++) {
		caps->mtrr_base[i] = (u64)i << 20;
		caps->mtrr_mask[i] = 0xfffff00800;
	}
	caps->apic_version = 0x81050010;
	caps->apic_id_bits = 32;
	caps->tsc_khz = 2450000;
	caps->tsc_noise_khz = 100;
}

static int setup(void **state)
{
	(void)state;
	host = host_epyc;
	memset(&change, 0, sizeof(change));
	make(&boot);
	make(&other);
	return 0;
}

static unsigned count_differences(void)
{
	struct caps_cursor cursor = {0};
	struct caps_difference d;
	unsigned count = 0;

	while (caps_compare(&cpu_caps_table, &boot, &other, &cursor, &d))
		if (count++ == 0)
			found = d;
	return count;
}

static void expect_text(const char *text)
{
	char got[160];

	assert_int_equal(count_differences(), 1);
	caps_describe(&found, got, sizeof(got));
	assert_string_equal(got, text);
}

static bool field_at(u32 row, struct caps_field *field)
{
	if (row < cpu_caps_table.count)
		*field = cpu_caps_table.fields[row];
	return row < cpu_caps_table.count ||
	       cpu_caps_table.computed(row - cpu_caps_table.count, field);
}

static void name_member(const struct caps_field *field, u32 index, char name[CAPS_NAME_SIZE + 4])
{
	if (field->count > 1)
		snprintf(name, CAPS_NAME_SIZE + 4, "%s%u", field->name, index);
	else
		snprintf(name, CAPS_NAME_SIZE + 4, "%s", field->name);
}

static void equal_cpus(void **state)
{
	(void)state;
	assert_int_equal(count_differences(), 0);
	host = host_icelake;
	make(&boot);
	make(&other);
	assert_int_equal(count_differences(), 0);
}

/* A difference in a bit is found exactly when a row covers the bit, and has that row's name. */
static void every_bit_of_every_field(void **state)
{
	struct caps_field field;
	unsigned rows = 0;

	(void)state;
	for (u32 row = 0; field_at(row, &field); row++) {
		for (u32 i = 0; field.mask && i < field.count; i++) {
			u64 *value = (u64 *)((u8 *)&other + field.offset) + i;
			char name[CAPS_NAME_SIZE + 4];

			name_member(&field, i, name);
			rows++;
			for (unsigned bit = 0; bit < 64; bit++) {
				if (!(field.mask & BIT(bit)) ||
				    (field.kind == CAPS_RATE && bit < 16))
					continue;
				*value ^= BIT(bit);
				assert_int_equal(count_differences(), 1);
				assert_string_equal(found.name, name);
				assert_int_equal(found.kind, field.kind);
				*value ^= BIT(bit);
			}
		}
	}
	assert_in_range(rows, 200, 400);
}

/* Every member is compared, except noise, and CPUID rows that the host's vendor does not have. */
static void every_member(void **state)
{
	size_t words = offsetof(struct cpu_caps, cpuid) / sizeof(u64);

	(void)state;
	for (size_t i = 0; i < words; i++) {
		u64 *value = (u64 *)&other + i;

		if (value == &other.tsc_noise_khz)
			continue;
		*value = ~*value >> (value == &other.tsc_khz ? 20 : 0);
		assert_in_range(count_differences(), 1, 3);
		*value = ((u64 *)&boot)[i];
	}
	for (size_t i = 0; i < cpuid_leaf_count; i++)
		for (unsigned reg = 0; reg < CPUID_REGISTERS; reg++) {
			other.cpuid[i][reg] = ~boot.cpuid[i][reg] & boot.cpuid[i][reg];
			assert_int_equal(count_differences() != 0, boot.cpuid[i][reg] != 0);
			other.cpuid[i][reg] = boot.cpuid[i][reg];
		}
}

/* In some registers certain bits are ignored. All other bits are compared. */
static void parts_of_registers(void **state)
{
	static const struct {
		size_t offset;
		u64 mask;
	} part[] = {
		{offsetof(struct cpu_caps, mtrr_cap), 0x5ff},
		{offsetof(struct cpu_caps, mtrr_def_type), 0xcff},
		{offsetof(struct cpu_caps, apic_version), 0x1ff00ff},
		{offsetof(struct cpu_caps, apic_id_bits), ~0ULL},
		{offsetof(struct cpu_caps, mtrr_fixed), ~0ULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(part); i++) {
		u64 *value = (u64 *)((u8 *)&other + part[i].offset);

		for (unsigned bit = 0; bit < 64; bit++) {
			*value ^= BIT(bit);
			assert_int_equal(count_differences(), (part[i].mask & BIT(bit)) != 0);
			*value ^= BIT(bit);
		}
	}
}

/* The policy gives the same result for a snapshot as for the host itself. */
static void guests_see_the_host_through_it(void **state)
{
	static const struct host_leaf *const hosts[] = {host_epyc, host_icelake};
	static cpuid_read_fn *const readers[] = {read_host, read_random};
	struct cpuid_config config = {.vcpus = 2, .tsc_khz = 2000000, .apic_khz = 1000000};
	struct cpuid_table direct, through;

	(void)state;
	for (int i = 0; i < 8; i++) {
		host = hosts[i / 2 % 2];
		/*
		 * from the fifth on the host has fewer basic leaves than the policy, down
		 * to leaf 7
		 */
		change.reg = CPUID_EAX;
		change.flip = i < 4 ? 0 : host->reg[CPUID_EAX] ^ 7;
		caps_cpuid_read(&boot, readers[i % 2]);
		assert_int_equal(cpuid_build(&direct, readers[i % 2], &config, NULL), OK);
		assert_int_equal(cpuid_build(&through, read_boot, &config, NULL), OK);
		assert_memory_equal(&direct, &through, sizeof(direct));
		assert_int_equal(caps_cpuid_xcr0(&boot), direct.model.xcr0);
	}
}

/*
 * APIC IDs, topology, bits that depend on CR4, XCR0 and IA32_APIC_BASE, and bits that no
 * guest sees.
 */
static void what_is_no_difference(void **state)
{
	static const struct {
		u32 leaf, subleaf, reg, flip;
	} own[] = {
		{0x1, 0, CPUID_EBX, 0xffff0000},
		{0x1, 0, CPUID_ECX, 1 << 27},
		{0x1, 0, CPUID_EDX, 1 << 9},
		{0x7, 0, CPUID_ECX, 1 << 4},
		{0xb, 0, CPUID_EDX, 0xff},
		{0xb, 1, CPUID_EBX, 0xff},
		{0xd, 0, CPUID_EBX, 0xfff},
		{0xd, 1, CPUID_EBX, 0xfff},
		{0x80000001, 0, CPUID_EDX, 1 << 9},
		{0x80000008, 0, CPUID_ECX, 0xffff},
		{0x8000001d, 0, CPUID_EAX, 0x3ffc000},
		{0x8000001e, 0, CPUID_EAX, 0xff},
		{0x8000001e, 0, CPUID_EBX, 0xff},
		{0x8000001e, 0, CPUID_ECX, 0xff},
		{0x0, 0, CPUID_EAX, 0x30},    /* a maximum above the policy's leaves */
		{0x1, 0, CPUID_ECX, 1 << 3},  /* MONITOR, which is hidden from guests */
		{0x1, 0, CPUID_ECX, 1 << 21}, /* x2APIC, which depends on the guest only */
		{0x8000001f, 0, CPUID_EAX, 0xff},
		{0x10, 0, CPUID_EBX, 0xff},
		{0x2, 0, CPUID_EAX, 0xff},
		{0x4, 0, CPUID_EBX, 0xff}, /* a leaf of the other vendor */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		memcpy(&change, &own[i], sizeof(change));
		make(&other);
		if (count_differences() != 0)
			print_error("leaf 0x%x: %s\n", own[i].leaf, found.name);
		assert_int_equal(count_differences(), 0);
	}
}

/* Leaf 7 may have the subleaf that the policy reads. Further subleaves are ignored. */
static void number_of_subleaves(void **state)
{
	(void)state;
	change = (__typeof__(change)){0x7, 0, CPUID_EAX, 1};
	make(&boot);
	change.flip = 2;
	make(&other);
	assert_int_equal(count_differences(), 0);
	change.flip = 0;
	make(&other);
	expect_text("CPUID.7.0.EAX 0 differs from cpu0 1");
}

static void noise_is_no_difference(void **state)
{
	(void)state;
	other.tsc_khz = boot.tsc_khz + boot.tsc_khz / 200 + 200;
	assert_int_equal(count_differences(), 0);
	other.tsc_khz += 100;
	expect_text("TSC_KHZ 2462550 differs from cpu0 2450000");
	assert_false(caps_has_common(&found));
	other.tsc_noise_khz = 300;
	assert_int_equal(count_differences(), 0);
	other.tsc_khz = 0;
	assert_int_equal(count_differences(), 1);
}

static void sentences(void **state)
{
	(void)state;
	other.mtrr_def_type = 0x806;
	expect_text("IA32_MTRR_DEF_TYPE 0x806 differs from cpu0 0xc06 (missing: fixed ranges on)");
	setup(NULL);
	other.mtrr_base[3] += 0x1000;
	expect_text("IA32_MTRR_PHYSBASE3 0x301000 differs from cpu0 0x300000");
	setup(NULL);
	other.apic_version = 0x80040010;
	assert_int_equal(count_differences(), 2);
	assert_string_equal(found.name, "APIC_MAX_LVT");
	assert_int_equal(found.other, 4);
	assert_int_equal(found.reference, 5);
	setup(NULL);
	change = (__typeof__(change)){0x80000008, 0, CPUID_EAX, 0x30 ^ 0x27};
	make(&other);
	expect_text("MAXPHYADDR 39 differs from cpu0 48");
	change = (__typeof__(change)){0x7, 0, CPUID_EBX, 1 << 7 | 1 << 23 | 1 << 10 | 1 << 16};
	make(&other);
	expect_text("CPUID.7.0.EBX 0x211d0329 differs from cpu0 0x219c07a9 "
		    "(missing: SMEP, INVPCID, CLFLUSHOPT; extra: AVX512F)");
	change = (__typeof__(change)){0xd, 0, CPUID_EAX, 1 << 2};
	make(&other);
	expect_text("XCR0 0x203 differs from cpu0 0x207 (missing: AVX)");
}

/* There are more names than fit: the text ends in "..." and within its buffer. */
static void long_lists(void **state)
{
	(void)state;
	change = (__typeof__(change)){0x1, 0, CPUID_EDX, 0xffffffff};
	make(&other);
	assert_int_equal(count_differences(), 1);
	assert_in_range(strlen(found.detail), CAPS_DETAIL_SIZE - 20, CAPS_DETAIL_SIZE - 1);
	assert_string_equal(found.detail + strlen(found.detail) - 5, ", ...");
	assert_int_equal(strncmp(found.detail, "missing: FPU, VME", 17), 0);
}

static u64 cpuid_of(const struct cpu_caps *caps, u32 leaf, u32 subleaf, unsigned reg)
{
	struct cpuid_regs regs;

	caps_cpuid(caps, leaf, subleaf, &regs);
	return regs.reg[reg];
}

static void in_common(void **state)
{
	struct cpu_caps view = boot;
	const u32 smep = 1 << 7, fdp_only = 1 << 6, avx512f = 1 << 16;

	(void)state;
	change = (__typeof__(change)){0x7, 0, CPUID_EBX, smep | fdp_only | avx512f};
	make(&other);
	other.apic_version = 0x80040010;
	other.mtrr_def_type = 0x806;
	caps_intersect(&cpu_caps_table, &view, &other);
	assert_int_equal(cpuid_of(&view, 7, 0, CPUID_EBX),
			 (cpuid_of(&boot, 7, 0, CPUID_EBX) & ~smep) | fdp_only);
	assert_int_equal(view.apic_version & 0xff00ff, 0x40010);
	assert_int_equal(view.apic_version & BIT(24), 0);
	assert_int_equal(view.mtrr_def_type, 0xc06);
}

/* A CPU that comes back must have the features of the view, and no others. */
static void what_is_owed(void **state)
{
	const u32 smep = 1 << 7, avx512f = 1 << 16;
	struct cpu_caps view = boot;

	(void)state;
	assert_false(caps_lacks(&cpu_caps_table, &view, &other, &found));
	change = (__typeof__(change)){0x7, 0, CPUID_EBX, avx512f};
	make(&other);
	assert_false(caps_lacks(&cpu_caps_table, &view, &other, &found));
	change.flip = smep;
	make(&other);
	assert_true(caps_lacks(&cpu_caps_table, &view, &other, &found));
	assert_string_equal(found.name, "CPUID.7.0.EBX");
	assert_string_equal(found.detail, "missing: SMEP");
	caps_intersect(&cpu_caps_table, &view, &other);
	assert_false(caps_lacks(&cpu_caps_table, &view, &other, &found));
	other.apic_version = 0x80040010;
	assert_true(caps_lacks(&cpu_caps_table, &view, &other, &found));
	assert_string_equal(found.name, "APIC_MAX_LVT");
}

/* Every member appears once, with its name and its value in words. */
static void members_in_words(void **state)
{
	struct caps_cursor cursor = {0};
	char name[CAPS_NAME_SIZE], value[CAPS_VALUE_SIZE];
	unsigned members = 0, rates = 0;

	(void)state;
	while (caps_next(&cpu_caps_table, &boot, &cursor, name, value)) {
		members++;
		if (strcmp(name, "TSC_KHZ") != 0)
			continue;
		rates++;
		assert_string_equal(value, "2450000");
	}
	assert_in_range(members, 200, 400);
	assert_int_equal(rates, 1);
}

static void random_bits(struct cpu_caps *caps)
{
	for (size_t i = 0; i < cpuid_leaf_count; i++)
		for (unsigned reg = 0; reg < CPUID_REGISTERS; reg++)
			if (cpuid_leaves[i].fill != FILL_MAX_BASIC &&
			    cpuid_leaves[i].fill != FILL_MAX_EXTENDED)
				caps->cpuid[i][reg] &= (u32)rand();
}

/*
 * The result has no feature that one of the two lacks. Repetition and the other order
 * change nothing.
 */
static void intersecting_twice(void **state)
{
	struct cpu_caps view, again, swapped;
	struct caps_field field;

	(void)state;
	for (int round = 0; round < 100; round++) {
		make(&boot);
		make(&other);
		random_bits(&boot);
		random_bits(&other);
		view = boot;
		caps_intersect(&cpu_caps_table, &view, &other);
		again = view;
		caps_intersect(&cpu_caps_table, &again, &other);
		assert_memory_equal(&again, &view, sizeof(view));
		caps_intersect(&cpu_caps_table, &again, &boot);
		assert_memory_equal(&again, &view, sizeof(view));
		swapped = other;
		caps_intersect(&cpu_caps_table, &swapped, &boot);
		for (u32 row = 0; field_at(row, &field); row++) {
			u64 a = *(u64 *)((u8 *)&view + field.offset) & field.mask;
			u64 b = *(u64 *)((u8 *)&swapped + field.offset) & field.mask;
			u64 x = *(u64 *)((u8 *)&boot + field.offset) & field.mask;
			u64 y = *(u64 *)((u8 *)&other + field.offset) & field.mask;

			if (field.kind == CAPS_FEATURES)
				assert_int_equal(a, x & y);
			if (field.kind == CAPS_CAUTIONS)
				assert_int_equal(a, x | y);
			if (field.kind == CAPS_LIMIT)
				assert_int_equal(a, x < y ? x : y);
			if (field.kind == CAPS_DESCRIPTION || field.kind == CAPS_SETTING)
				assert_int_equal(a, x);
			if (field.kind == CAPS_FEATURES || field.kind == CAPS_CAUTIONS ||
			    field.kind == CAPS_LIMIT)
				assert_int_equal(a, b);
		}
	}
}

/* A CPU without AVX has no layout for it either, which is no difference. */
static void component_that_one_lacks(void **state)
{
	struct caps_cursor cursor = {0};
	struct cpu_caps view = boot;

	(void)state;
	change = (__typeof__(change)){0xd, 0, CPUID_EAX, 1 << 2};
	make(&other);
	other.cpuid[0][0] = boot.cpuid[0][0];
	for (size_t i = 0; i < cpuid_leaf_count; i++)
		if (cpuid_leaves[i].leaf == 0xd && cpuid_leaves[i].subleaf == 2)
			memset(other.cpuid[i], 0, sizeof(other.cpuid[i]));
	assert_int_equal(count_differences(), 3);
	while (caps_compare(&cpu_caps_table, &boot, &other, &cursor, &found))
		assert_true(caps_has_common(&found));
	caps_intersect(&cpu_caps_table, &view, &other);
	assert_int_equal(caps_cpuid_xcr0(&view), XCR0_X87 | XCR0_SSE | XCR0_PKRU);
	assert_int_equal(cpuid_of(&view, 0xd, 2, CPUID_EAX), 0);
	/* but a component with two different offsets is a difference */
	change = (__typeof__(change)){0xd, 2, CPUID_EBX, 0x40};
	make(&other);
	assert_int_equal(count_differences(), 1);
	assert_false(caps_has_common(&found));
}

/*
 * A component with a bit in XCR0 but without a size is in no guest's XCR0, nor in the
 * host's own.
 */
static void component_without_size(void **state)
{
	(void)state;
	change = (__typeof__(change)){0xd, 2, CPUID_EAX, 0x100};
	make(&boot);
	assert_int_equal(cpuid_of(&boot, 0xd, 2, CPUID_EAX), 0);
	assert_int_equal(caps_cpuid_xcr0(&boot), XCR0_X87 | XCR0_SSE | XCR0_PKRU);
}

static void what_has_nothing_in_common(void **state)
{
	(void)state;
	change = (__typeof__(change)){0, 0, CPUID_EBX, 1 << 8};
	make(&other);
	count_differences();
	assert_false(caps_has_common(&found));
	setup(NULL);
	other.mtrr_cap = 0x507;
	expect_text("IA32_MTRRCAP 0x507 differs from cpu0 0x508");
	assert_false(caps_has_common(&found));
	setup(NULL);
	change = (__typeof__(change)){1, 0, CPUID_EAX, 1};
	make(&other);
	expect_text("CPUID.1.EAX 0xa00f10 differs from cpu0 0xa00f11");
	assert_true(caps_has_common(&found));
}

/*
 * As the boot option does: every name works and changes one member. An invented name does
 * not work.
 */
static void altering_by_name(void **state)
{
	struct caps_field field;
	char name[CAPS_NAME_SIZE + 4];

	(void)state;
	for (u32 row = 0; field_at(row, &field); row++) {
		if (!field.mask)
			continue;
		name_member(&field, field.count - 1u, name);
		other = boot;
		assert_true(caps_alter(&cpu_caps_table, &other, name));
		assert_int_equal(count_differences(), 1);
		assert_string_equal(found.name, name);
	}
	assert_false(caps_alter(&cpu_caps_table, &other, "IA32_MTRR_PHYSBASE"));
	assert_false(caps_alter(&cpu_caps_table, &other, "IA32_MTRR_PHYSBASE40"));
	assert_false(caps_alter(&cpu_caps_table, &other, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(equal_cpus, setup),
		cmocka_unit_test_setup(every_bit_of_every_field, setup),
		cmocka_unit_test_setup(every_member, setup),
		cmocka_unit_test_setup(parts_of_registers, setup),
		cmocka_unit_test_setup(number_of_subleaves, setup),
		cmocka_unit_test_setup(guests_see_the_host_through_it, setup),
		cmocka_unit_test_setup(what_is_no_difference, setup),
		cmocka_unit_test_setup(noise_is_no_difference, setup),
		cmocka_unit_test_setup(sentences, setup),
		cmocka_unit_test_setup(long_lists, setup),
		cmocka_unit_test_setup(in_common, setup),
		cmocka_unit_test_setup(what_is_owed, setup),
		cmocka_unit_test_setup(members_in_words, setup),
		cmocka_unit_test_setup(intersecting_twice, setup),
		cmocka_unit_test_setup(component_that_one_lacks, setup),
		cmocka_unit_test_setup(component_without_size, setup),
		cmocka_unit_test_setup(what_has_nothing_in_common, setup),
		cmocka_unit_test_setup(altering_by_name, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
