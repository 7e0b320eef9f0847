/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test guest's CPUs. Each has one block with everything that it needs. The stack pointer
 * gives the address of the block.
 */
#pragma once

#include "core/base/regs.h"
#include "core/base/x86.h"

enum {
	CPU_MAX = 64,
	CPU_SIZE = 0x8000, /* also in start.asm */
	CPU_STACK_SIZE = 0x2000,
};

/* Selectors in the order of boot_gdt (start.asm). */
enum selector {
	SEL_CODE64 = 0x08,
	SEL_DATA = 0x10,
	SEL_CODE32 = 0x18,
	SEL_USER_CODE64 = 0x20 | 3,
	SEL_USER_DATA = 0x28 | 3,
	SEL_CODE16 = 0x30,
	SEL_DATA16 = 0x38,
	SEL_NOT_PRESENT = 0x40,
	SEL_TSS = 0x48,
};

/* SDM 3A "64-Bit Task State Segment" */
struct __attribute__((packed)) tss {
	u32 reserved_0;
	u64 rsp[3];
	u64 reserved_1c;
	u64 ist[7];
	u64 reserved_5c;
	u16 reserved_64;
	u16 io_map;
};
static_assert(sizeof(struct tss) == 104, "the TSS is a hardware structure");

struct cpu {
	u64 gdt[SEL_TSS / 8 + 2];
	struct tss tss;
	u64 recovery; /* argument of trap_unwind; 0: a trap is fatal */
	u32 index;
	u32 apic_id;
	bool x2apic; /* the mode in which lib/apic.c accesses this CPU's APIC */
	volatile bool up;
	void (*volatile work)(void *);
	void *volatile argument;
	u8 fault_stack[CPU_STACK_SIZE]; /* for #DF, which a bad stack may have caused */
	u8 trap_stack[CPU_STACK_SIZE];	/* for traps from ring 3 */
	u8 stack[];			/* the rest, downwards from the end */
} __attribute__((aligned(CPU_SIZE)));
static_assert(sizeof(struct cpu) == CPU_SIZE, "cpu_this masks the stack pointer");

extern struct cpu cpus[CPU_MAX];

static inline struct cpu *cpu_this(void)
{
	u64 rsp;

	__asm__ volatile("mov %%rsp, %0" : "=r"(rsp));
	return (struct cpu *)align_down(rsp, CPU_SIZE);
}
