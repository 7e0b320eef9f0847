/* SPDX-License-Identifier: BSD-2-Clause */
/* AVIC's tables and exits, compared with a model of the hardware and with the architecture. */
#include <stdlib.h>

#include "tests/unit/test.h"

#include "svm/avic.h"
#include "svm/caps.h"
#include "tests/unit/avic_model.h"

enum { COUNT = 12, ROUNDS = 20000, FIRST_PAGE = 3 };

static struct avic_tables tables;
static struct route_apic apics[COUNT];
static u64 pages[COUNT];
static bool running[COUNT];
static struct model hw;

/* Prints the reason and fails. */
#define refuse(...)                                                                                \
	do {                                                                                       \
		print_error(__VA_ARGS__);                                                          \
		assert_true(false);                                                                \
	} while (0)

static u32 number(u32 below)
{
	return (u32)rand() % below;
}

static void make(unsigned i, enum apic_mode mode)
{
	apics[i] = (struct route_apic){
		.id = i,
		.ldr = mode == APIC_MODE_X2APIC ? apic_x2apic_ldr(i)
		       : i < 8			? 1U << i
						: 0,
		.mode = (u8)mode,
		.dfr = APIC_DFR_FLAT,
		.software_enabled = true,
	};
	pages[i] = (u64)(FIRST_PAGE + i) << 12;
}

static void make_all(enum apic_mode mode)
{
	memset(&tables, 0, sizeof(tables));
	for (unsigned i = 0; i < COUNT; i++)
		make(i, mode);
}

static u32 traits(void)
{
	static struct route_map map;

	route_map_build(&map, apics, COUNT);
	return map.traits;
}

static void publish(void)
{
	avic_build(&tables, apics, pages, COUNT);
	for (unsigned i = 0; i < COUNT; i++)
		avic_set_running(&tables, apics[i].id, running[i] ? (s64)(0x40 + i) : AVIC_NOWHERE);
}

static void look_from(unsigned sender)
{
	hw = (struct model){
		.physical = tables.physical,
		.physical_max = 254,
		.logical = tables.logical,
		.x2apic = apics[sender].mode == APIC_MODE_X2APIC,
		.flat = apics[sender].dfr == APIC_DFR_FLAT,
		.sender = apics[sender].id,
	};
}

/* The actions of software afterwards: posts[i] messages to vCPU i, and wakes. */
static unsigned posts[COUNT];
static bool woken[COUNT];

static void finish(unsigned sender, const struct apic_message *message, enum model_ipi_exit exit)
{
	enum apic_mode mode = (enum apic_mode)apics[sender].mode;
	struct vcpu_set targets, known = {{0}};

	memset(posts, 0, sizeof(posts));
	memset(woken, 0, sizeof(woken));
	if (exit == MODEL_COMPLETE)
		return;
	route_scan(apics, COUNT, message, sender, &targets);
	switch (avic_incomplete_ipi(mode, mode, (u64)exit << 32 | 7)) {
	case AVIC_REST:
		avic_keep_unknown(&tables, apics, &targets, &known);
		break;
	case AVIC_SEND:
		break;
	default:
		refuse("exit %d has no meaning", exit);
	}
	for (unsigned i = 0; i < COUNT; i++) {
		posts[i] = vcpu_set_has(&targets, i);
		woken[i] = posts[i] || vcpu_set_has(&known, i);
	}
}

static bool rang(unsigned i)
{
	for (unsigned d = 0; d < hw.doorbells; d++)
		if (hw.doorbell[d] == 0x40 + i)
			return true;
	return false;
}

/*
 * Hardware and software together: each target gets the IPI once and is notified, others get
 * nothing.
 */
static void check_ipi(unsigned sender, u32 icr, u32 destination)
{
	struct apic_message message = {
		.destination = destination,
		.vector = (u8)icr,
		.delivery = icr >> 8 & 7,
		.shorthand = icr >> 18 & 3,
		.logical = icr & APIC_ICR_LOGICAL,
	};
	struct vcpu_set want;

	look_from(sender);
	finish(sender, &message, model_ipi(&hw, icr, destination));
	route_scan(apics, COUNT, &message, sender, &want);
	for (unsigned i = 0; i < COUNT; i++) {
		u64 got = hw.delivered[FIRST_PAGE + i] + posts[i];

		if (got != vcpu_set_has(&want, i))
			refuse("ICR %x to %x from %u: vCPU %u has it %u times", icr, destination,
			       sender, i, (unsigned)got);
		if (got && !woken[i] && !(running[i] && rang(i)))
			refuse("ICR %x to %x: vCPU %u has not heard", icr, destination, i);
	}
}

