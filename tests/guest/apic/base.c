/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IA32_APIC_BASE: its valid values, the valid changes of mode, and the registers that
 * survive a change of mode. SDM 3A "Local APIC Status and Location", "x2APIC State
 * Transitions".
 */
#include "apic/suite.h"

enum mode { OFF, XAPIC, INVALID, X2APIC }; /* EN, EXTD as a number of two bits */

#define BASE_RESERVED (BITS(7, 0) | BIT(9))

static u64 mode_bits(enum mode mode)
{
	static const u16 bits[] = {
		[OFF] = 0,
		[XAPIC] = APIC_BASE_ENABLE,
		[INVALID] = APIC_BASE_X2APIC,
		[X2APIC] = APIC_BASE_ENABLE | APIC_BASE_X2APIC,
	};
	return bits[mode];
}

static u64 base_with(enum mode mode)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	return (base & ~(u64)(APIC_BASE_ENABLE | APIC_BASE_X2APIC)) | mode_bits(mode);
}

/* Changes from any mode to the new one by legal steps. */
static void enter(enum mode mode)
{
	x86_wrmsr(MSR_APIC_BASE, base_with(OFF));
	if (mode != OFF)
		x86_wrmsr(MSR_APIC_BASE, base_with(XAPIC));
	if (mode == X2APIC)
		x86_wrmsr(MSR_APIC_BASE, base_with(X2APIC));
	cpu_this()->x2apic = mode == X2APIC;
}

struct transition {
	const char *name;
	enum mode from, to;
	bool legal;
};

static const struct transition transitions[] = {
	{"off to off", OFF, OFF, true},
	{"off to xAPIC", OFF, XAPIC, true},
	{"off to x2APIC", OFF, X2APIC, false},
	{"off to EXTD alone", OFF, INVALID, false},
	{"xAPIC to off", XAPIC, OFF, true},
	{"xAPIC to xAPIC", XAPIC, XAPIC, true},
	{"xAPIC to x2APIC", XAPIC, X2APIC, true},
	{"xAPIC to EXTD alone", XAPIC, INVALID, false},
	{"x2APIC to off", X2APIC, OFF, true},
	{"x2APIC to xAPIC", X2APIC, XAPIC, false},
	{"x2APIC to x2APIC", X2APIC, X2APIC, true},
	{"x2APIC to EXTD alone", X2APIC, INVALID, false},
};

static void check_transition(const struct transition *t)
{
	u64 before, want;
	bool done;

	enter(t->from);
	before = x86_rdmsr(MSR_APIC_BASE);
	want = t->legal ? base_with(t->to) : before;
	done = trap_wrmsr(MSR_APIC_BASE, base_with(t->to));
	check(done == t->legal, "%s %s", t->name, t->legal ? "is allowed" : "faults");
	check_equal(x86_rdmsr(MSR_APIC_BASE), want, "IA32_APIC_BASE after %s", t->name);
	check_equal(!!(x86_cpuid(1, 0).edx & BIT(9)), !!(want & APIC_BASE_ENABLE),
		    "CPUID.APIC after %s", t->name);
}

/* One reserved bit at a time; the physical-address width from CPUID 8000_0008. */
static void check_reserved(void)
{
	u32 width = x86_cpuid(0x80000008, 0).eax & 0xff;
	u64 reserved = BASE_RESERVED | (width < 64 ? BITS(63, width) : 0), taken = 0;

	if (!machine.x2apic)
		reserved |= APIC_BASE_X2APIC;
	enter(XAPIC); /* every other step is legal from this mode */
	for (u32 bit = 0; bit < 64; bit++) {
		if (reserved & BIT(bit) && trap_wrmsr(MSR_APIC_BASE, base_with(XAPIC) | BIT(bit)))
			taken |= BIT(bit);
	}
	check_equal(taken, 0, "reserved bits of IA32_APIC_BASE that do not fault");
	enter(OFF);
	x86_wrmsr(MSR_APIC_BASE, APIC_ADDRESS | (cpu_this()->index ? 0 : APIC_BASE_BSP));
}

