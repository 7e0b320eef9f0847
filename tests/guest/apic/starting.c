/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INIT and SIPI: the state of a CPU and of its APIC afterwards. SDM 3A "IA-32 and Intel 64
 * Processor States Following Power-up, Reset, or INIT", "Local APIC State After It Receives
 * an INIT-Deassert IPI", "MP Initialization". The CPU starts at first_state (starting.asm),
 * which stores the state.
 */
#include "apic/suite.h"

enum {
	STATE_PAGE = 0xa000, /* also in starting.asm; the code is copied to this page */
	SECOND_PAGE = 0xb000,
	INIT_US = 10000,
	WAIT_MS = 2000,
	NEW_ID = 0x5d,
};

/* In the order in which starting.asm stores it. */
struct first_state {
	u32 done, cs, ip, eflags;
	u32 eax, ebx, ecx, edx, esi, edi, ebp, esp;
	u32 cr0, cr2, cr3, cr4;
	u32 ds, es, fs, gs, ss;
	u32 dr0, dr1, dr2, dr3, dr6, dr7;
	u32 efer_low, base_low, base_high;
	u32 idt_limit, idt_base;
	u32 apic[64]; /* the registers of the first 0x400 bytes, in xAPIC mode only */
};

extern const u8 first_state_code[], first_state_code_end[];
static volatile struct first_state *const state = (volatile struct first_state *)0x9000;

struct want {
	const char *name;
	u32 offset, value, mask;
};

#define FIELD(name) #name, offsetof(struct first_state, name)

static const struct want cpu_wants[] = {
	{FIELD(eflags), 2, 0xffffffff},
	{FIELD(eax), 0, 0xffffffff},
	{FIELD(ebx), 0, 0xffffffff},
	{FIELD(ecx), 0, 0xffffffff},
	{FIELD(esi), 0, 0xffffffff},
	{FIELD(edi), 0, 0xffffffff},
	{FIELD(ebp), 0, 0xffffffff},
	{FIELD(esp), 0, 0xffffffff},
	{FIELD(cr0), 0x10, ~(u32)(BIT(30) | BIT(29))},
	{FIELD(cr2), 0, 0xffffffff},
	{FIELD(cr3), 0, 0xffffffff},
	{FIELD(cr4), 0, 0xffffffff},
	{FIELD(ds), 0, 0xffffffff},
	{FIELD(es), 0, 0xffffffff},
	{FIELD(fs), 0, 0xffffffff},
	{FIELD(gs), 0, 0xffffffff},
	{FIELD(ss), 0, 0xffffffff},
	{FIELD(dr0), 0, 0xffffffff},
	{FIELD(dr1), 0, 0xffffffff},
	{FIELD(dr2), 0, 0xffffffff},
	{FIELD(dr3), 0, 0xffffffff},
	{FIELD(dr6), 0xffff0ff0, 0xffffffff},
	{FIELD(dr7), 0x400, 0xffffffff},
	{FIELD(efer_low), 0, BIT(10) | BIT(8)},
	{FIELD(idt_limit), 0xffff, 0xffff},
	{FIELD(idt_base), 0, 0xffffff},
};

static const struct want apic_wants[] = {
	{"TPR", APIC_TPR, 0, ~0u},
	{"PPR", APIC_PPR, 0, ~0u},
	{"LDR", APIC_LDR, 0, ~0u},
	{"DFR", APIC_DFR, 0xffffffff, ~0u},
	{"SVR", APIC_SVR, 0xff, ~0u},
	{"ISR", APIC_ISR + 0x60, 0, ~0u},
	{"IRR", APIC_IRR + 0x60, 0, ~0u},
	{"ICR", APIC_ICR, 0, ~0u},
	{"ICR high", APIC_ICR_HIGH, 0, ~0u},
	{"LVT timer", APIC_LVT_TIMER, LVT_MASKED, ~0u},
	{"LVT LINT0", APIC_LVT_LINT0, LVT_MASKED, ~0u},
	{"LVT LINT1", APIC_LVT_LINT1, LVT_MASKED, ~0u},
	{"LVT error", APIC_LVT_ERROR, LVT_MASKED, ~0u},
	{"initial count", APIC_TIMER_INITIAL, 0, ~0u},
	{"current count", APIC_TIMER_CURRENT, 0, ~0u},
	{"divide", APIC_TIMER_DIVIDE, 0, ~0u},
};

static bool has_started(void)
{
	return state->done;
}

static void place_code(void)
{
	size_t size = (size_t)(first_state_code_end - first_state_code);

	memcpy((u8 *)STATE_PAGE, first_state_code, size);
	memcpy((u8 *)SECOND_PAGE, first_state_code, size);
	memset((void *)state, 0, sizeof(*state));
}

/* Changes every state that INIT must reset. */
static void make_dirty(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < 4; i++)
		x86_write_dr(i, 0x1000 * (i + 1));
	x86_write_cr2(0x123456);
	x86_write_cr8(7);
	apic_write(APIC_DFR, 0);
	apic_write(APIC_LDR, 0x33000000);
	apic_write(APIC_LVT_LINT0, LVT_EXTINT | LVT_MASKED);
	apic_write(APIC_LVT_ERROR, 0xb1);
	apic_write(APIC_LVT_TIMER, 0xb2);
	apic_write(APIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_16);
	apic_write(APIC_TIMER_INITIAL, 0xfffffff0);
	x86_cli();
	apic_send(0, 0x61 | ICR_SELF | ICR_ASSERT);
}

