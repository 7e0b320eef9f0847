/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual LAPIC: priorities, EOI, ICR, posted messages, LINT pins. */
#include <pthread.h>

#include "apic/virt/vlapic_parts.h"
#include "tests/unit/vlapic_rig.h"

static void priorities(void **state)
{
	(void)state;
	fresh();
	receive(0x31, false);
	receive(0x35, false);
	receive(0x52, false);
	assert_int_equal(rd(0x200 + 0x10), BIT(0x11) | BIT(0x15));
	assert_int_equal(take(), 0x52);
	assert_int_equal(rd(APIC_REG_PPR), 0x50);
	assert_int_equal(take(), -1);
	receive(0x5f, false); /* same class: must wait */
	assert_int_equal(take(), -1);
	receive(0x60, false);
	assert_int_equal(take(), 0x60);
	assert_int_equal(rd(0x100 + 0x20), BIT(0x12));
	assert_int_equal(rd(0x100 + 0x30), BIT(0));
	eoi();
	assert_int_equal(rd(APIC_REG_PPR), 0x50);
	eoi();
	assert_int_equal(take(), 0x5f);
	eoi();
	assert_int_equal(take(), 0x35);
	eoi();
	assert_int_equal(take(), 0x31);
	eoi();
	eoi(); /* no interrupt in service: no effect */
	assert_int_equal(fx.what, 0);
	assert_int_equal(rd(APIC_REG_PPR), 0);
}

static void task_priority(void **state)
{
	(void)state;
	fresh();
	assert_true(vlapic_write_cr8(&v, 5));
	assert_false(vlapic_write_cr8(&v, 16));
	assert_int_equal(rd(APIC_REG_TPR), 0x50);
	receive(0x5f, false);
	assert_int_equal(take(), -1);
	wr(APIC_REG_TPR, 0x4f);
	assert_int_equal(vlapic_read_cr8(&v), 4);
	assert_int_equal(take(), 0x5f);
	assert_int_equal(rd(APIC_REG_PPR), 0x50); /* ISRV's class is higher: low bits zero */
	wr(APIC_REG_TPR, 0x57); /* equal classes: all of TPR, one of the two permitted answers */
	assert_int_equal(rd(APIC_REG_PPR), 0x57);
	wr(APIC_REG_TPR, 0x93);
	assert_int_equal(rd(APIC_REG_PPR), 0x93);
}

static void arbitration_priority(void **state)
{
	(void)state;
	fresh();
	assert_int_equal(rd(APIC_REG_APR), 0);
	wr(APIC_REG_TPR, 0x34);
	assert_int_equal(rd(APIC_REG_APR), 0x34);
	receive(0x51, false);
	assert_int_equal(rd(APIC_REG_APR), 0x50);
	assert_int_equal(take(), 0x51);
	receive(0x41, false);
	assert_int_equal(rd(APIC_REG_APR), 0x50);
	assert_int_equal(rd(APIC_REG_RRD), 0);
}

static void eoi_broadcast(void **state)
{
	(void)state;
	fresh();
	receive(0x41, true);
	assert_int_equal(rd(0x180 + 0x20), BIT(1));
	assert_int_equal(take(), 0x41);
	eoi();
	assert_int_equal(fx.what, VLAPIC_BROADCAST_EOI);
	assert_int_equal(fx.eoi_vector, 0x41);
	receive(0x41, false); /* the same vector by edge: TMR cleared */
	assert_int_equal(rd(0x180 + 0x20), 0);
	assert_int_equal(take(), 0x41);
	eoi();
	assert_int_equal(fx.what, 0);
	wr(APIC_REG_SVR, 0x11ff); /* suppressed */
	receive(0x41, true);
	assert_int_equal(take(), 0x41);
	eoi();
	assert_int_equal(fx.what, 0);
}

