/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routing: the map, the scan and a reference written here from SDM 3A "Determining IPI
 * Destination" agree on random APICs and messages. Also tests readers while a writer
 * publishes.
 */
#include <pthread.h>
#include <string.h>

#include "tests/unit/test.h"

#include "apic/virt/route.h"

static struct route_apic apics[MAX_VCPUS];
static struct route_map map;
static struct route_table table;

static u64 seed = 0x9e3779b97f4a7c15;

static u32 rnd(u32 below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (u32)(seed >> 32) % below;
}

/* --- The reference: one question, "does this APIC take this message?" --- */

static bool logical_hit(const struct route_apic *a, u32 mda)
{
	if (a->mode == APIC_MODE_X2APIC) {
		u32 cluster = a->id >> 4, member = a->id & 15;
		return (mda >> 16) == (cluster & 0xffff) && (mda >> member & 1);
	}
	mda &= 0xff;
	switch (a->dfr) {
	case 0xf: /* flat: any bit in common */
		return (mda & a->ldr) != 0;
	case 0x0: /* cluster: high nibble names it, low nibble its members */
		return (mda & 0xf0) == (a->ldr & 0xf0) && ((mda & 0xf) & (a->ldr & 0xf)) != 0;
	}
	return false;
}

static bool reference_accepts(unsigned self, unsigned sender, const struct apic_message *m)
{
	const struct route_apic *a = &apics[self];
	if (a->mode == APIC_MODE_DISABLED)
		return false;
	bool always = m->delivery == APIC_NMI || m->delivery == APIC_SMI ||
		      m->delivery == APIC_INIT || m->delivery == APIC_STARTUP;
	if (!a->software_enabled && !always)
		return false;
	switch (m->shorthand) {
	case APIC_TO_SELF:
		return self == sender;
	case APIC_TO_ALL:
		return true;
	case APIC_TO_OTHERS:
		return self != sender;
	}
	u32 width = a->mode == APIC_MODE_X2APIC ? 0xffffffff : 0xff;
	if ((m->destination & width) == width)
		return true;
	if (m->logical)
		return logical_hit(a, m->destination);
	return a->id == (m->destination & width);
}

/* --- Random worlds --- */

static u32 random_id(u32 kind, unsigned index)
{
	switch (kind) {
	case 0:
		return index;
	case 1:
		return index * 4;
	case 2:
		return rnd(0x140); /* aliases, and more than 8 bits */
	default:
		return rnd(2) ? rnd(2000) : rnd(0xffffffff);
	}
}

static void random_apics(unsigned count)
{
	u32 ids = rnd(4), modes = rnd(4), dfrs = rnd(3);
	for (unsigned i = 0; i < count; i++) {
		struct route_apic *a = &apics[i];
		a->mode = (u8)(modes < 3 ? modes : rnd(3));
		a->id = random_id(ids, i);
		a->ldr = rnd(3) ? BIT(i % 8) : rnd(256);
		a->dfr = (u8)(dfrs == 0 ? 0xf : dfrs == 1 ? 0 : rnd(3) ? rnd(2) * 0xf : rnd(16));
		a->software_enabled = rnd(8) != 0;
		if (a->mode == APIC_MODE_X2APIC)
			a->ldr = apic_x2apic_ldr(a->id);
		else
			a->id &= 0xff;
	}
}

static u32 random_destination(unsigned count)
{
	u32 index = rnd(count);
	switch (rnd(6)) {
	case 0:
		return apics[index].id;
	case 1:
		return apics[index].ldr | rnd(16);
	case 2:
		return rnd(256);
	case 3:
		return rnd(2) ? 0xff : 0xffffffff;
	case 4:
		return apics[index].id + 0x100 * rnd(4);
	default:
		return rnd(2) ? rnd(0x100) << 16 | rnd(0x10000) : rnd(0xffffffff) << 8 | 0xff;
	}
}

static void three_ways_agree(void **state)
{
	(void)state;
	static const u8 deliveries[] = {APIC_FIXED, APIC_LOWEST_PRIORITY, APIC_SMI,   APIC_NMI,
					APIC_INIT,  APIC_STARTUP,	  APIC_EXTINT};
	unsigned hits = 0;
	for (int world = 0; world < 1500; world++) {
		unsigned count = 1 + rnd(rnd(2) ? 8 : MAX_VCPUS);
		random_apics(count);
		route_map_build(&map, apics, count);
		for (int i = 0; i < 100; i++) {
			struct apic_message m = {
				.destination = random_destination(count),
				.delivery = deliveries[rnd(ARRAY_SIZE(deliveries))],
				.shorthand = (u8)(rnd(8) ? 0 : rnd(4)),
				.logical = rnd(2),
			};
			unsigned sender = rnd(count);
			struct vcpu_set fast, slow, want = {{0}};
			route_map_find(&map, &m, sender, &fast);
			route_scan(apics, count, &m, sender, &slow);
			for (unsigned c = 0; c < count; c++)
				if (reference_accepts(c, sender, &m))
					vcpu_set_add(&want, c);
			assert_memory_equal(&slow, &want, sizeof(want));
			assert_memory_equal(&fast, &want, sizeof(want));
			hits += !vcpu_set_empty(&want);
		}
	}
	assert_true(hits > 30000); /* many messages have receivers */
}

