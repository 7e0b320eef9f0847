/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the tickets with which starting CPUs find their struct cpu. */
#include "lib/smp.h"
#include "core/base/string.h"
#include "lib/apic.h"
#include "lib/machine.h"
#include "lib/timer.h"
#include "lib/trap.h"

enum {
	TRAMPOLINE = 0x8000, /* also in trampoline.asm */
	START_MS = 2000,
	RUN_MS = 20000,
};

extern const u8 trampoline[], trampoline_end[];
extern volatile u32 smp_tickets;
extern u64 smp_stack_tops[CPU_MAX];
void smp_enter(u32 index);

volatile u32 smp_tickets = 1; /* CPU 0 never draws one */
u64 smp_stack_tops[CPU_MAX];
static volatile u32 up_count = 1; /* atomic */

void smp_enter(u32 index)
{
	struct cpu *cpu = cpu_this();

	cpu->index = index;
	trap_init();
	apic_init();
	cpu->up = true;
	__atomic_fetch_add(&up_count, 1, __ATOMIC_SEQ_CST);
	while (true) {
		if (cpu->work) {
			cpu->work(cpu->argument);
			cpu->work = NULL;
		}
		x86_pause();
	}
}

static void place_trampoline(void)
{
	memcpy((u8 *)TRAMPOLINE, trampoline, (size_t)(trampoline_end - trampoline));
	for (u32 i = 0; i < CPU_MAX; i++)
		smp_stack_tops[i] = (u64)&cpus[i] + CPU_SIZE;
}

/* SDM 3A "MP Initialization Protocol Algorithm for MP Systems" */
static void send_start(u32 destination, u32 shorthand)
{
	u32 startup = ICR_STARTUP | shorthand | ICR_ASSERT | TRAMPOLINE >> 12;

	apic_send(destination, ICR_INIT | shorthand | ICR_ASSERT);
	timer_delay_us(10000);
	apic_send(destination, startup);
	timer_delay_us(200);
	apic_send(destination, startup);
}

u32 smp_start(void)
{
	u64 end = x86_rdtsc() + START_MS * timer_tsc_per_ms();

	place_trampoline();
	if (machine.cpus == 1)
		return 1;
	send_start(0, ICR_OTHERS);
	while (up_count < machine.cpus && x86_rdtsc() < end)
		x86_pause();
	return up_count;
}

u32 smp_count(void)
{
	return up_count;
}

void smp_restart(u32 apic_id)
{
	send_start(apic_id, 0);
}

void smp_run(u32 index, void (*code)(void *), void *argument)
{
	cpus[index].argument = argument;
	cpus[index].work = code;
}

bool smp_wait(u32 index)
{
	u64 end = x86_rdtsc() + RUN_MS * timer_tsc_per_ms();

	while (cpus[index].work && x86_rdtsc() < end)
		x86_pause();
	return !cpus[index].work;
}