static void posting(void **state)
{
	(void)state;
	fresh();
	assert_false(vlapic_has_posted(&v));
	assert_int_equal(post(APIC_FIXED, 0xff, false), VLAPIC_NOTIFY_ANY);
	assert_int_equal(post(APIC_FIXED, 0x10, false), VLAPIC_NOTIFIED);
	assert_int_equal(post(APIC_FIXED, 0x11, true), VLAPIC_NOTIFY_OWNER);
	assert_int_equal(post(APIC_SMI, 0, false), VLAPIC_NOTIFIED);
	assert_true(vlapic_has_posted(&v));
	assert_int_equal(take(), -1);
	assert_int_equal(vlapic_sync_posted(&v), VLAPIC_SMI);
	assert_false(vlapic_has_posted(&v));
	assert_int_equal(take(), 0xff);
	assert_true(post(APIC_FIXED, 0x0f, false));
	assert_int_equal(vlapic_sync_posted(&v), 0);
	wr(APIC_REG_ESR, 0);
	assert_int_equal(rd(APIC_REG_ESR), BIT(6));
}

static void startup_requests(void **state)
{
	(void)state;
	fresh();
	post(APIC_INIT, 0, false);
	post(APIC_STARTUP, 0x9a, false);
	post(APIC_STARTUP, 0x55, false); /* the first one is used */
	assert_int_equal(vlapic_sync_posted(&v), VLAPIC_INIT | VLAPIC_SIPI | 0x9a00);
	assert_int_equal(vlapic_sync_posted(&v), 0);
	post(APIC_STARTUP, 0x55, false);
	post(APIC_INIT, 0, false); /* cancels the start-up before it */
	assert_int_equal(vlapic_sync_posted(&v), VLAPIC_INIT);
	static const struct {
		u8 delivery;
		u32 request;
	} modes[] = {{APIC_SMI, VLAPIC_SMI},
		     {3, 0},
		     {APIC_NMI, VLAPIC_NMI},
		     {APIC_INIT, VLAPIC_INIT},
		     {APIC_STARTUP, VLAPIC_SIPI | 0x4100},
		     {APIC_EXTINT, VLAPIC_EXTINT}};
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct apic_message message = {.vector = 0x41, .delivery = modes[i].delivery};
		vlapic_post(&v.posted, &message);
		assert_int_equal(vlapic_sync_posted(&v), modes[i].request);
	}
	assert_int_equal(take(), -1);
}

static void icr_messages(void **state)
{
	(void)state;
	fresh();
	wr(APIC_REG_ICR_HIGH, 0x42000000);
	wr(APIC_REG_ICR, 0x00004830); /* fixed, logical */
	assert_int_equal(fx.what, VLAPIC_SEND_IPI);
	assert_int_equal(fx.ipi.destination, 0x42);
	assert_int_equal(fx.ipi.vector, 0x30);
	assert_int_equal(fx.ipi.delivery, APIC_FIXED);
	assert_int_equal(fx.ipi.shorthand, APIC_TO_DESTINATION);
	assert_true(fx.ipi.logical);
	assert_false(fx.ipi.level);
	assert_int_equal(rd(APIC_REG_ICR), 0x4830); /* delivery status: idle */
	wr(APIC_REG_ICR, 0x000c4500);
	assert_int_equal(fx.ipi.delivery, APIC_INIT);
	assert_int_equal(fx.ipi.shorthand, APIC_TO_OTHERS);
	wr(APIC_REG_ICR, 0x00008500); /* INIT level de-assert */
	assert_int_equal(fx.what, 0);
	wr(APIC_REG_ICR, 0x0000c500);
	assert_int_equal(fx.what, VLAPIC_SEND_IPI);
	wr(APIC_REG_ICR, 0x000006ab);
	assert_int_equal(fx.ipi.delivery, APIC_STARTUP);
	assert_int_equal(fx.ipi.vector, 0xab);
	wr(APIC_REG_ICR, 0x00000601); /* a page, not a vector: 1 is legal */
	wr(APIC_REG_ICR, 0x00000400);
	wr(APIC_REG_ESR, 0);
	assert_int_equal(rd(APIC_REG_ESR), 0);

	fresh_x2apic();
	assert_true(wrmsr_ok(0x830, 0x8765432100000456));
	assert_int_equal(fx.ipi.destination, 0x87654321);
	assert_int_equal(fx.ipi.delivery, APIC_NMI);
	assert_int_equal(rdmsr(0x830), 0x8765432100000456);
}