static void check_transitions(void *unused)
{
	(void)unused;
	for (u32 i = 0; i < ARRAY_SIZE(transitions); i++) {
		const struct transition *t = &transitions[i];

		if (machine.x2apic || (t->from != X2APIC && t->to != X2APIC))
			check_transition(t);
	}
	check_reserved();
	suite_reset_apic(NULL);
}

/* Turning the APIC off and on resets its registers as power-up does. */
static void check_loss(void)
{
	suite_reset_apic(NULL);
	apic_write(APIC_TPR, 0x40);
	apic_write(APIC_LDR, 0x55000000);
	apic_write(APIC_LVT_ERROR, 0x77);
	x86_cli();
	apic_send(0, 0x51 | ICR_SELF | ICR_ASSERT);
	enter(OFF);
	enter(XAPIC);
	check_equal(apic_read(APIC_TPR), 0, "off and on: TPR is 0");
	check_equal(apic_read(APIC_LDR), 0, "off and on: LDR is 0");
	check_equal(apic_read(APIC_LVT_ERROR), LVT_MASKED, "off and on: LVT is masked");
	check_equal(apic_read(APIC_SVR), 0xff, "off and on: software-disabled");
	check_equal(apic_read(APIC_IRR + 0x20), 0, "off and on: nothing is pending");
	suite_reset_apic(NULL);
}

/*
 * A change from xAPIC to x2APIC keeps all registers except the ID (again the x2APIC's), the
 * LDR and the high half of the ICR.
 */
static void check_kept(void)
{
	u32 id = cpu_this()->apic_id;

	suite_reset_apic(NULL);
	apic_write(APIC_TPR, 0x83);
	apic_write(APIC_LDR, 0x55000000);
	apic_write(APIC_LVT_ERROR, 0x77);
	apic_write(APIC_ID, 0x66000000);
	apic_send(0, 0x81 | ICR_SELF | ICR_ASSERT);
	x86_wrmsr(MSR_APIC_BASE, base_with(X2APIC));
	cpu_this()->x2apic = true;
	check_equal(apic_read(APIC_ID), id, "xAPIC to x2APIC: ID is the x2APIC ID");
	check_equal(apic_read(APIC_LDR), (id >> 4) << 16 | 1u << (id & 15),
		    "xAPIC to x2APIC: LDR follows from it");
	check_equal(apic_read(APIC_TPR), 0x83, "xAPIC to x2APIC keeps TPR");
	check_equal(apic_read(APIC_LVT_ERROR), 0x77, "xAPIC to x2APIC keeps the LVT");
	check_equal(apic_read(APIC_IRR + 0x40), BIT(1), "xAPIC to x2APIC keeps what is pending");
	enter(OFF);
	enter(XAPIC);
	check_equal(apic_read(APIC_ID) >> 24, id & 0xff,
		    "back in xAPIC: ID is the low 8 bits of the x2APIC ID");
	suite_reset_apic(NULL);
}

static void check_msrs_are_absent(const char *when)
{
	u64 value;
	u32 there = 0;

	for (u32 msr = MSR_X2APIC; msr < MSR_X2APIC + 0x100; msr++)
		there += trap_rdmsr(msr, &value);
	check_equal(there, 0, "x2APIC MSRs that can be read %s", when);
}

void apic_test_base(void)
{
	check_equal(x86_rdmsr(MSR_APIC_BASE), APIC_ADDRESS | APIC_BASE_ENABLE | APIC_BASE_BSP,
		    "IA32_APIC_BASE at start");
	check_transitions(NULL);
	if (suite_cpus > 1)
		suite_on(suite_cpus - 1, check_transitions, NULL);
	check_loss();
	check_msrs_are_absent("in xAPIC mode");
	enter(OFF);
	check_msrs_are_absent("when the APIC is off");
	suite_reset_apic(NULL);
	if (machine.x2apic)
		check_kept();
	else
		skip("no x2APIC", "mode changes from and to x2APIC");
}
