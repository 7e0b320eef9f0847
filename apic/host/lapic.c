/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses the registers of the host's local APIC by MSR or by page. */
#include "apic/host/lapic.h"

#include "apic/virt/apic_regs.h"
#include "core/base/cpuid_bits.h"
#include "core/base/log.h"
#include "core/base/msr_index.h"
#include "core/base/vectors.h"
#include "core/base/x86.h"
#include "core/host/traps.h"
#include "mm/host/hostmap.h"

enum {
	TIMER_DIVIDE_BY_1 = 0xb,
	XAPIC_ID_SHIFT = 24,
	RATE_SHIFT = 32,
};

static bool x2apic;	   /* the mode of all CPUs' APICs; constant after lapic_init */
static volatile u32 *page; /* NULL in x2APIC mode */
static u64 timer_rate;	   /* APIC timer ticks per TSC tick, RATE_SHIFT bits of fraction */
static bool tsc_deadline;  /* the timer has TSC-deadline mode; constant after lapic_init */

static u32 msr_of(u32 reg)
{
	return MSR_X2APIC_FIRST + (reg >> 4);
}

static u32 read_register(u32 reg)
{
	return x2apic ? (u32)x86_rdmsr(msr_of(reg)) : page[reg / 4];
}

static void write_register(u32 reg, u32 value)
{
	if (x2apic)
		x86_wrmsr(msr_of(reg), value);
	else
		page[reg / 4] = value;
}

static void write_icr(u32 apic_id, u32 low)
{
	if (x2apic) {
		/*
		 * A WRMSR of the ICR is not ordered after earlier stores, which the receiver of
		 * the interrupt may read (SDM 3A "x2APIC Register Access").
		 */
		x86_mfence();
		x86_lfence();
		x86_wrmsr(msr_of(APIC_REG_ICR), (u64)apic_id << 32 | low);
		return;
	}
	while (page[APIC_REG_ICR / 4] & APIC_ICR_DELIVERY_STATUS)
		x86_pause();
	page[APIC_REG_ICR_HIGH / 4] = apic_id << XAPIC_ID_SHIFT;
	page[APIC_REG_ICR / 4] = low;
}

static u32 icr_of(enum apic_delivery delivery, u8 vector)
{
	return (u32)APIC_ICR_ASSERT | (u32)delivery << 8 | vector;
}

/*
 * Disables this CPU's APIC if it is in x2APIC mode, in which the firmware may have
 * left it: xAPIC mode can be entered from there only after 'disabled' (SDM 3A "x2APIC
 * State Transitions"). False: x2APIC mode is locked (SDM 4 "IA32_XAPIC_DISABLE_STATUS").
 */
static bool leave_x2apic(void)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	return !(base & APIC_BASE_EXTD) ||
	       traps_wrmsr(MSR_APIC_BASE, base & ~(APIC_BASE_EN | APIC_BASE_EXTD));
}

enum status lapic_init(struct hpa xapic_base, bool allow_x2apic, struct error *err)
{
	u32 features = x86_cpuid(CPUID_LEAF_FEATURES, 0).ecx;

	x2apic = (allow_x2apic && (features & CPUID_1_ECX_X2APIC)) || !leave_x2apic();
	if (x2apic && !allow_x2apic)
		log_write(LOG_WARN,
			  "apic: x2apic=off: this machine's firmware has locked x2APIC mode");
	tsc_deadline = features & CPUID_1_ECX_TSC_DEADLINE;
	if (x2apic)
		return OK;
	page = hostmap_map_device(xapic_base, PAGE_SIZE, MEMTYPE_UC);
	if (!page)
		return fail(err, ERR_NO_MEMORY, "apic: no room to map the registers");
	return OK;
}

bool lapic_has_mode(void)
{
	return !x2apic || (x86_cpuid(CPUID_LEAF_FEATURES, 0).ecx & CPUID_1_ECX_X2APIC);
}

/* Puts this CPU's APIC into the chosen mode from any mode: firmware may have left either, and INIT
 * keeps it. */
static void enter_mode(void)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	if (x2apic && (base & APIC_BASE_EXTD))
		return;
	if (!leave_x2apic())
		panic("apic: x2APIC mode, which the boot CPU's is not in, cannot be left");
	base &= ~APIC_BASE_EXTD;
	x86_wrmsr(MSR_APIC_BASE, base | APIC_BASE_EN);
	if (x2apic)
		x86_wrmsr(MSR_APIC_BASE, base | APIC_BASE_EN | APIC_BASE_EXTD);
}