/* The flat model has eight APICs. The other APICs are then software-disabled. */
static void set_logical(unsigned i, u8 dfr)
{
	apics[i].dfr = dfr;
	apics[i].ldr = dfr == APIC_DFR_FLAT ? 1U << i % 8 : (i / 4 + 1) << 4 | 1U << i % 4;
	if (dfr == APIC_DFR_FLAT && i >= 8)
		apics[i].software_enabled = false;
}

static const struct accel_hardware able = {
	.modes = BIT(APIC_MODE_XAPIC) | BIT(APIC_MODE_X2APIC),
	.proven = true,
	.logical_tables = true,
	.max_id = 254,
};

/*
 * Every case that the tables can express: in every mode, model and shorthand, with some
 * APICs software-disabled and some vCPUs asleep.
 */
static void ipis_reach_whom_they_should(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		bool x2apic = number(2);
		u8 dfr = number(2) ? APIC_DFR_FLAT : APIC_DFR_CLUSTER;
		u32 destination = number(4) ? number(COUNT + 4) : number(256);
		u32 icr = 0x30 + number(0xd0);
		unsigned sender = number(8);

		make_all(x2apic ? APIC_MODE_X2APIC : APIC_MODE_XAPIC);
		for (unsigned i = 0; i < COUNT; i++) {
			running[i] = number(2);
			apics[i].software_enabled = i == sender || number(4);
			if (!x2apic)
				set_logical(i, dfr);
		}
		assert_int_equal(accel_reasons(&able, ACCEL_AUTO, apics, COUNT, traits()), 0);
		publish();
		icr |= number(2) ? APIC_ICR_LOGICAL : 0;
		icr |= number(3) ? 0 : number(4) << 18;
		if (x2apic && number(8) == 0)
			destination = APIC_X2APIC_BROADCAST;
		if (x2apic && (icr & APIC_ICR_LOGICAL))
			destination = number(2) << 16 | number(0x10000);
		check_ipi(sender, icr, destination);
	}
}

/*
 * Another vCPU has just made two IDs equal. Until this vCPU exits, hardware still sends by
 * the tables, and both must get the IPI.
 */
static void aliases_meanwhile(void **state)
{
	(void)state;
	make_all(APIC_MODE_XAPIC);
	apics[5].id = 2;
	publish();
	check_ipi(0, 0x41, 2);
	check_ipi(0, 0x41, 5);
	check_ipi(0, 0x41, 0xff);
	check_ipi(0, 0x41 | 2 << 18, 0);
	check_ipi(0, 0x41 | 3 << 18, 0);
	assert_true(traits() & ROUTE_ALIASED_IDS);
}

/* x2APIC ID 0x105 and xAPIC ID 5 share an entry's index, so neither may use it. */
static void wide_id_shares_no_entry(void **state)
{
	(void)state;
	make_all(APIC_MODE_XAPIC);
	make(7, APIC_MODE_X2APIC);
	apics[7].id = 0x105;
	publish();
	assert_true(tables.physical[5] == 0);
	assert_true(tables.physical[7] == 0);
}

