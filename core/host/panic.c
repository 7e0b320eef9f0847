/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * panic() stores its sentence and raises #UD. So panics and unexpected exceptions
 * reach the same dump, with the registers at the place of the error.
 */
#include "core/host/panic.h"

#include "apic/host/lapic.h"
#include "core/base/atomic.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/base/regs.h"
#include "core/base/time.h"
#include "core/host/cpu.h"
#include "core/host/sched.h"
#include "core/host/symbols.h"
#include "drivers/host/clock.h"
#include "drivers/host/serial.h"
#include "mm/host/hostmap.h"
#include "mm/host/stack.h"

enum {
	SENTENCE_SIZE = 192,
	TRACE_DEPTH = 16,	       /* lines */
	TRACE_FRAMES = 4096,	       /* more than lines: a recursive function is one line */
	STOP_SPINS = 1000000,	       /* time for the other CPUs to reach their NMI handler */
	RESET_DELAY_US = 5 * US_PER_S, /* to read the screen */
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
	return atomic_get(&owner) != NULL;
}

_Noreturn void panic_stop_cpu(void)
{
	/*
	 * Release: the panicking CPU, which breaks the log's lock, sees all that this CPU
	 * logged.
	 */
	atomic_store_release(&cpu_this()->stopped, 1);
	for (;;)
		x86_hlt();
}

/* Makes this CPU the owner of the panic. If another CPU is the owner, stops this CPU. */
static void own_panic(void)
{
	struct cpu *nobody = NULL;

	x86_cli();
	cpu_find_itself();
	if (!atomic_compare_swap(&owner, &nobody, cpu_this()) && nobody != cpu_this())
		panic_stop_cpu();
}

/* True if cpu is another CPU that runs and has not stopped yet. */
static bool still_runs(const struct cpu *cpu)
{
	return cpu != cpu_this() && cpu_state(cpu) != CPU_DEAD &&
	       !atomic_load_acquire(&cpu->stopped);
}

static u32 count_running(void)
{
	u32 running = 0;

	for (u32 i = 0; i < cpu_count(); i++)
		running += still_runs(cpu_by_number(i));
	return running;
}

static void stop_others(void)
{
	lapic_send_nmi_others();
	for (u32 i = 0; i < STOP_SPINS && count_running(); i++)
		x86_pause();
	/* A stopped CPU may hold the locks of log and console. */
	log_break_lock();
	serial_panic();
	log_set_output(serial_write);
}

/*
 * Waits, so that the screen can be read. Before the clock runs, an ISA port access takes about 1
 * us.
 */
static void delay_reset(void)
{
	if (clock_tsc_khz())
		clock_delay_us(RESET_DELAY_US);
	else
		for (u32 us = 0; us < RESET_DELAY_US; us++)
			x86_in8(PORT_DELAY);
}

_Noreturn static void finish(void)
{
	/* The sentence is printed again: on a small screen the first lines have scrolled away. */
	if (reset_machine) {
		log_write(LOG_FATAL, "panic: %s: the machine is reset in %u s", sentence,
			  RESET_DELAY_US / US_PER_S);
		delay_reset();
		reset_machine();
	}
	log_write(LOG_FATAL, "panic: %s: halted", sentence);
	panic_stop_cpu();
}

/* Makes the sentence, unless panic() did. */
static void name_exception(const struct trap_frame *frame)
{
	bool overflow = stack_is_guard(x86_read_cr2()) &&
			(frame->vector == EXC_PF || frame->vector == EXC_DF);
	const char *name = NULL;

	if (sentence[0])
		return;
	if (frame->vector < ARRAY_SIZE(exception_names))
		name = exception_names[frame->vector];
	format_text(sentence, sizeof(sentence), "%s (%llu), error 0x%llx%s",
		    name ? name : "exception", frame->vector, frame->error,
		    overflow ? ": stack overflow" : "");
}