void lapic_enable(void)
{
	static const u16 always[] = {APIC_REG_LVT_TIMER, APIC_REG_LVT_LINT0, APIC_REG_LVT_LINT1,
				     APIC_REG_LVT_ERROR};
	u32 last;

	enter_mode();
	/* First of all: while the APIC is software-disabled, its LVT entries stay masked. */
	write_register(APIC_REG_SVR, (u32)APIC_SVR_ENABLE | VECTOR_SPURIOUS);
	write_register(APIC_REG_TPR, 0);
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		write_register(always[i], (u32)APIC_LVT_MASKED);
	last = lapic_version() >> 16 & 0xff;
	if (last >= 4)
		write_register(APIC_REG_LVT_PERF, (u32)APIC_LVT_MASKED);
	/* A thermal entry that sends SMIs is the firmware's. */
	if (last >= 5 && (read_register(APIC_REG_LVT_THERMAL) >> 8 & 7) != APIC_SMI)
		write_register(APIC_REG_LVT_THERMAL, (u32)APIC_LVT_MASKED);
}

bool lapic_is_x2apic(void)
{
	return x2apic;
}

u32 lapic_id(void)
{
	u32 id = read_register(APIC_REG_ID);

	return x2apic ? id : id >> XAPIC_ID_SHIFT;
}

u32 lapic_version(void)
{
	return read_register(APIC_REG_VERSION);
}

void lapic_eoi(void)
{
	write_register(APIC_REG_EOI, 0);
}

void lapic_send_ipi(u32 apic_id, u8 vector)
{
	write_icr(apic_id, icr_of(APIC_FIXED, vector));
}

void lapic_send_init(u32 apic_id)
{
	write_icr(apic_id, icr_of(APIC_INIT, 0));
}

void lapic_send_startup(u32 apic_id, u8 start_page)
{
	write_icr(apic_id, icr_of(APIC_STARTUP, start_page));
}

void lapic_send_nmi_others(void)
{
	if (x2apic || page)
		write_icr(0, icr_of(APIC_NMI, 0) | (u32)APIC_TO_OTHERS << 18);
}

void lapic_timer_init(void)
{
	u32 mode = tsc_deadline ? APIC_TIMER_TSC_DEADLINE : APIC_TIMER_ONE_SHOT;

	write_register(APIC_REG_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
	write_register(APIC_REG_TIMER_INITIAL, 0);
	write_register(APIC_REG_LVT_TIMER, mode << 17 | VECTOR_TIMER);
	/* Orders the stores to the page before writes of the MSR (SDM 3A "TSC-Deadline Mode"). */
	x86_mfence();
	if (tsc_deadline)
		x86_wrmsr(MSR_TSC_DEADLINE, 0);
}

/* The timer ticks until the deadline, at least 1 and at most UINT32_MAX. */
static u32 timer_count(u64 deadline_tsc)
{
	u64 now = x86_rdtsc();
	unsigned __int128 ticks;

	if (deadline_tsc <= now)
		return 1;
	ticks = ((unsigned __int128)(deadline_tsc - now) * timer_rate >> RATE_SHIFT) + 1;
	return ticks > UINT32_MAX ? UINT32_MAX : (u32)ticks;
}

void lapic_timer_arm(u64 deadline_tsc)
{
	if (tsc_deadline)
		x86_wrmsr(MSR_TSC_DEADLINE, deadline_tsc ? deadline_tsc : 1);
	else
		write_register(APIC_REG_TIMER_INITIAL, timer_count(deadline_tsc));
}

void lapic_timer_stop(void)
{
	if (tsc_deadline)
		x86_wrmsr(MSR_TSC_DEADLINE, 0);
	else
		write_register(APIC_REG_TIMER_INITIAL, 0);
}

void lapic_timer_start_count(void)
{
	write_register(APIC_REG_LVT_TIMER, (u32)APIC_LVT_MASKED | VECTOR_TIMER);
	write_register(APIC_REG_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
	write_register(APIC_REG_TIMER_INITIAL, UINT32_MAX);
}

u32 lapic_timer_read_count(void)
{
	return read_register(APIC_REG_TIMER_CURRENT);
}

void lapic_timer_set_rate(u32 khz, u32 tsc_khz)
{
	timer_rate = ((u64)khz << RATE_SHIFT) / tsc_khz;
}
