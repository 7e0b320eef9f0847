/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the IDT, the table of handlers and each CPU's recovery point. */
#include "lib/trap.h"
#include "core/base/string.h"
#include "lib/report.h"

enum {
	VECTORS = 256,
	STUB_SIZE = 16, /* also in vectors.asm */
	IST_FAULT = 1,
	GATE_INTERRUPT = 0x8e,
	GATE_DPL3 = 0x60,
};

/* SDM 3A "64-Bit Mode IDT" */
struct __attribute__((packed)) gate {
	u16 offset_low, selector;
	u8 ist, attr;
	u16 offset_mid;
	u32 offset_high, reserved_c;
};
static_assert(sizeof(struct gate) == 16, "a gate is a hardware structure");

struct call {
	void (*code)(void *);
	void *argument;
};

extern const u8 trap_stubs[];
extern const u64 boot_gdt[SEL_TSS / 8];

bool trap_call(void (*code)(void *), void *argument, u64 *recovery);
void trap_unwind(u64 recovery) __attribute__((noreturn));
void trap_enter_user(void (*code)(void *), void *argument);
void trap_dispatch(struct trap_frame *frame);

struct cpu cpus[CPU_MAX];

static struct gate idt[VECTORS];
static void (*handlers[VECTORS])(struct trap_frame *);
static struct trap last_trap[CPU_MAX]; /* owner writes */

static void set_gate(unsigned vector)
{
	u64 stub = (u64)trap_stubs + vector * STUB_SIZE;
	bool from_user = vector == EXC_BP || vector == EXC_OF;

	idt[vector] = (struct gate){
		.offset_low = (u16)stub,
		.offset_mid = (u16)(stub >> 16),
		.offset_high = (u32)(stub >> 32),
		.selector = SEL_CODE64,
		.ist = vector == EXC_DF ? IST_FAULT : 0,
		.attr = GATE_INTERRUPT | (from_user ? GATE_DPL3 : 0),
	};
}

/* The low half of an available 64-bit TSS descriptor; the high half holds base 63:32. */
static u64 tss_descriptor(u64 base)
{
	return (sizeof(struct tss) - 1) | (base & BITS(23, 0)) << 16 | 0x89ULL << 40 |
	       bits_get(base, 31, 24) << 56;
}

void trap_init(void)
{
	struct cpu *cpu = cpu_this();
	struct x86_table_pointer gdtr = {sizeof(cpu->gdt) - 1, (u64)cpu->gdt};
	struct x86_table_pointer idtr = {sizeof(idt) - 1, (u64)idt};

	memcpy(cpu->gdt, boot_gdt, SEL_TSS);
	cpu->gdt[SEL_TSS / 8] = tss_descriptor((u64)&cpu->tss);
	cpu->gdt[SEL_TSS / 8 + 1] = 0;
	cpu->tss.rsp[0] = (u64)cpu->trap_stack + CPU_STACK_SIZE;
	cpu->tss.ist[IST_FAULT - 1] = (u64)cpu->fault_stack + CPU_STACK_SIZE;
	cpu->tss.io_map = sizeof(struct tss);
	for (unsigned vector = 0; vector < VECTORS; vector++)
		set_gate(vector);
	x86_lgdt(&gdtr);
	x86_lidt(&idtr);
	x86_ltr(SEL_TSS);
}

void trap_set_handler(unsigned vector, void (*handler)(struct trap_frame *))
{
	handlers[vector] = handler;
}

void trap_dispatch(struct trap_frame *frame)
{
	struct cpu *cpu = cpu_this();

	if (handlers[frame->vector]) {
		handlers[frame->vector](frame);
		return;
	}
	if (!cpu->recovery)
		trap_fatal(frame);
	last_trap[cpu->index] = (struct trap){
		.vector = (int)frame->vector,
		.error = frame->error,
		.rip = frame->rip,
		.rflags = frame->rflags,
		.cr2 = x86_read_cr2(),
		.dr6 = x86_read_dr(6),
	};
	trap_unwind(cpu->recovery);
}

struct trap trap_run(void (*code)(void *), void *argument)
{
	struct cpu *cpu = cpu_this();

	if (trap_call(code, argument, &cpu->recovery))
		return last_trap[cpu->index];
	return (struct trap){.vector = TRAP_NONE};
}

static void enter_user(void *argument)
{
	struct call *call = argument;

	trap_enter_user(call->code, call->argument);
}

struct trap trap_run_user(void (*code)(void *), void *argument)
{
	struct call call = {code, argument};

	return trap_run(enter_user, &call);
}

struct msr_access {
	u32 msr;
	u64 value;
};

static void read_msr(void *argument)
{
	struct msr_access *access = argument;

	access->value = x86_rdmsr(access->msr);
}

static void write_msr(void *argument)
{
	struct msr_access *access = argument;

	x86_wrmsr(access->msr, access->value);
}

bool trap_rdmsr(u32 msr, u64 *value)
{
	struct msr_access access = {msr, 0};
	bool done = trap_run(read_msr, &access).vector == TRAP_NONE;

	*value = access.value;
	return done;
}

bool trap_wrmsr(u32 msr, u64 value)
{
	struct msr_access access = {msr, value};

	return trap_run(write_msr, &access).vector == TRAP_NONE;
}

void trap_fatal(const struct trap_frame *frame)
{
	check(false, "unexpected trap %u on cpu %u, error %llx, rip %llx, cr2 %llx, rsp %llx",
	      (u32)frame->vector, cpu_this()->index, frame->error, frame->rip, x86_read_cr2(),
	      frame->rsp);
	report_done();
}
