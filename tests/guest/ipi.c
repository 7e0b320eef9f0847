/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks interprocessor interrupts: to the sender itself, to one CPU, to all; NMI; logical;
 * both APIC modes.
 */
#include "lib/guest.h"

enum {
	VECTOR = 0x61,
	ILLEGAL_VECTOR = 5,
	SETTLE_US = 2000,
	WAIT_MS = 2000,
	ESR_ILLEGAL_SEND = BIT(5),
	DFR_FLAT = 0xffffffff,
	DFR_CLUSTER = 0x0fffffff,
};

static volatile u32 fixed[CPU_MAX], nmis[CPU_MAX];
static u32 count;

static void on_fixed(struct trap_frame *frame)
{
	u32 me = cpu_this()->index;

	(void)frame;
	fixed[me] = fixed[me] + 1;
	apic_eoi();
}

static void on_nmi(struct trap_frame *frame)
{
	u32 me = cpu_this()->index;

	(void)frame;
	nmis[me] = nmis[me] + 1;
}

static void clear(void)
{
	for (u32 i = 0; i < CPU_MAX; i++)
		fixed[i] = nmis[i] = 0;
}

/*
 * Waits until each CPU in want has got its interrupt, on slow machines for long, and then a
 * little longer for surplus ones.
 */
static void settle(const volatile u32 *got, u64 want)
{
	u64 end = x86_rdtsc() + WAIT_MS * timer_tsc_per_ms();

	x86_sti();
	for (u32 i = 0; i < count; i++) {
		while (want & BIT(i) && !got[i] && x86_rdtsc() < end)
			x86_pause();
	}
	timer_delay_us(SETTLE_US);
	x86_cli();
}

/* want: bit i for CPU i, which must have got exactly one. The other CPUs must have got none. */
static void check_got(const volatile u32 *got, u64 want, const char *mode, const char *name)
{
	u64 once = 0, often = 0;

	for (u32 i = 0; i < count; i++) {
		once |= got[i] == 1 ? BIT(i) : 0;
		often |= got[i] > 1 ? BIT(i) : 0;
	}
	check_equal(once, want, "%s %s: who got it", mode, name);
	check_equal(often, 0, "%s %s: who got it twice", mode, name);
}

static void check_send(u32 destination, u32 command, u64 want, const char *mode, const char *name)
{
	clear();
	apic_send(destination, command | ICR_ASSERT);
	settle(fixed, want);
	check_got(fixed, want, mode, name);
}

static void check_shorthands(const char *mode)
{
	u64 all = BITS(count - 1, 0);

	check_send(0, VECTOR | ICR_SELF, 1, mode, "self");
	check_send(0, VECTOR | ICR_OTHERS, all & ~1ULL, mode, "others");
	check_send(0, VECTOR | ICR_ALL, all, mode, "all");
	for (u32 i = 0; i < count && i < 4; i++)
		check_send(cpus[i].apic_id, VECTOR, BIT(i), mode, "physical");
	check_send(cpus[0].x2apic ? ~0u : 0xff, VECTOR, all, mode, "physical broadcast");
}

static void check_nmi(const char *mode)
{
	u64 others = BITS(count - 1, 0) & ~1ULL;

	clear();
	apic_send(0, ICR_NMI | ICR_OTHERS | ICR_ASSERT);
	settle(nmis, others);
	check_got(nmis, others, mode, "NMI to others");
	clear();
	apic_send(cpus[0].apic_id, ICR_NMI | ICR_ASSERT);
	settle(nmis, 1);
	check_got(nmis, 1, mode, "NMI to oneself");
}

static void set_flat(void *unused)
{
	(void)unused;
	apic_write(APIC_DFR, DFR_FLAT);
	apic_write(APIC_LDR, BIT(24 + cpu_this()->index));
}

static void set_cluster(void *unused)
{
	u32 me = cpu_this()->index;

	(void)unused;
	apic_write(APIC_DFR, DFR_CLUSTER);
	apic_write(APIC_LDR, (me / 4) << 28 | BIT(24 + me % 4));
}

static void on_every_cpu(void (*code)(void *))
{
	for (u32 i = 1; i < count; i++)
		smp_run(i, code, NULL);
	code(NULL);
	for (u32 i = 1; i < count; i++)
		smp_wait(i);
}

