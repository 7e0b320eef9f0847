/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One row per register: reset value, writable bits, access in each mode. SDM 3A "Local APIC
 * Register Address Map", "x2APIC Register Address Space", "Local APIC State After Power-Up
 * or Reset".
 */
#include "apic/suite.h"

enum access { NO = 0, RO = 1, WO = 2, RW = 3 };

struct row {
	const char *name;
	u16 offset;
	u8 xapic, x2apic; /* enum access */
	u32 reset;
	u32 writable;
	u32 ignored; /* the manual leaves open their value or whether they are reserved */
};

/* Writes of ICR, EOI and SELF IPI have effects: apic/sending.c and apic/priorities.c check them. */
static const struct row rows[] = {
	{"ID", APIC_ID, RW, RO, 0, 0xff000000, 0xff000000},
	{"VERSION", APIC_VERSION, RO, RO, 0x00000010, 0, 0x01ff000f},
	{"TPR", APIC_TPR, RW, RW, 0, 0xff, 0},
	{"APR", APIC_APR, RO, NO, 0, 0, 0},
	{"PPR", APIC_PPR, RO, RO, 0, 0, 0},
	{"RRD", APIC_RRD, RO, NO, 0, 0, 0},
	{"LDR", APIC_LDR, RW, RO, 0, 0xff000000, 0},
	{"DFR", APIC_DFR, RW, NO, 0xffffffff, 0xf0000000, 0},
	{"SVR", APIC_SVR, RW, RW, 0xff, 0x1ff, BIT(9) | SVR_SUPPRESS_EOI},
	{"ISR0", APIC_ISR, RO, RO, 0, 0, 0},
	{"ISR7", APIC_ISR + 0x70, RO, RO, 0, 0, 0},
	{"TMR0", APIC_TMR, RO, RO, 0, 0, 0},
	{"TMR7", APIC_TMR + 0x70, RO, RO, 0, 0, 0},
	{"IRR0", APIC_IRR, RO, RO, 0, 0, 0},
	{"IRR7", APIC_IRR + 0x70, RO, RO, 0, 0, 0},
	{"ICR high", APIC_ICR_HIGH, RW, NO, 0, 0xff000000, 0},
	{"LVT timer", APIC_LVT_TIMER, RW, RW, 0x10000, 0x300ff, BIT(18) | BIT(12)},
	{"LVT thermal", APIC_LVT_THERMAL, RW, RW, 0x10000, 0x107ff, BIT(12)},
	{"LVT perf", APIC_LVT_PERF, RW, RW, 0x10000, 0x107ff, BIT(12)},
	{"LVT LINT0", APIC_LVT_LINT0, RW, RW, 0x10000, 0x1a7ff, BIT(14) | BIT(12)},
	{"LVT LINT1", APIC_LVT_LINT1, RW, RW, 0x10000, 0x1a7ff, BIT(14) | BIT(12)},
	{"LVT error", APIC_LVT_ERROR, RW, RW, 0x10000, 0x100ff, BIT(12)},
	{"initial count", APIC_TIMER_INITIAL, RW, RW, 0, 0xffffffff, 0},
	{"current count", APIC_TIMER_CURRENT, RO, RO, 0, 0, 0},
	{"divide", APIC_TIMER_DIVIDE, RW, RW, 0, 0xb, 0},
};

/* Registers that exist, but whose writes have a side effect or whose value cannot be compared. */
static const struct row actors[] = {
	{"EOI", APIC_EOI, WO, WO, 0, 0, 0},
	{"ESR", APIC_ESR, RW, RW, 0, 0, 0},
	{"ICR", APIC_ICR, RW, RW, 0, 0xccfff, BIT(12)},
	{"SELF IPI", APIC_SELF_IPI, NO, WO, 0, 0xff, 0},
};

static const char *where;

/* Turns the APIC off and on, and leaves it software-disabled. */
static void raw_reset(bool x2apic)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE) & ~(u64)(APIC_BASE_ENABLE | APIC_BASE_X2APIC);

	x86_wrmsr(MSR_APIC_BASE, base);
	x86_wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	if (x2apic)
		x86_wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
	cpu_this()->x2apic = x2apic;
}

static u8 access_now(const struct row *row)
{
	return cpu_this()->x2apic ? row->x2apic : row->xapic;
}

