/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts CPUs: all come up, each with its own APIC ID, and count together. Then starts them
 * again.
 */
#include "lib/guest.h"

enum { ROUNDS = 20000 };

static volatile u64 atomic_counter, locked_counter;
static volatile u32 lock;

static void count_together(void *unused)
{
	(void)unused;
	for (u32 i = 0; i < ROUNDS; i++) {
		__atomic_fetch_add(&atomic_counter, 1, __ATOMIC_SEQ_CST);
		while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
			x86_pause();
		locked_counter = locked_counter + 1;
		__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
	}
}

static void check_counting(u32 count)
{
	for (u32 i = 1; i < count; i++)
		smp_run(i, count_together, NULL);
	count_together(NULL);
	for (u32 i = 1; i < count; i++)
		check(smp_wait(i), "cpu %u finishes", i);
	check_equal(atomic_counter, (u64)count * ROUNDS, "atomic counter");
	check_equal(locked_counter, (u64)count * ROUNDS, "counter under a lock");
}

static void check_ids(u32 count)
{
	u32 equal = 0;

	for (u32 i = 0; i < count; i++) {
		for (u32 j = 0; j < i; j++)
			equal += cpus[i].apic_id == cpus[j].apic_id;
	}
	check_equal(equal, 0, "pairs of CPUs with one APIC ID");
}

static void read_identity(void *argument)
{
	u32 *id = argument;

	id[0] = x86_cpuid(1, 0).ebx >> 24;
	id[1] = x86_cpuid(0, 0).eax >= 0xb ? x86_cpuid(0xb, 0).edx : cpu_this()->apic_id;
	id[2] = x86_rdmsr(MSR_APIC_BASE) & APIC_BASE_BSP;
}

static void check_identity(u32 index)
{
	u32 id[3];

	smp_run(index, read_identity, id);
	if (!smp_wait(index))
		return check(false, "cpu %u reads its CPUID", index);
	check_equal(id[0], cpus[index].apic_id, "cpu %u: CPUID leaf 1 initial APIC ID", index);
	check_equal(id[1], cpus[index].apic_id, "cpu %u: CPUID leaf 0xb x2APIC ID", index);
	check_equal(id[2], 0, "cpu %u: APIC_BASE.BSP", index);
}

/* INIT stops an AP that runs, and SIPI starts it again. */
static void check_restart(u32 count)
{
	u32 id = cpus[count - 1].apic_id;

	smp_restart(id);
	for (u32 i = 0; i < 1000 && smp_count() == count; i++)
		timer_delay_us(1000);
	check_equal(smp_count(), count + 1, "INIT and SIPI to a running CPU");
	check_equal(cpus[count].apic_id, id, "the restarted CPU keeps its APIC ID");
}

void guest_main(void)
{
	u32 count = smp_start();

	if (machine.fwcfg_cpus)
		check_equal(machine.fwcfg_cpus, machine.cpus, "fw_cfg and MADT agree");
	check_equal(count, machine.cpus, "CPUs that came up");
	check_equal(x86_rdmsr(MSR_APIC_BASE) & APIC_BASE_BSP, APIC_BASE_BSP,
		    "cpu 0: APIC_BASE.BSP");
	check_ids(count);
	for (u32 i = 1; i < count; i++)
		check_identity(i);
	check_counting(count);
	if (count > 1 && count < CPU_MAX)
		check_restart(count);
	else
		skip("no application processor, or no room for one more", "restart");
}