/* An ID of 0x123 is truncated to 0x23, beside an APIC with the ID 0x23. */
static void aliased_ids_both_accept(void **state)
{
	(void)state;
	struct route_apic on = {.mode = APIC_MODE_XAPIC, .dfr = 0xf, .software_enabled = true};
	route_init(&table, 3);
	on.id = 0x23;
	route_update(&table, 0, &on);
	assert_int_equal(route_traits(&table), 0);
	route_update(&table, 2, &on);
	assert_int_equal(route_traits(&table), ROUTE_ALIASED_IDS);
	struct apic_message m = {.destination = 0x23};
	struct vcpu_set set;
	route_find(&table, &m, 1, &set);
	assert_int_equal(set.bits[0], BIT(0) | BIT(2));
	on.mode = APIC_MODE_X2APIC;
	on.id = 0x123;
	route_update(&table, 2, &on);
	assert_int_equal(route_traits(&table), ROUTE_ALIASED_IDS | ROUTE_MIXED_MODES);
	m.destination = 0x123; /* the x2APIC by 32 bits, the xAPIC by 8 */
	route_find(&table, &m, 1, &set);
	assert_int_equal(set.bits[0], BIT(0) | BIT(2));
	m.destination = 0x23;
	route_find(&table, &m, 1, &set);
	assert_int_equal(set.bits[0], BIT(0));
	on.id = 5000;
	on.mode = APIC_MODE_X2APIC;
	route_update(&table, 2, &on);
	assert_int_equal(route_traits(&table), ROUTE_LARGE_IDS | ROUTE_MIXED_MODES);
	route_update(&table, 3, &on); /* the vCPU does not exist: no effect */
	on.mode = APIC_MODE_XAPIC;
	on.dfr = 3;
	route_update(&table, 2, &on);
	assert_int_equal(route_traits(&table) & ROUTE_MIXED_MODELS, ROUTE_MIXED_MODELS);
}

static void lowest_priority(void **state)
{
	(void)state;
	static u8 priority[MAX_VCPUS];
	memset(priority, 0x20, sizeof(priority));
	priority[200] = 0x10;
	struct vcpu_set set = {{0}};
	route_choose_lowest(&set, 0x30, NULL);
	assert_true(vcpu_set_empty(&set));
	for (unsigned vector = 16; vector < 256; vector++) {
		set = (struct vcpu_set){{BIT(1) | BIT(7), BIT(0), 0, 0}};
		route_choose_lowest(&set, (u8)vector, NULL);
		static const int members[] = {1, 7, 64};
		assert_int_equal(vcpu_set_count(&set), 1);
		assert_int_equal(vcpu_set_next(&set, 0), members[vector % 3]);
		set = (struct vcpu_set){{BIT(1) | BIT(7), 0, 0, BIT(8)}};
		route_choose_lowest(&set, (u8)vector, priority);
		assert_int_equal(vcpu_set_next(&set, 0), 200);
	}
	priority[7] = 0x1f; /* only the class matters */
	set = (struct vcpu_set){{BIT(1) | BIT(7), 0, 0, BIT(8)}};
	route_choose_lowest(&set, 0x30, priority);
	assert_int_equal(vcpu_set_next(&set, 0), 7);
}

/* --- Publishing: the writer changes LDRs, but 7 is always vCPU 0 and 9 is vCPUs 1 and 2. --- */

static bool stop;

static void *keep_publishing(void *unused)
{
	(void)unused;
	struct route_apic on = {.mode = APIC_MODE_XAPIC, .dfr = 0xf, .software_enabled = true};
	for (u32 turn = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); turn++)
		for (unsigned i = 0; i < 2; i++) {
			on.id = 9;
			on.ldr = turn & 0xff;
			route_update(&table, i + 1, &on);
		}
	return NULL;
}

static void readers_see_whole_maps(void **state)
{
	(void)state;
	struct route_apic on = {
		.id = 7, .mode = APIC_MODE_XAPIC, .dfr = 0xf, .software_enabled = true};
	route_init(&table, 3);
	for (unsigned i = 0; i < 3; i++) {
		on.id = i ? 9 : 7;
		route_update(&table, i, &on);
	}
	pthread_t writer;
	stop = false;
	assert_int_equal(pthread_create(&writer, NULL, keep_publishing, NULL), 0);
	struct vcpu_set set;
	bool whole = true;
	for (int i = 0; i < 300000; i++) {
		struct apic_message m = {.destination = i & 1 ? 7 : 9};
		route_find(&table, &m, 0, &set);
		whole &= set.bits[0] == (i & 1 ? BIT(0) : BIT(1) | BIT(2));
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(writer, NULL);
	assert_true(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_ways_agree),
		cmocka_unit_test(aliased_ids_both_accept),
		cmocka_unit_test(lowest_priority),
		cmocka_unit_test(readers_see_whole_maps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
