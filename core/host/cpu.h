/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns struct cpu, one for each physical CPU that boot started, found through the
 * GS base; its GDT, TSS and exception stacks; the values of control registers and
 * PAT on every CPU. Knows no guest.
 */
#pragma once

#include "core/base/percpu.h"
#include "core/base/status.h"
#include "core/base/types.h"
#include "core/base/x86.h"

struct sched_cpu;
struct backend_cpu;
struct caps_snapshot;
struct trace_ring;

/* Selectors of every CPU's GDT. */
enum cpu_selector {
	SELECTOR_CODE = 0x08,
	SELECTOR_DATA = 0x10,
	SELECTOR_TSS = 0x18,
};

/* Slots of the TSS's interrupt stack table (SDM 3A "Interrupt Stack Table"); 0 means the current
 * stack. */
enum cpu_ist { IST_NONE, IST_NMI, IST_DOUBLE_FAULT, IST_MACHINE_CHECK, IST_COUNT };

#define CPU_NONE UINT32_MAX /* no CPU's number */

enum cpu_state {
	CPU_STARTING, /* on its way to being online: has not reported yet */
	CPU_ONLINE,   /* runs its idle loop, takes work */
	CPU_LEAVING,  /* on its way to being offline */
	CPU_OFFLINE,  /* halts, with virtualization off, until it is started again */
	CPU_PARKED,   /* answered, but must not be used */
	CPU_DEAD,     /* did not answer in time */
};

/* SDM 3A "64-Bit Mode Task Management" */
struct __attribute__((packed)) cpu_tss {
	u32 reserved_0;
	u64 rsp[3];
	u64 reserved_28;
	u64 ist[7];
	u64 reserved_92;
	u16 reserved_100;
	u16 io_map_base;
};
static_assert(sizeof(struct cpu_tss) == 104, "TSS size");

struct cpu {
	struct cpu *self; /* this and the next two: as struct percpu has them */
	u64 *windows;	  /* WINDOW_SLOTS leaf entries */
	u32 number;
	u32 apic_id;   /* x2APIC ID; constant */
	u64 start_tsc; /* its TSC when it arrived; constant, 0 for the boot CPU */
	/*
	 * Atomic. The CPU itself writes it, with two exceptions: the boot CPU writes
	 * CPU_DEAD, and the administrator writes CPU_LEAVING to an online CPU and
	 * CPU_STARTING to an offline one.
	 */
	enum cpu_state state;
	u32 stopped;		     /* atomic, owner writes: halted by a panic elsewhere */
	u32 unknown_nmis;	     /* owner writes: NMIs that were not ours */
	struct sched_cpu *sched;     /* the scheduler's */
	struct backend_cpu *backend; /* the backend's */
	struct caps_snapshot *caps;  /* its capabilities, read while it came online */
	struct trace_ring *trace;    /* atomic; NULL until a trace is turned on */
	void *stack_top;	     /* of the idle context; constant */
	char why[ERROR_TEXT_SIZE]; /* reason for CPU_PARKED or CPU_DEAD; constant in these states */
	u64 gdt[5];
	struct cpu_tss tss __attribute__((aligned(128))); /* so it lies within a page */
};

static_assert(offsetof(struct cpu, self) == offsetof(struct percpu, self) &&
		      offsetof(struct cpu, windows) == offsetof(struct percpu, windows) &&
		      offsetof(struct cpu, number) == offsetof(struct percpu, number),
	      "struct cpu begins with struct percpu");

static inline struct cpu *cpu_this(void)
{
	return x86_read_gs_self();
}

/* CPUs that have a struct cpu, dead and parked ones included; grows only while boot starts them. */
u32 cpu_count(void);

/* NULL when number >= cpu_count(). */
struct cpu *cpu_by_number(u32 number);

enum cpu_state cpu_state(const struct cpu *cpu);
bool cpu_is_online(const struct cpu *cpu);
u32 cpu_online_count(void);

/* Publishes the state of cpu, with all that the caller wrote before; struct cpu says who may. */
void cpu_set_state(struct cpu *cpu, enum cpu_state state);

/* Logs why a CPU must not be used, and sets state, CPU_PARKED or CPU_DEAD. */
void cpu_retire(struct cpu *cpu, enum cpu_state state, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Sends VECTOR_POSTED. number < cpu_count(). */
void cpu_send_posted(u32 number);

/* Sends VECTOR_KICK; harmless if it is the calling CPU or idle. number < cpu_count(). */
void cpu_send_kick(u32 number);

/*
 * The boot CPU's struct, before there is a heap: loads GDT, TSS and GS base.
 * One small stack serves all exceptions that need their own.
 */
void cpu_init_boot(void);

/*
 * Once the heap works: gives the boot CPU interrupt stacks with guards, and windows. err may be
 * NULL.
 */
enum status cpu_init_boot_stacks(struct error *err) must_check;

/*
 * Sets the greatest number of CPUs, boot CPU included; before the first cpu_create.
 * ERR_NO_MEMORY.
 */
enum status cpu_reserve(u32 wanted, struct error *err) must_check;

/* Allocates and numbers a CPU with its stacks and windows. Boot CPU only. NULL: no memory. */
struct cpu *cpu_create(u32 apic_id) must_check;

/* Loads cpu's GDT, TSS and GS base on the CPU that runs this. */
void cpu_load(struct cpu *cpu);

/*
 * Panic path only. Inside the world switch GS may be the guest's: finds this
 * CPU by its APIC ID and loads its struct cpu again.
 */
void cpu_find_itself(void);

/* Sets the PAT of the calling CPU, on which the page tables rely; before any other access. */
void cpu_init_pat(void);

/* Sets CR0, CR4 and EFER of the calling CPU: WP, NXE, and SMEP, SMAP, UMIP if it has them. */
void cpu_init_control(void);
