/* SPDX-License-Identifier: BSD-2-Clause */
/* Reasons against acceleration: each appears alone with its cause, and disappears with it. */
#include <string.h>

#include "tests/unit/test.h"

#include "apic/virt/accel.h"

enum { COUNT = 4 };

/* Hardware with all features and with tables. */
static const struct accel_hardware able = {
	.modes = BIT(APIC_MODE_XAPIC) | BIT(APIC_MODE_X2APIC),
	.proven = true,
	.logical_tables = true,
	.max_id = 254,
};

static struct accel_hardware hardware;
static struct route_apic apics[COUNT];
static enum accel_choice choice;

static void make(struct route_apic *apic, unsigned index, enum apic_mode mode)
{
	*apic = (struct route_apic){
		.id = index,
		.ldr = mode == APIC_MODE_X2APIC ? apic_x2apic_ldr(index) : 1U << index,
		.mode = (u8)mode,
		.dfr = APIC_DFR_FLAT,
		.software_enabled = true,
	};
}

static void fresh(enum apic_mode mode)
{
	hardware = able;
	choice = ACCEL_AUTO;
	for (unsigned i = 0; i < COUNT; i++)
		make(&apics[i], i, mode);
}

static u32 reasons(void)
{
	static struct route_map map;

	route_map_build(&map, apics, COUNT);
	return accel_reasons(&hardware, choice, apics, COUNT, map.traits);
}

static void nothing_against_it(void **state)
{
	(void)state;
	fresh(APIC_MODE_XAPIC);
	assert_int_equal(reasons(), 0);
	fresh(APIC_MODE_X2APIC);
	assert_int_equal(reasons(), 0);
}

static void cause_config(void)
{
	choice = ACCEL_NEVER;
}

static void cause_no_hardware(void)
{
	hardware.modes = 0;
	choice = ACCEL_ALWAYS;
}

static void cause_unproven(void)
{
	hardware.proven = false;
}

static void cause_off(void)
{
	apics[2].mode = APIC_MODE_DISABLED;
}

static void cause_moved(void)
{
	apics[1].moved = true;
}

static void cause_all_moved(void)
{
	for (unsigned i = 0; i < COUNT; i++)
		apics[i].moved = true;
}

static void cause_alias(void)
{
	apics[3].id = 1;
}

static void cause_large_id(void)
{
	apics[0].id = 255;
}

static void cause_mixed(void)
{
	make(&apics[0], 0, APIC_MODE_X2APIC);
}

static void cause_no_xapic(void)
{
	hardware.modes = BIT(APIC_MODE_X2APIC);
}

static void cause_two_bits(void)
{
	apics[0].ldr = 0x11;
}

static void cause_shared_bit(void)
{
	apics[0].ldr = 2;
}

/* A broadcast to logical destinations still reaches it. */
static void cause_no_bit(void)
{
	apics[1].ldr = 0;
}

static void cause_models(void)
{
	apics[0].dfr = APIC_DFR_CLUSTER;
}

static void cause_last_cluster(void)
{
	for (unsigned i = 0; i < COUNT; i++) {
		apics[i].dfr = APIC_DFR_CLUSTER;
		apics[i].ldr = 0xf0 | 1U << i;
	}
}

static void cause_reserved_model(void)
{
	for (unsigned i = 0; i < COUNT; i++)
		apics[i].dfr = 3;
}

static const struct cause {
	u32 reason;
	void (*make)(void);
} causes[] = {
	{ACCEL_CONFIG, cause_config},	     {ACCEL_HARDWARE, cause_no_hardware},
	{ACCEL_UNPROVEN, cause_unproven},    {ACCEL_OFF, cause_off},
	{ACCEL_BASE, cause_moved},	     {ACCEL_BASE, cause_all_moved},
	{ACCEL_ALIASED_IDS, cause_alias},    {ACCEL_ID_RANGE, cause_large_id},
	{ACCEL_MIXED_MODES, cause_mixed},    {ACCEL_XAPIC, cause_no_xapic},
	{ACCEL_LOGICAL, cause_two_bits},     {ACCEL_LOGICAL, cause_shared_bit},
	{ACCEL_LOGICAL, cause_no_bit},	     {ACCEL_LOGICAL, cause_models},
	{ACCEL_LOGICAL, cause_last_cluster}, {ACCEL_LOGICAL, cause_reserved_model},
};

static void each_reason_comes_and_goes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		fresh(APIC_MODE_XAPIC);
		causes[i].make();
		assert_int_equal(reasons(), causes[i].reason);
		fresh(APIC_MODE_XAPIC);
		assert_int_equal(reasons(), 0);
	}
}

static void x2apic_without_hardware_for_it(void **state)
{
	(void)state;
	fresh(APIC_MODE_X2APIC);
	hardware.modes = BIT(APIC_MODE_XAPIC);
	assert_int_equal(reasons(), ACCEL_X2APIC);
}

/* A guest must ask for hardware that is not proven. What hardware does itself is no reason. */
static void what_is_no_reason(void **state)
{
	(void)state;
	fresh(APIC_MODE_XAPIC);
	hardware.proven = false;
	choice = ACCEL_ALWAYS;
	assert_int_equal(reasons(), 0);

	fresh(APIC_MODE_XAPIC);
	hardware.mixed_modes = true;
	cause_mixed();
	assert_int_equal(reasons(), 0);

	fresh(APIC_MODE_XAPIC);
	hardware.logical_tables = false;
	cause_two_bits();
	assert_int_equal(reasons(), 0);

	fresh(APIC_MODE_X2APIC); /* an x2APIC has no page */
	cause_all_moved();
	assert_int_equal(reasons(), 0);

	fresh(APIC_MODE_XAPIC); /* accepts nothing and needs no entry */
	apics[0].ldr = 2;
	apics[0].software_enabled = false;
	assert_int_equal(reasons(), 0);
}

static void reasons_add_up(void **state)
{
	(void)state;
	fresh(APIC_MODE_XAPIC);
	cause_alias();
	cause_moved();
	cause_off();
	assert_int_equal(reasons(), ACCEL_ALIASED_IDS | ACCEL_BASE | ACCEL_OFF);
}

static void names_differ(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ACCEL_REASONS; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(accel_reason_name(i), accel_reason_name(j));
	assert_string_equal(accel_reason_name((unsigned)__builtin_ctz(ACCEL_EXTINT)), "ExtINT");
	assert_string_equal(accel_reason_name((unsigned)__builtin_ctz(ACCEL_ALIASED_IDS)),
			    "aliased IDs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_against_it),
		cmocka_unit_test(each_reason_comes_and_goes),
		cmocka_unit_test(x2apic_without_hardware_for_it),
		cmocka_unit_test(what_is_no_reason),
		cmocka_unit_test(reasons_add_up),
		cmocka_unit_test(names_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
