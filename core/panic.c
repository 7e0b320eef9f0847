/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * panic() leaves its sentence and raises #UD: so there is one way to the dump,
 * with registers as they were, for our own findings and for exceptions.
 */
#include "core/panic.h"

#include "apic/lapic.h"
#include "core/cpu.h"
#include "core/format.h"
#include "core/log.h"
#include "core/regs.h"
#include "core/symbols.h"
#include "drivers/host/serial.h"
#include "mm/hostmap.h"
#include "mm/stack.h"

enum {
	SENTENCE_SIZE = 192,
	TRACE_DEPTH = 16,
	STOP_SPINS = 1000000, /* for the others to reach their NMI handler */
};

static char sentence[SENTENCE_SIZE]; /* written by the CPU that owns the panic */
static struct cpu *owner;	     /* atomic; NULL: no panic */
static bool printing;		     /* owner writes */
static void (*reset_machine)(void);

static const char *const exception_names[] = {
	[EXC_DE] = "#DE divide error",
	[EXC_DB] = "#DB debug",
	[EXC_NMI] = "NMI",
	[EXC_BP] = "#BP breakpoint",
	[EXC_OF] = "#OF overflow",
	[EXC_BR] = "#BR bound range",
	[EXC_UD] = "#UD invalid opcode",
	[EXC_NM] = "#NM device not available",
	[EXC_DF] = "#DF double fault",
	[EXC_TS] = "#TS invalid TSS",
	[EXC_NP] = "#NP segment not present",
	[EXC_SS] = "#SS stack fault",
	[EXC_GP] = "#GP general protection",
	[EXC_PF] = "#PF page fault",
	[EXC_MF] = "#MF x87 error",
	[EXC_AC] = "#AC alignment check",
	[EXC_MC] = "#MC machine check",
	[EXC_XM] = "#XM SIMD error",
	[EXC_VE] = "#VE virtualization exception",
	[EXC_CP] = "#CP control protection",
};

void panic_set_reset(void (*reset)(void))
{
	reset_machine = reset;
}

bool panic_begun(void)
{
	return __atomic_load_n(&owner, __ATOMIC_ACQUIRE) != NULL;
}

_Noreturn void panic_stop_cpu(void)
{
	__atomic_store_n(&cpu_this()->stopped, 1, __ATOMIC_RELEASE);
	for (;;)
		x86_hlt();
}

/* Only the first CPU prints; a second panic on it, from the dump itself, ends at once. */
static void own_panic(void)
{
	struct cpu *nobody = NULL;

	x86_cli();
	if (!__atomic_compare_exchange_n(&owner, &nobody, cpu_this(), false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE) &&
	    nobody != cpu_this())
		panic_stop_cpu();
}

static bool others_stopped(void)
{
	for (u32 i = 0; i < cpu_count(); i++) {
		const struct cpu *cpu = cpu_by_number(i);

		if (cpu != cpu_this() && cpu_is_online(cpu) &&
		    !__atomic_load_n(&cpu->stopped, __ATOMIC_ACQUIRE))
			return false;
	}
	return true;
}

static void stop_others(void)
{
	lapic_send_nmi_others();
	for (u32 i = 0; i < STOP_SPINS && !others_stopped(); i++)
		x86_pause();
	/* Whatever else writes to the console may hold a lock of its own. */
	log_break_lock();
	log_set_output(serial_write);
}

_Noreturn static void finish(void)
{
	if (reset_machine) {
		log_write(LOG_FATAL, "panic: resetting the machine");
		reset_machine();
	}
	log_write(LOG_FATAL, "panic: halted");
	panic_stop_cpu();
}

static void print_headline(const struct trap_frame *frame)
{
	const char *name = NULL;

	if (sentence[0]) {
		log_write(LOG_FATAL, "panic: cpu%u: %s", cpu_this()->number, sentence);
		return;
	}
	if (frame->vector < ARRAY_SIZE(exception_names))
		name = exception_names[frame->vector];
	log_write(LOG_FATAL, "panic: cpu%u: %s, vector %llu, error code 0x%llx", cpu_this()->number,
		  name ? name : "unknown exception", (unsigned long long)frame->vector,
		  (unsigned long long)frame->error);
}

/* The calls that led to rip, by their frame pointers. */
static void print_trace(u64 rip, u64 rbp)
{
	for (unsigned depth = 0; depth < TRACE_DEPTH; depth++) {
		u64 offset = 0;
		const char *name = symbols_find(rip, &offset);
		const u64 *frame = (const u64 *)rbp;

		log_write(LOG_FATAL, "  #%u 0x%016llx %s+0x%llx", depth, (unsigned long long)rip,
			  name ? name : "?", (unsigned long long)offset);
		if (!is_aligned(rbp, 8) || !hostmap_is_mapped(rbp) || !hostmap_is_mapped(rbp + 8))
			return;
		rip = frame[1];
		if (frame[0] <= rbp || rip == 0)
			return;
		rbp = frame[0];
	}
}

static void print_row(const char *names, u64 a, u64 b, u64 c, u64 d)
{
	log_write(LOG_FATAL, "  %s %016llx %016llx %016llx %016llx", names, (unsigned long long)a,
		  (unsigned long long)b, (unsigned long long)c, (unsigned long long)d);
}

static void print_registers(const struct trap_frame *f)
{
	print_row("rip rflags cs ss  ", f->rip, f->rflags, f->cs, f->ss);
	print_row("rax rbx rcx rdx   ", f->rax, f->rbx, f->rcx, f->rdx);
	print_row("rsi rdi rbp rsp   ", f->rsi, f->rdi, f->rbp, f->rsp);
	print_row("r8  r9  r10 r11   ", f->r8, f->r9, f->r10, f->r11);
	print_row("r12 r13 r14 r15   ", f->r12, f->r13, f->r14, f->r15);
	print_row("cr0 cr2 cr3 cr4   ", x86_read_cr0(), x86_read_cr2(), x86_read_cr3(),
		  x86_read_cr4());
}

_Noreturn void panic_exception(const struct trap_frame *frame)
{
	own_panic();
	if (printing) {
		log_break_lock();
		log_write(LOG_FATAL, "panic: vector %llu at 0x%llx while printing the panic",
			  (unsigned long long)frame->vector, (unsigned long long)frame->rip);
		panic_stop_cpu();
	}
	printing = true;
	stop_others();
	print_headline(frame);
	if (stack_is_guard(x86_read_cr2()) && (frame->vector == EXC_PF || frame->vector == EXC_DF))
		log_write(LOG_FATAL, "panic: a stack is too small");
	print_registers(frame);
	print_trace(frame->rip, frame->rbp);
	finish();
}

_Noreturn void panic(const char *fmt, ...)
{
	va_list args;

	own_panic();
	va_start(args, fmt);
	format_text_v(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	x86_ud2();
}