/* Prints the thread of this CPU (a vCPU's has the guest's name) and the CPUs that did not stop. */
static void print_cpus(void)
{
	const struct thread *thread = cpu_this()->sched ? sched_current() : NULL;
	u32 running = count_running();

	log_write(LOG_FATAL, "panic: cpu%u: %s", cpu_this()->number, sentence);
	if (thread)
		log_write(LOG_FATAL, "panic: cpu%u ran %s, thread %u", cpu_this()->number,
			  thread->name, thread->number);
	else
		log_write(LOG_FATAL, "panic: cpu%u ran no thread", cpu_this()->number);
	for (u32 i = 0; i < cpu_count(); i++)
		if (still_runs(cpu_by_number(i)))
			log_write(LOG_FATAL, "panic: cpu%u does not stop", i);
	log_write(LOG_FATAL, "panic: %u of %u other CPUs stopped", cpu_count() - 1 - running,
		  cpu_count() - 1);
}

/*
 * Moves to the caller's frame. False: there is none. Checks each address: the stack may be
 * corrupt.
 */
static bool step_back(u64 *rip, u64 *rbp)
{
	const u64 *frame = (const u64 *)*rbp;

	if (!is_aligned(*rbp, 8) || !hostmap_is_mapped(*rbp) || !hostmap_is_mapped(*rbp + 8))
		return false;
	if (frame[0] <= *rbp || frame[1] == 0)
		return false;
	*rip = frame[1];
	*rbp = frame[0];
	return true;
}

/* Prints the calls that led to rip, found by frame pointers. Repeated calls are one line. */
static void print_trace(u64 rip, u64 rbp)
{
	u64 printed = 0;
	u32 lines = 0, again = 0;

	for (u32 i = 0; i < TRACE_FRAMES && lines < TRACE_DEPTH; i++) {
		struct symbol symbol;

		if (rip == printed) {
			again++;
		} else {
			if (again)
				log_write(LOG_FATAL, "     %u times", again + 1);
			if (!symbols_find(rip, &symbol))
				symbol = (struct symbol){.name = "?"};
			log_write(LOG_FATAL, "  #%-2u %016llx %s+0x%llx", lines++, rip, symbol.name,
				  symbol.offset);
			again = 0;
		}
		printed = rip;
		if (!step_back(&rip, &rbp))
			return;
	}
}

/* Three registers a line: a line with its time stamp fits into 80 columns. */
static void print_registers(const struct trap_frame *f)
{
	const struct {
		const char *name;
		u64 value;
	} registers[] = {
		// clang-format off
		{"rip", f->rip}, {"rsp", f->rsp}, {"rfl", f->rflags},
		{"rax", f->rax}, {"rbx", f->rbx}, {"rcx", f->rcx},
		{"rdx", f->rdx}, {"rsi", f->rsi}, {"rdi", f->rdi},
		{"rbp", f->rbp}, {"r8 ", f->r8},  {"r9 ", f->r9},
		{"r10", f->r10}, {"r11", f->r11}, {"r12", f->r12},
		{"r13", f->r13}, {"r14", f->r14}, {"r15", f->r15},
		{"cr0", x86_read_cr0()}, {"cr2", x86_read_cr2()}, {"cr3", x86_read_cr3()},
		{"cr4", x86_read_cr4()}, {"cs ", f->cs}, {"ss ", f->ss},
		// clang-format on
	};

	static_assert(ARRAY_SIZE(registers) % 3 == 0, "whole lines");
	for (size_t i = 0; i < ARRAY_SIZE(registers); i += 3)
		log_write(LOG_FATAL, " %s %016llx %s %016llx %s %016llx", registers[i].name,
			  registers[i].value, registers[i + 1].name, registers[i + 1].value,
			  registers[i + 2].name, registers[i + 2].value);
}

_Noreturn void panic_exception(const struct trap_frame *frame)
{
	own_panic();
	if (printing) {
		log_break_lock();
		log_write(LOG_FATAL, "panic: vector %llu at 0x%llx while printing the panic",
			  frame->vector, frame->rip);
		panic_stop_cpu();
	}
	printing = true;
	stop_others();
	name_exception(frame);
	print_cpus();
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
