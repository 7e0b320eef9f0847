/* SPDX-License-Identifier: BSD-2-Clause */
/* The IDT, and the handling of a vector after core/host/traps.asm has saved the registers. */
#include "core/host/traps.h"

#include "apic/host/lapic.h"
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/base/log.h"
#include "core/base/regs.h"
#include "core/base/vectors.h"
#include "core/host/cpu.h"
#include "core/host/panic.h"

enum {
	VECTORS = 256,
	FIRST_INTERRUPT = 32,
	STUB_SIZE = 16,	       /* as in core/host/traps.asm */
	GATE_INTERRUPT = 0x8e, /* present, DPL 0, 64-bit interrupt gate */
};

/* SDM 3A "64-Bit Mode IDT" */
struct gate {
	u16 offset_low;
	u16 selector;
	u8 ist;
	u8 type;
	u16 offset_middle;
	u32 offset_high;
	u32 reserved_12;
};
static_assert(sizeof(struct gate) == 16, "IDT gate size");

extern const u8 traps_stubs[];
extern const u8 traps_rdmsr_place[], traps_wrmsr_place[], traps_msr_failed[];

void traps_dispatch(struct trap_frame *frame);

static struct gate idt[VECTORS];
static trap_handler *handlers[VECTORS]; /* atomic */
static u8 reported[VECTORS];		/* atomic: an interrupt without handler was logged */

/*
 * A stack of its own for each exception that can occur when RSP is invalid, or in another
 * handler.
 */
static const u8 ist_stacks[] = {
	[EXC_NMI] = IST_NMI,
	[EXC_DF] = IST_DOUBLE_FAULT,
	[EXC_MC] = IST_MACHINE_CHECK,
};

static struct gate gate_make(unsigned vector)
{
	u64 stub = (u64)traps_stubs + (u64)vector * STUB_SIZE;

	return (struct gate){
		.offset_low = (u16)stub,
		.selector = SELECTOR_CODE,
		.ist = vector < ARRAY_SIZE(ist_stacks) ? ist_stacks[vector] : IST_NONE,
		.type = GATE_INTERRUPT,
		.offset_middle = (u16)(stub >> 16),
		.offset_high = (u32)(stub >> 32),
	};
}

void traps_init(void)
{
	for (unsigned vector = 0; vector < VECTORS; vector++)
		idt[vector] = gate_make(vector);
	traps_load();
}

void traps_load(void)
{
	struct x86_table_pointer pointer = {sizeof(idt) - 1, (u64)idt};

	x86_lidt(&pointer);
}

void traps_set_handler(u8 vector, trap_handler *handler)
{
	/* Release: a CPU that reads the handler also sees the data that the handler uses. */
	atomic_store_release(&handlers[vector], handler);
}

static void interrupt(struct trap_frame *frame)
{
	u8 vector = (u8)frame->vector;
	trap_handler *handler = atomic_load_acquire(&handlers[vector]);

	if (handler) {
		handler(frame);
		return;
	}
	/*
	 * SDM 3A "Spurious Interrupt": no bit is in service, so an EOI would end another
	 * interrupt.
	 */
	if (vector == VECTOR_SPURIOUS)
		return;
	lapic_eoi();
	if (!atomic_swap(&reported[vector], 1))
		log_write(LOG_WARN, "cpu%u: interrupt 0x%02x has no handler", cpu_this()->number,
			  vector);
}

void traps_take(u8 vector)
{
	struct trap_frame frame = {.vector = vector};

	interrupt(&frame);
}

/* If the exception is a #GP of traps_rdmsr or traps_wrmsr, makes that function return false. */
static bool fix_msr_access(struct trap_frame *frame)
{
	if (frame->vector != EXC_GP ||
	    (frame->rip != (u64)traps_rdmsr_place && frame->rip != (u64)traps_wrmsr_place))
		return false;
	frame->rip = (u64)traps_msr_failed;
	return true;
}

void traps_dispatch(struct trap_frame *frame)
{
	if (frame->vector >= FIRST_INTERRUPT) {
		interrupt(frame);
		return;
	}
	if (fix_msr_access(frame))
		return;
	if (frame->vector == EXC_NMI) {
		if (panic_begun())
			panic_stop_cpu();
		cpu_this()->unknown_nmis++;
		return;
	}
	panic_exception(frame);
}