static void check_reset_values(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		u32 want = row->reset & ~row->ignored;

		if (!(access_now(row) & RO))
			continue;
		if (cpu_this()->x2apic && (row->offset == APIC_ID || row->offset == APIC_LDR))
			continue;
		check_equal(apic_read(row->offset) & ~row->ignored, want, "%s%s: reset value of %s",
			    where, suite_mode(), row->name);
	}
	check_equal(apic_read(APIC_VERSION) >> 16 & 0xff, 5, "%s%s: highest LVT entry", where,
		    suite_mode());
}

/* Writes all ones and all zeros, but keeps the bits that must not be changed. */
static void check_writable(const struct row *row)
{
	u32 old = apic_read(row->offset);
	u32 stuck = row->offset == APIC_DFR ? 0x0fffffff : 0;

	apic_write(row->offset, ~row->ignored);
	check_equal(apic_read(row->offset) & ~row->ignored, (row->writable | stuck) & ~row->ignored,
		    "%sxAPIC: %s after ones", where, row->name);
	apic_write(row->offset, 0);
	check_equal(apic_read(row->offset) & ~row->ignored, stuck, "%sxAPIC: %s after zeros", where,
		    row->name);
	apic_write(row->offset, old);
}

static void check_read_only(const struct row *row)
{
	u32 old = apic_read(row->offset);

	apic_write(row->offset, ~old);
	check_equal(apic_read(row->offset), old, "%sxAPIC: %s after a write", where, row->name);
}

static void check_xapic(void *unused)
{
	(void)unused;
	raw_reset(false);
	check_reset_values();
	suite_reset_apic(NULL);
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].xapic == RO)
			check_read_only(&rows[i]);
		else if (rows[i].xapic == RW && rows[i].offset != APIC_ID)
			check_writable(&rows[i]);
	}
	check_equal(suite_errors(), 0, "%sxAPIC: no error from registers that exist", where);
	suite_reset_apic(NULL);
}

/* Software-disabling the APIC masks its entries, and they cannot be unmasked meanwhile. */
static void check_software_disable(void)
{
	static const u16 lvts[] = {APIC_LVT_TIMER, APIC_LVT_THERMAL, APIC_LVT_PERF,
				   APIC_LVT_LINT0, APIC_LVT_LINT1,   APIC_LVT_ERROR};

	for (u32 i = 0; i < ARRAY_SIZE(lvts); i++)
		apic_write(lvts[i], 0x40 + i);
	apic_write(APIC_SVR, VECTOR_SPURIOUS);
	for (u32 i = 0; i < ARRAY_SIZE(lvts); i++) {
		check_equal(apic_read(lvts[i]), LVT_MASKED | (0x40 + i),
			    "%s: software disable masks entry %x", suite_mode(), lvts[i]);
		apic_write(lvts[i], 0x50 + i);
		check_equal(apic_read(lvts[i]), LVT_MASKED | (0x50 + i),
			    "%s: entry %x stays masked", suite_mode(), lvts[i]);
	}
	apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	check_equal(apic_read(APIC_LVT_TIMER), LVT_MASKED | 0x50,
		    "%s: software enable unmasks nothing", suite_mode());
}

/* A software-disabled APIC loses fixed messages. It keeps the bits in IRR and accepts NMIs. */
static void check_software_disabled_delivery(void)
{
	seen_clear();
	apic_send(0, 0x62 | ICR_SELF | ICR_ASSERT);
	apic_write(APIC_SVR, VECTOR_SPURIOUS);
	check_equal(apic_read(APIC_IRR + 0x30), BIT(2), "%s: software disable keeps IRR",
		    suite_mode());
	apic_send(cpu_this()->apic_id, 0x63 | ICR_ASSERT);
	apic_send(cpu_this()->apic_id, ICR_NMI | ICR_ASSERT);
	timer_delay_us(1000);
	apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	seen_wait(0x62, 1);
	check_equal(seen_count(0, 0x62), 1, "%s: what IRR held comes", suite_mode());
	check_equal(seen_count(0, 0x63), 0, "%s: sent to a software-disabled APIC is lost",
		    suite_mode());
	check_equal(seen_nmis(1), 1, "%s: an NMI gets in all the same", suite_mode());
}

void apic_test_registers(void)
{
	where = "";
	check_xapic(NULL);
	check_software_disable();
	check_software_disabled_delivery();
	if (suite_cpus > 1) {
		where = "last CPU, ";
		suite_on(suite_cpus - 1, check_xapic, NULL);
	}
}

/* --- x2APIC: every reserved MSR and bit faults --- */

static const struct row *find_row(u32 offset)
{
	for (u32 i = 0; i < ARRAY_SIZE(actors); i++)
		if (actors[i].offset == offset)
			return &actors[i];
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].offset == offset)
			return &rows[i];
	return NULL;
}