/* SDM 3A "Interrupt Command Register (ICR)": the valid delivery modes for each shorthand. */
static void icr_combinations(void **state)
{
	(void)state;
	static const bool valid[4][8] = {
		{1, 1, 1, 0, 1, 1, 1, 0}, /* none */
		{0, 0, 0, 0, 0, 0, 0, 0}, /* self: a fixed one is delivered at once */
		{1, 0, 0, 0, 0, 0, 0, 0}, /* all including self */
		{1, 1, 1, 0, 1, 1, 1, 0}, /* all excluding self */
	};
	for (u32 shorthand = 0; shorthand < 4; shorthand++)
		for (u32 mode = 0; mode < 8; mode++) {
			fresh();
			wr(APIC_REG_ICR, shorthand << 18 | 0x4000 | mode << 8 | 0x77);
			assert_int_equal(fx.what, valid[shorthand][mode] ? VLAPIC_SEND_IPI : 0);
			assert_int_equal(take(), shorthand == 1 && mode == 0 ? 0x77 : -1);
		}
}

static void self_ipi(void **state)
{
	(void)state;
	fresh();
	receive(0x61, true);
	wr(APIC_REG_ICR, 0x00040061);
	assert_int_equal(rd(0x180 + 0x30), 0); /* an IPI is an edge */
	assert_int_equal(take(), 0x61);
	fresh_x2apic();
	assert_true(wrmsr_ok(0x83f, 0x62));
	assert_int_equal(fx.what, 0);
	assert_int_equal(take(), 0x62);
	assert_true(wrmsr_ok(0x83f, 0x0f));
	assert_int_equal(take(), -1);
	assert_true(wrmsr_ok(0x828, 0));
	assert_int_equal(rdmsr(0x828), BIT(5) | BIT(6)); /* sent and received */
	assert_true(wrmsr_ok(0x830, 0x0f));		 /* to ID 0 */
	assert_int_equal(fx.what, VLAPIC_SEND_IPI);
	assert_true(wrmsr_ok(0x828, 0));
	assert_int_equal(rdmsr(0x828), BIT(5));
}

static void pic_and_nmi_lines(void **state)
{
	(void)state;
	vlapic_reset(&v, &full);
	assert_false(vlapic_accepts_pic(&v)); /* masked at reset */
	vlapic_set_virtual_wire(&v);
	assert_true(vlapic_accepts_pic(&v));
	vlapic_set_lint(&v, 0, true); /* ExtINT: the PIC gives the vector, nothing is latched */
	assert_false(vlapic_has_posted(&v));
	vlapic_set_lint(&v, 1, true);
	assert_true(vlapic_has_posted(&v));
	assert_int_equal(vlapic_sync_posted(&v), VLAPIC_NMI);
	vlapic_set_lint(&v, 1, true); /* no new edge */
	assert_int_equal(vlapic_sync_posted(&v), 0);
	wr(APIC_REG_LVT_LINT0, 0x10700);
	assert_false(vlapic_accepts_pic(&v));
	wr(APIC_REG_LVT_LINT0, 0x00030);
	assert_false(vlapic_accepts_pic(&v));
	assert_true(base_ok(0));
	assert_true(vlapic_accepts_pic(&v)); /* the pin is INTR */
	vlapic_set_lint(&v, 1, false);
	vlapic_set_lint(&v, 1, true); /* the pin is NMI */
	assert_int_equal(vlapic_sync_posted(&v), VLAPIC_NMI);
}

