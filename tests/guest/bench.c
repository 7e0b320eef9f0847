/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measures the cost of an exit: TSC ticks per operation, without the ticks of the loop.
 * Under QEMU's -icount the TSC counts instructions, and the figures are exact. Prints one
 * line per operation: 'BENCH name ticks'.
 */
#include "lib/guest.h"

enum {
	ROUNDS = 256,
	VECTOR = 0x50,
	QUESTION = 0x51,
	MSR_EXITING = 0x8b, /* PATCH_LEVEL: always exits, and has no effect */
	PORT = 0x80,
};

static void nothing(void)
{
	__asm__ volatile("" ::: "memory");
}

static void run_cpuid(void)
{
	x86_cpuid(0, 0);
}

/* The call does not exist: measures the exit and the entry alone. */
static void run_hypercall(void)
{
	if (machine.vmcall)
		__asm__ volatile("vmcall" : : "a"(~0ULL) : "rcx", "rdx", "memory");
	else
		__asm__ volatile("vmmcall" : : "a"(~0ULL) : "rcx", "rdx", "memory");
}

static void run_rdmsr(void)
{
	x86_rdmsr(MSR_EXITING);
}

static void run_wrmsr(void)
{
	x86_wrmsr(MSR_EXITING, 0);
}

static void run_deadline(void)
{
	x86_wrmsr(MSR_TSC_DEADLINE, 0);
}

static void run_out(void)
{
	x86_out8(PORT, 0);
}

static void run_in(void)
{
	x86_in8(PORT);
}

static void run_apic_read(void)
{
	apic_read(APIC_VERSION);
}

static void run_apic_write(void)
{
	apic_write(APIC_TPR, 0);
}

/* The interrupt is pending before HLT. Measures sending, halting, waking, delivery and EOI. */
static void run_hlt(void)
{
	apic_send(0, VECTOR | ICR_SELF | ICR_ASSERT);
	x86_sti_hlt_cli();
}

/* The cost of HLT is the difference to this operation. */
static void run_self_ipi(void)
{
	apic_send(0, VECTOR | ICR_SELF | ICR_ASSERT);
	x86_sti_nop_cli();
}

static void on_interrupt(struct trap_frame *frame)
{
	(void)frame;
	apic_eoi();
}

/* No interrupt is in service: measures the register alone. */
static void run_eoi(void)
{
	apic_eoi();
}

static void run_timer_arm(void)
{
	apic_write(APIC_TIMER_INITIAL, 0x7fffffff);
}

static volatile u32 answers;

static void on_question(struct trap_frame *frame)
{
	(void)frame;
	answers = answers + 1;
	apic_eoi();
}

/*
 * Sends an interrupt to the other CPU, which waits with interrupts on. Ends when its
 * handler has run.
 */
static void run_ipi_other(void)
{
	u32 before = answers;

	apic_send(cpus[1].apic_id, QUESTION);
	while (answers == before)
		;
}

static void spin_open(void *until)
{
	x86_sti();
	while (!*(volatile u32 *)until)
		x86_pause();
	x86_cli();
}

static u64 measure(void (*operation)(void))
{
	u64 begin;

	operation(); /* first touch */
	begin = x86_rdtsc();
	for (u32 i = 0; i < ROUNDS; i++)
		operation();
	return x86_rdtsc() - begin;
}

static void bench_ipi(u64 loop)
{
	static u32 done;

	if (smp_start() < 2) {
		skip("one CPU", "IPI to another");
		return;
	}
	trap_set_handler(QUESTION, on_question);
	smp_run(1, spin_open, &done);
	print("BENCH ipi-other %llu\n", (measure(run_ipi_other) - loop) / ROUNDS);
	__atomic_store_n(&done, 1, __ATOMIC_RELEASE);
	smp_wait(1);
}

void guest_main(void)
{
	static const struct {
		const char *name;
		void (*operation)(void);
	} rows[] = {
		{"cpuid", run_cpuid},
		{"hypercall", run_hypercall},
		{"rdmsr", run_rdmsr},
		{"wrmsr", run_wrmsr},
		{"deadline", run_deadline},
		{"out", run_out},
		{"in", run_in},
		{"apic-read", run_apic_read},
		{"apic-write", run_apic_write},
		{"eoi", run_eoi},
		{"timer-arm", run_timer_arm},
		{"self-ipi", run_self_ipi},
		{"self-ipi-hlt", run_hlt},
	};
	u64 loop = measure(nothing);

	trap_set_handler(VECTOR, on_interrupt);
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].operation == run_hypercall && !machine.ashlar) {
			skip("no hypervisor of ours", "hypercall");
			continue;
		}
		print("BENCH %s %llu\n", rows[i].name,
		      (measure(rows[i].operation) - loop) / ROUNDS);
	}
	bench_ipi(loop);
	check(true, "measured");
}