static u8 msr_access(u32 msr)
{
	u32 offset = (msr - MSR_X2APIC) * 16;
	const struct row *row = find_row(offset);

	if (offset >= APIC_ISR && offset < APIC_IRR + 0x80)
		return RO;
	return row ? row->x2apic : (u8)NO;
}

/* Reads every MSR of the x2APIC range. Reports the results in groups of 16. */
static void check_read_access(void)
{
	u32 wrong[16] = {0};
	u64 value;

	for (u32 i = 0; i < 0x100; i++) {
		bool want = msr_access(MSR_X2APIC + i) & RO;

		if (trap_rdmsr(MSR_X2APIC + i, &value) != want)
			wrong[i / 16] |= 1u << i % 16;
	}
	for (u32 i = 0; i < 16; i++)
		check_equal(wrong[i], 0, "RDMSR 8%x0 to 8%xf: wrong ones", i, i);
}

static void check_write_access(void)
{
	u32 wrong[16] = {0};

	for (u32 i = 0; i < 0x100; i++) {
		u32 msr = MSR_X2APIC + i;

		if (msr_access(msr) & WO)
			continue;
		if (trap_wrmsr(msr, 0))
			wrong[i / 16] |= 1u << i % 16;
	}
	for (u32 i = 0; i < 16; i++)
		check_equal(wrong[i], 0, "WRMSR 8%x0 to 8%xf: read-only and absent ones taken", i,
			    i);
}

/*
 * Sets each reserved bit alone in addition to the current value. destination: further valid
 * bits, in ICR's high half.
 */
static void check_reserved_bits(const struct row *row, u64 destination)
{
	u32 msr = MSR_X2APIC + row->offset / 16;
	u64 old = row->x2apic & RO ? x86_rdmsr(msr) : 0;
	u64 open = row->writable | row->ignored | destination, taken = 0;

	for (u32 bit = 0; bit < 64; bit++)
		if (!(open & BIT(bit)) && trap_wrmsr(msr, old | BIT(bit)))
			taken |= BIT(bit);
	check_equal(taken, 0, "x2APIC: reserved bits of %s that do not fault", row->name);
	if (row->x2apic & RO)
		check_equal(x86_rdmsr(msr), old, "x2APIC: %s after writes that fault", row->name);
}

static void check_x2apic_writable(const struct row *row)
{
	u32 msr = MSR_X2APIC + row->offset / 16;
	u64 old = x86_rdmsr(msr);

	check(trap_wrmsr(msr, row->writable & ~row->ignored), "x2APIC: %s takes its bits",
	      row->name);
	check_equal(x86_rdmsr(msr) & ~(u64)row->ignored, row->writable & ~row->ignored,
		    "x2APIC: %s after ones", row->name);
	x86_wrmsr(msr, old);
}

/* The destination takes the whole high half of the ICR: every bit of it may be set. */
static void check_icr_high(void)
{
	u64 refused = 0;

	for (u32 bit = 32; bit < 64; bit++)
		if (!trap_wrmsr(MSR_X2APIC + APIC_ICR / 16, 0x70ULL << 32 | BIT(bit) | ICR_NMI))
			refused |= BIT(bit);
	check_equal(refused, 0, "x2APIC: destination bits of ICR that fault");
	x86_wrmsr(MSR_X2APIC + APIC_ICR / 16, 0x12345678ULL << 32 | ICR_ASSERT | 0x40);
	check_equal(x86_rdmsr(MSR_X2APIC + APIC_ICR / 16), 0x12345678ULL << 32 | ICR_ASSERT | 0x40,
		    "x2APIC: ICR reads as one MSR");
}

static void check_x2apic(void)
{
	raw_reset(true);
	check_reset_values();
	apic_set_x2apic(true);
	check_read_access();
	check_write_access();
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].x2apic != RW)
			continue;
		check_x2apic_writable(&rows[i]);
		check_reserved_bits(&rows[i], 0);
	}
	check_reserved_bits(&actors[0], 0);
	check_reserved_bits(&actors[1], 0);
	check_reserved_bits(&actors[3], 0);
	x86_wrmsr(MSR_X2APIC + APIC_ICR / 16, 0x70ULL << 32);
	check_reserved_bits(&actors[2], BITS(63, 32));
	check_icr_high();
	check_software_disable();
	check_software_disabled_delivery();
}

void apic_test_x2apic_registers(void)
{
	if (!machine.x2apic)
		return skip("no x2APIC", "x2APIC registers");
	check_x2apic();
	suite_reset_apic(NULL);
}
