/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages that the ICR sends: delivery modes, shorthands, levels, illegal vectors. SDM 3A
 * "Interrupt Command Register (ICR)", "Error Handling", "ICR Operation in x2APIC Mode",
 * "SELF IPI Register". Destinations: apic/destinations.c.
 */
#include "apic/suite.h"

enum { VECTOR = 0x61 };

static void check_send(u32 destination, u32 command, u64 want, const char *name)
{
	seen_clear();
	apic_send(destination, VECTOR | command);
	seen_check(VECTOR, want, suite_mode(), name);
}

static void check_shorthands(void)
{
	u64 others = suite_all() & ~1ULL;

	check_send(0, ICR_SELF | ICR_ASSERT, 1, "self");
	check_send(0, ICR_SELF, 1, "self without assert");
	check_send(0xff, ICR_SELF | ICR_ASSERT, 1, "self, destination ignored");
	check_send(0, ICR_ALL | ICR_ASSERT, suite_all(), "all");
	check_send(0x77, ICR_ALL | ICR_ASSERT, suite_all(), "all, destination ignored");
	check_send(0, ICR_OTHERS | ICR_ASSERT, others, "others");
	check_send(0, ICR_OTHERS | ICR_LOGICAL | ICR_ASSERT, others, "others, logical ignored");
	check_send(cpus[0].apic_id, ICR_LEVEL | ICR_ASSERT, 1, "fixed with trigger mode level");
}

/* A level-triggered IPI is an edge: TMR stays clear. */
static void check_trigger_mode(void)
{
	seen_clear();
	apic_send(cpus[0].apic_id, VECTOR | ICR_LEVEL | ICR_ASSERT);
	seen_wait(VECTOR, 1);
	check_equal(apic_read((enum apic_register)(APIC_TMR + VECTOR / 32 * 0x10)), 0,
		    "%s: TMR after an IPI", suite_mode());
}

static void check_nmi(u32 destination, u32 command, u64 want, const char *name)
{
	seen_clear();
	apic_send(destination, command | ICR_NMI | ICR_ASSERT);
	check_equal(seen_nmis(want), want, "%s NMI %s: who got it", suite_mode(), name);
}

static void check_nmis(void)
{
	check_nmi(cpus[0].apic_id, 0, 1, "to oneself");
	check_nmi(cpus[0].apic_id, 0x55, 1, "with a vector, which is ignored");
	check_nmi(0, ICR_OTHERS, suite_all() & ~1ULL, "to others");
	check_nmi(cpu_this()->x2apic ? ~0u : 0xff, 0, suite_all(), "to all by broadcast");
	for (u32 i = 1; i < suite_cpus; i++)
		check_nmi(cpus[i].apic_id, 0, BIT(i), "to one");
}

struct illegal {
	const char *name;
	u32 command;
	u32 errors;
};

static const struct illegal illegals[] = {
	{"self, vector 0", 0 | ICR_SELF, ESR_SEND_ILLEGAL | ESR_RECEIVE_ILLEGAL},
	{"self, vector 15", 15 | ICR_SELF, ESR_SEND_ILLEGAL | ESR_RECEIVE_ILLEGAL},
	{"others, vector 3", 3 | ICR_OTHERS, ESR_SEND_ILLEGAL},
	{"to nobody, vector 9", 9, ESR_SEND_ILLEGAL},
	{"to nobody, vector 16", 16, 0},
	{"NMI with vector 3", 3 | ICR_NMI | ICR_OTHERS, 0},
};

static void check_illegal_vectors(void)
{
	u64 irr;

	for (u32 i = 0; i < ARRAY_SIZE(illegals); i++) {
		suite_errors();
		apic_send(0xee, illegals[i].command | ICR_ASSERT);
		timer_delay_us(500);
		check_equal(suite_errors(), illegals[i].errors, "%s: ESR after %s", suite_mode(),
			    illegals[i].name);
		irr = apic_read(APIC_IRR);
		check_equal(irr & 0xffff, 0, "%s: IRR after %s", suite_mode(), illegals[i].name);
	}
	suite_errors();
	apic_write(APIC_LVT_ERROR, 5);
	apic_send(0xee, 9 | ICR_ASSERT);
	check_equal(suite_errors(), ESR_SEND_ILLEGAL | ESR_RECEIVE_ILLEGAL,
		    "%s: an LVT entry with an illegal vector is an error as well", suite_mode());
	apic_write(APIC_LVT_ERROR, LVT_MASKED);
	suite_errors();
}

static void read_errors(void *errors)
{
	*(u32 *)errors = suite_errors();
}

/* The receiver's APIC also reports the illegal vector. */
static void check_illegal_receive(void)
{
	u32 errors;

	suite_on(1, read_errors, &errors);
	apic_send(cpus[1].apic_id, 15 | ICR_ASSERT);
	timer_delay_us(2000);
	suite_on(1, read_errors, &errors);
	check_equal(errors, ESR_RECEIVE_ILLEGAL, "%s: ESR of the receiver of vector 15",
		    suite_mode());
	suite_errors();
}

/* Reserved delivery modes send nothing and have no effect. */
static void check_reserved_modes(void)
{
	seen_clear();
	apic_send(cpus[0].apic_id, VECTOR | 3 << 8 | ICR_ASSERT);
	seen_check(VECTOR, 0, suite_mode(), "delivery mode 3");
	check_equal(seen_nmis(0), 0, "%s: no NMI from delivery mode 3", suite_mode());
}

/* INIT de-assert is no INIT. A SIPI to a CPU that runs has no effect. */
static void check_no_restart(void)
{
	u32 up = smp_count();

	apic_send(0, ICR_INIT | ICR_OTHERS | ICR_LEVEL);
	apic_send(0, ICR_STARTUP | ICR_OTHERS | ICR_ASSERT | 8);
	timer_delay_us(5000);
	check_equal(smp_count(), up, "%s: INIT de-assert and SIPI to CPUs that run", suite_mode());
	check_send(0, ICR_ALL | ICR_ASSERT, suite_all(), "all, after INIT de-assert and SIPI");
}

static void check_self_ipi(void)
{
	seen_clear();
	apic_write(APIC_SELF_IPI, VECTOR);
	seen_check(VECTOR, 1, suite_mode(), "SELF IPI");
	suite_errors();
	apic_write(APIC_SELF_IPI, 4);
	check_equal(suite_errors(), ESR_SEND_ILLEGAL | ESR_RECEIVE_ILLEGAL,
		    "x2APIC: ESR after SELF IPI with vector 4");
}

static void check_here(void)
{
	check_shorthands();
	check_trigger_mode();
	check_nmis();
	check_illegal_vectors();
	check_reserved_modes();
	if (suite_cpus > 1) {
		check_illegal_receive();
		check_no_restart();
	}
}

void apic_test_sending(void)
{
	check_here();
	check_equal(apic_read(APIC_ICR) & ICR_PENDING, 0, "xAPIC: delivery status ends idle");
	apic_write(APIC_ICR_HIGH, 0xffffffff);
	check_equal(apic_read(APIC_ICR_HIGH), 0xff000000, "xAPIC: ICR's high half has 8 bits");
	if (!machine.x2apic)
		return skip("no x2APIC", "sending in x2APIC mode");
	suite_set_x2apic(true);
	check_here();
	check_self_ipi();
	suite_set_x2apic(false);
}