static void fixed_lints(void **state)
{
	(void)state;
	fresh();
	wr(APIC_REG_LVT_LINT1, 0x41);
	vlapic_set_lint(&v, 1, true);
	assert_int_equal(take(), 0x41);
	eoi();
	assert_int_equal(take(), -1);

	vlapic_set_lint(&v, 0, true);
	wr(APIC_REG_LVT_LINT0, 0x8051); /* level, already asserted */
	assert_int_equal(rd(APIC_REG_LVT_LINT0), 0xc051);
	assert_int_equal(take(), 0x51);
	assert_int_equal(take(), -1);
	eoi();
	assert_int_equal(take(), 0x51); /* still asserted */
	vlapic_set_lint(&v, 0, false);
	eoi();
	assert_int_equal(take(), -1);
	assert_int_equal(rd(APIC_REG_LVT_LINT0), 0x8051);
}

/*
 * APICs that listen to the line, the line's state when one begins to listen, and active-low
 * lines.
 */
static void lint0_listening(void **state)
{
	(void)state;
	fresh();
	assert_false(vlapic_needs_lint0(&v));
	wr(APIC_REG_LVT_LINT0, 0x51);
	assert_true(fx.what & VLAPIC_LINT_CHANGED);
	assert_true(vlapic_needs_lint0(&v));
	vlapic_sync_lint(&v, 0, true);
	assert_int_equal(take(), -1); /* no edge */
	vlapic_set_lint(&v, 0, true);
	assert_int_equal(take(), -1);
	vlapic_set_lint(&v, 0, false);
	vlapic_set_lint(&v, 0, true);
	assert_int_equal(take(), 0x51);
	eoi();
	wr(APIC_REG_LVT_LINT1, 0x51);
	assert_false(fx.what & VLAPIC_LINT_CHANGED);

	fresh();
	wr(APIC_REG_LVT_LINT0, 0x8052);
	vlapic_sync_lint(&v, 0, true);
	assert_int_equal(take(), 0x52); /* a level is evaluated at once */

	fresh();
	vlapic_sync_lint(&v, 0, true);
	wr(APIC_REG_LVT_LINT0, 0xa053); /* level, active low */
	assert_int_equal(take(), -1);
	vlapic_set_lint(&v, 0, false);
	assert_int_equal(take(), 0x53);
	assert_true(base_ok(0));
	assert_true(vlapic_needs_lint0(&v)); /* the pin is INTR */
}

/* The priority that other CPUs compare for lowest-priority delivery. */
static void published_priority(void **state)
{
	(void)state;
	fresh();
	assert_int_equal(vlapic_priority(&v), 0);
	wr(APIC_REG_TPR, 0x35);
	assert_int_equal(vlapic_priority(&v), 0x35);
	receive(0x61, false);
	assert_int_equal(take(), 0x61);
	assert_int_equal(vlapic_priority(&v), 0x60);
	assert_true(vlapic_write_cr8(&v, 9));
	assert_int_equal(vlapic_priority(&v), 0x90);
	eoi();
	assert_true(vlapic_write_cr8(&v, 0));
	assert_int_equal(vlapic_priority(&v), 0);
}

static bool is_posted_to_hardware(u8 vector)
{
	return v.posted.pir[vector / 32] & BIT(vector % 32);
}

/*
 * Posted-interrupt processing clears `on` and empties `pir` (SDM 3C "Posted-Interrupt
 * Processing"): it must find no vector whose trigger mode has changed, and the owner must
 * still learn of those vectors.
 */