static void check_state(const struct want *wants, u32 count, const volatile void *from, u32 stride,
			const char *what)
{
	for (u32 i = 0; i < count; i++) {
		u32 got = *(const volatile u32 *)((const volatile u8 *)from +
						  wants[i].offset / stride);

		check_equal(got & wants[i].mask, wants[i].value, "after INIT and SIPI: %s%s", what,
			    wants[i].name);
	}
}

static void check_init(u32 cpu, u32 id)
{
	place_code();
	suite_on(cpu, make_dirty, NULL);
	apic_send(id, ICR_INIT | ICR_ASSERT);
	timer_delay_us(INIT_US);
	check(!has_started(), "after INIT the CPU waits");
	apic_send(id, ICR_NMI | ICR_ASSERT);
	apic_send(id, 0x66 | ICR_ASSERT);
	timer_delay_us(INIT_US);
	check(!has_started(), "... for no NMI and no interrupt");
	apic_send(id, ICR_STARTUP | ICR_ASSERT | STATE_PAGE >> 12);
	apic_send(id, ICR_STARTUP | ICR_ASSERT | SECOND_PAGE >> 12);
	check(suite_until(has_started, WAIT_MS), "SIPI starts it");
	timer_delay_us(2000);
	check_equal(state->done, 1, "the second SIPI does nothing");
	check_equal(state->cs, STATE_PAGE >> 4, "after INIT and SIPI: cs");
	check_equal(state->ip, 0, "after INIT and SIPI: ip");
	check_equal(state->edx, x86_cpuid(1, 0).eax, "after INIT and SIPI: edx is the signature");
	check_equal(state->base_low, APIC_ADDRESS | APIC_BASE_ENABLE,
		    "after INIT and SIPI: IA32_APIC_BASE");
	check_state(cpu_wants, ARRAY_SIZE(cpu_wants), state, 1, "");
	check_state(apic_wants, ARRAY_SIZE(apic_wants), state->apic, 4, "APIC ");
	check_equal(state->apic[APIC_ID / 16], id << 24, "after INIT and SIPI: APIC ID");
}

/* A written APIC ID survives INIT, and so does the APIC base. */
static void move_id(void *id)
{
	apic_write(APIC_ID, (u32)(u64)id << 24);
}

static void check_kept_by_init(u32 old)
{
	u32 up = smp_count();

	place_code();
	apic_send(old, ICR_INIT | ICR_ASSERT);
	timer_delay_us(INIT_US);
	smp_restart(old);
	for (u32 i = 0; i < WAIT_MS && smp_count() == up; i++)
		timer_delay_us(1000);
	check_equal(smp_count(), up + 1, "a CPU is started once more");
	suite_on(up, move_id, (void *)(u64)NEW_ID);
	apic_send(NEW_ID, ICR_INIT | ICR_ASSERT);
	timer_delay_us(INIT_US);
	apic_send(old, ICR_STARTUP | ICR_ASSERT | SECOND_PAGE >> 12);
	timer_delay_us(2000);
	check(!has_started(), "SIPI to the ID that it had reaches nobody");
	apic_send(NEW_ID, ICR_STARTUP | ICR_ASSERT | SECOND_PAGE >> 12);
	check(suite_until(has_started, WAIT_MS), "SIPI to the ID that it wrote starts it");
	check_equal(state->cs, SECOND_PAGE >> 4, "SIPI's vector is the page");
	check_equal(state->apic[APIC_ID / 16], NEW_ID << 24, "INIT keeps the APIC ID");
}

/* INIT and SIPI in x2APIC mode leave the CPU in x2APIC mode. */
static void enter_x2apic(void *unused)
{
	suite_reset_apic(unused); /* also restores the APIC's own ID */
	apic_set_x2apic(true);
}

static void check_x2apic_init(u32 written_id, u32 id)
{
	u32 up = smp_count();

	place_code();
	smp_restart(written_id);
	for (u32 i = 0; i < WAIT_MS && smp_count() == up; i++)
		timer_delay_us(1000);
	suite_on(up, enter_x2apic, NULL);
	apic_set_x2apic(true);
	apic_send(id, ICR_INIT | ICR_ASSERT);
	timer_delay_us(INIT_US);
	apic_send(id, ICR_STARTUP | ICR_ASSERT | STATE_PAGE >> 12);
	check(suite_until(has_started, WAIT_MS), "x2APIC: INIT and SIPI start a CPU");
	check_equal(state->base_low, APIC_ADDRESS | APIC_BASE_ENABLE | APIC_BASE_X2APIC,
		    "x2APIC: INIT keeps the mode");
	suite_reset_apic(NULL);
}

void apic_test_starting(void)
{
	u32 last = suite_cpus - 1;
	u32 id = cpus[last].apic_id;

	if (last == 0)
		return skip("one CPU", "INIT and SIPI");
	check_init(last, id);
	check_kept_by_init(id);
	if (!machine.x2apic)
		return skip("no x2APIC", "INIT and SIPI in x2APIC mode");
	check_x2apic_init(NEW_ID, id);
}