static void check_xapic_logical(void)
{
	u64 all = BITS(count - 1, 0);

	on_every_cpu(set_flat);
	check_send(0x01, VECTOR | ICR_LOGICAL, 1, "xAPIC", "flat, oneself");
	check_send(0xff, VECTOR | ICR_LOGICAL, all, "xAPIC", "flat, all");
	check_send(0xfe, VECTOR | ICR_LOGICAL, all & ~1ULL, "xAPIC", "flat, others");
	on_every_cpu(set_cluster);
	check_send(0x02, VECTOR | ICR_LOGICAL, all & 2, "xAPIC", "cluster, CPU 1");
	check_send(0x0f, VECTOR | ICR_LOGICAL, all & 0xf, "xAPIC", "cluster 0");
	on_every_cpu(set_flat);
}

/* SDM 3A "Logical Destination Mode in x2APIC Mode": the ID determines the logical ID. */
static void check_x2apic_logical(void)
{
	u32 self = 1u << (cpus[0].apic_id & 15) | (cpus[0].apic_id >> 4) << 16;

	check_equal(apic_read(APIC_LDR), self, "x2APIC LDR follows the ID");
	check_send(self, VECTOR | ICR_LOGICAL, 1, "x2APIC", "logical, oneself");
	check_send(0xffff, VECTOR | ICR_LOGICAL, BITS(count - 1, 0) & 0xffff, "x2APIC",
		   "logical cluster 0");
	clear();
	apic_write(APIC_SELF_IPI, VECTOR);
	settle(fixed, 1);
	check_got(fixed, 1, "x2APIC", "SELF_IPI");
}

/* SDM 3A "Error Handling": a vector below 16 is an error to the sender. */
static void check_illegal_vector(const char *mode)
{
	clear();
	apic_write(APIC_ESR, 0);
	apic_send(0, ILLEGAL_VECTOR | ICR_SELF | ICR_ASSERT);
	settle(fixed, 0);
	apic_write(APIC_ESR, 0);
	check(apic_read(APIC_ESR) & ESR_ILLEGAL_SEND, "%s: illegal vector seen in ESR", mode);
	check_equal(fixed[0], 0, "%s: illegal vector is not delivered", mode);
	apic_write(APIC_ESR, 0);
	check_equal(apic_read(APIC_ESR), 0, "%s: ESR empties", mode);
}

/* An interrupt below the task priority waits for the TPR to fall. */
static void check_priority(const char *mode)
{
	clear();
	apic_write(APIC_TPR, VECTOR | 0xf);
	apic_send(0, VECTOR | ICR_SELF | ICR_ASSERT);
	settle(fixed, 0);
	check_equal(fixed[0], 0, "%s: TPR holds the interrupt back", mode);
	check_equal(apic_read(APIC_IRR + 0x10 * (VECTOR / 32)), BIT(VECTOR % 32),
		    "%s: it waits in IRR", mode);
	apic_write(APIC_TPR, 0);
	settle(fixed, 1);
	check_equal(fixed[0], 1, "%s: it comes when TPR falls", mode);
}

static void check_mode(const char *mode)
{
	check_shorthands(mode);
	check_nmi(mode);
	check_priority(mode);
	check_illegal_vector(mode);
}

static void enter_x2apic(void *unused)
{
	(void)unused;
	apic_set_x2apic(true);
}

static void open_interrupts(void *unused)
{
	(void)unused;
	x86_sti();
}

void guest_main(void)
{
	trap_set_handler(VECTOR, on_fixed);
	trap_set_handler(ILLEGAL_VECTOR, on_fixed);
	trap_set_handler(EXC_NMI, on_nmi);
	count = smp_start();
	on_every_cpu(open_interrupts);
	x86_cli();
	check_mode("xAPIC");
	if (count <= 8)
		check_xapic_logical();
	else
		skip("more than eight CPUs", "xAPIC logical");
	if (!machine.x2apic)
		return skip("no x2APIC", "x2APIC");
	on_every_cpu(enter_x2apic);
	check_mode("x2APIC");
	check_x2apic_logical();
}