static void posting_to_hardware(void **state)
{
	(void)state;
	fresh();
	post(APIC_FIXED, 0x44, true);
	post(APIC_FIXED, 0x55, false);
	assert_true(is_posted_to_hardware(0x55) && !is_posted_to_hardware(0x44));
	v.posted.on = 0;
	v.posted.pir[0x55 / 32] = 0;
	assert_true(vlapic_has_posted(&v));
	vlapic_sync_posted(&v);
	assert_int_equal(rd(APIC_REG_IRR + 0x44 / 32 * 0x10), BIT(4));
	assert_int_equal(rd(APIC_REG_TMR + 0x44 / 32 * 0x10), BIT(4));
	assert_int_equal(post(APIC_FIXED, 0x44, false), VLAPIC_NOTIFY_OWNER);
	assert_false(is_posted_to_hardware(0x44));
	vlapic_sync_posted(&v);
	assert_int_equal(rd(APIC_REG_TMR + 0x44 / 32 * 0x10), 0);
	assert_int_equal(post(APIC_FIXED, 0x44, false), VLAPIC_NOTIFY_ANY);
	assert_true(is_posted_to_hardware(0x44));
	vlapic_accept(&v, 0x66, true); /* for example by LINT0 */
	assert_int_equal(post(APIC_FIXED, 0x66, false), VLAPIC_NOTIFY_OWNER);
	assert_false(is_posted_to_hardware(0x66));
}

enum { POSTS = 200000 };
static u64 kicks;

static void *post_many(void *unused)
{
	(void)unused;
	for (int i = 0; i < POSTS; i++)
		if (post(APIC_FIXED, (u8)(16 + i % 240), i & 1))
			__atomic_fetch_add(&kicks, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/*
 * A posted message is in IRR after one sync that follows it. Each sync was announced in one
 * way or in two.
 */
static void concurrent_posts(void **state)
{
	(void)state;
	fresh();
	pthread_t poster;
	u64 syncs = 0;
	kicks = 0;
	assert_int_equal(pthread_create(&poster, NULL, post_many, NULL), 0);
	while (__atomic_load_n(&kicks, __ATOMIC_SEQ_CST) == 0)
		;
	for (int i = 0; i < POSTS; i++) {
		if (!vlapic_has_posted(&v))
			continue;
		vlapic_sync_posted(&v);
		syncs++;
	}
	pthread_join(poster, NULL);
	if (vlapic_has_posted(&v)) {
		vlapic_sync_posted(&v);
		syncs++;
	}
	assert_in_range(kicks, syncs, 2 * syncs);
	int count = 0;
	for (u32 offset = 0x200; offset < 0x280; offset += 0x10)
		count += __builtin_popcount(rd(offset));
	assert_int_equal(count, 240);
}

/*
 * If a disabled APIC drops a level-triggered message, it reports that once, whatever else
 * came. It does not report an edge.
 */
static void dropped_levels(void **state)
{
	(void)state;
	fresh();
	receive(0x31, true);
	assert_int_equal(vlapic_take_dropped(&v), -1); /* accepted */
	wr(APIC_REG_SVR, 0xff);
	receive(0x41, false);
	receive(0x42, true);
	receive(0xff, true);
	receive(0x42, true);
	assert_int_equal(vlapic_take_dropped(&v), 0x42);
	assert_int_equal(vlapic_take_dropped(&v), 0xff);
	assert_int_equal(vlapic_take_dropped(&v), -1);
	post(APIC_FIXED, 0x51, true);
	vlapic_init(&v); /* INIT also drops a report that has not been taken */
	assert_int_equal(vlapic_take_dropped(&v), 0x51);
	assert_int_equal(vlapic_take_dropped(&v), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(priorities),
		cmocka_unit_test(task_priority),
		cmocka_unit_test(arbitration_priority),
		cmocka_unit_test(eoi_broadcast),
		cmocka_unit_test(posting),
		cmocka_unit_test(posting_to_hardware),
		cmocka_unit_test(startup_requests),
		cmocka_unit_test(icr_messages),
		cmocka_unit_test(icr_combinations),
		cmocka_unit_test(self_ipi),
		cmocka_unit_test(pic_and_nmi_lines),
		cmocka_unit_test(fixed_lints),
		cmocka_unit_test(lint0_listening),
		cmocka_unit_test(published_priority),
		cmocka_unit_test(concurrent_posts),
		cmocka_unit_test(dropped_levels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