static void entries_go_when_apics_do(void **state)
{
	(void)state;
	make_all(APIC_MODE_XAPIC);
	memset(running, 1, sizeof(running));
	publish();
	assert_true(tables.physical[3] == (BIT(63) | BIT(62) | 6 << 12 | 0x43));
	assert_int_equal(tables.logical[3], BIT(31) | 3);
	/* its identity changes, its CPU does not */
	avic_build(&tables, apics, pages, COUNT);
	assert_true(tables.physical[3] == (BIT(63) | BIT(62) | 6 << 12 | 0x43));
	avic_set_running(&tables, 3, AVIC_NOWHERE);
	assert_true(tables.physical[3] == (BIT(63) | 6 << 12));
	apics[3].mode = APIC_MODE_DISABLED;
	avic_build(&tables, apics, pages, COUNT);
	assert_true(tables.physical[3] == 0);
	assert_int_equal(tables.logical[3], 0);
	/*
	 * a vCPU without an entry gets none when it runs; nor does one on a CPU whose ID
	 * does not fit
	 */
	avic_set_running(&tables, 3, 9);
	assert_true(tables.physical[3] == 0);
	avic_set_running(&tables, 4, 0x100);
	assert_true(tables.physical[4] == (BIT(63) | 7 << 12));
	avic_set_running(&tables, 255, 1);
	avic_set_running(&tables, 0xfffff, 1);
	assert_true(tables.physical[255] == 0);
}

/* Depends on whether the model's hardware has stored a write before its exit. */
static void unaccelerated_accesses(void **state)
{
	(void)state;
	for (u32 offset = 0; offset < 0x1000; offset += 0x10) {
		enum avic_action write =
			avic_unaccelerated(APIC_MODE_XAPIC, APIC_MODE_XAPIC, BIT(32) | offset);

		if (model_write(offset) == MODEL_TRAP)
			assert_int_equal(write, AVIC_WRITTEN);
		else if (model_write(offset) == MODEL_FAULT)
			assert_int_equal(write, AVIC_EMULATE);
		assert_int_equal(avic_unaccelerated(APIC_MODE_XAPIC, APIC_MODE_XAPIC, offset),
				 AVIC_EMULATE);
	}
}

/* Exits are ignored if hardware ran no APIC, or an APIC in another mode. */
static void exits_that_should_not_have_come(void **state)
{
	static const enum apic_mode modes[] = {APIC_MODE_DISABLED, APIC_MODE_XAPIC,
					       APIC_MODE_X2APIC};

	(void)state;
	for (size_t ran = 0; ran < ARRAY_SIZE(modes); ran++) {
		for (size_t mode = 0; mode < ARRAY_SIZE(modes); mode++) {
			bool genuine = ran == mode && ran != 0;

			for (u64 id = 0; id < 6; id++)
				assert_int_equal(avic_incomplete_ipi(modes[ran], modes[mode],
								     id << 32) != AVIC_NOTHING,
						 genuine);
			for (u64 info = 0; info < 0x1000; info += 0x10) {
				assert_int_equal(avic_unaccelerated(modes[ran], modes[mode],
								    info) != AVIC_NOTHING,
						 genuine);
				assert_int_equal(avic_unaccelerated(modes[ran], modes[mode],
								    info | BIT(32)) != AVIC_NOTHING,
						 genuine);
			}
		}
	}
}

static void broken_entry(void **state)
{
	(void)state;
	assert_int_equal(avic_incomplete_ipi(APIC_MODE_XAPIC, APIC_MODE_XAPIC,
					     (u64)MODEL_INVALID_BACKING_PAGE << 32),
			 AVIC_BROKEN);
}

static struct accel_hardware derive(u64 features)
{
	struct accel_hardware out = {.modes = BIT(APIC_MODE_XAPIC) | BIT(APIC_MODE_X2APIC)};

	svm_caps_derive_accel(features, &out);
	return out;
}

static void features(void **state)
{
	(void)state;
	assert_int_equal(derive(BIT(13) | BIT(18)).modes,
			 BIT(APIC_MODE_XAPIC) | BIT(APIC_MODE_X2APIC));
	assert_int_equal(derive(BIT(13)).modes, BIT(APIC_MODE_XAPIC));
	assert_int_equal(derive(BIT(18)).modes, 0);
	assert_int_equal(derive(0).modes, 0);
	assert_non_null(strstr(derive(0).missing, "AVIC"));
	assert_string_equal(derive(BIT(13)).missing, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipis_reach_whom_they_should),
		cmocka_unit_test(aliases_meanwhile),
		cmocka_unit_test(wide_id_shares_no_entry),
		cmocka_unit_test(entries_go_when_apics_do),
		cmocka_unit_test(unaccelerated_accesses),
		cmocka_unit_test(exits_that_should_not_have_come),
		cmocka_unit_test(broken_entry),
		cmocka_unit_test(features),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
