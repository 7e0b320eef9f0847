/* SPDX-License-Identifier: BSD-2-Clause */
/* Per-CPU structures and the registers that point the CPU to them. */
#include "core/host/cpu.h"

#include "apic/host/lapic.h"
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/base/cpuid_bits.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/base/msr_index.h"
#include "core/base/regs.h"
#include "core/base/vectors.h"
#include "mm/host/heap.h"
#include "mm/host/stack.h"
#include "mm/host/window.h"
#include "mm/pt.h"

enum {
	IST_STACK_SIZE = PAGE_SIZE,
	IDLE_STACK_SIZE = 2 * PAGE_SIZE,
};

/*
 * Descriptors, accessed bits set (SDM 3A "Segment Descriptors", "TSS Descriptor in 64-bit mode").
 */
#define DESCRIPTOR_CODE_64 0x00af9b000000ffffULL
#define DESCRIPTOR_DATA	   0x00cf93000000ffffULL
#define DESCRIPTOR_TSS_64  0x0000890000000000ULL /* available; base and limit to be added */

static struct cpu boot_cpu = {.state = CPU_ONLINE};
static u8 early_stack[PAGE_SIZE] __attribute__((aligned(16))); /* the boot CPU's, before the heap */
static struct cpu *only_boot_cpu[1] = {&boot_cpu};
static struct cpu **cpus = only_boot_cpu;
static u32 capacity = 1;
static u32 count = 1; /* atomic, the boot CPU writes */

/* Acquire, with the release in cpu_create: the structs of all counted CPUs are visible. */
u32 cpu_count(void)
{
	return atomic_load_acquire(&count);
}

struct cpu *cpu_by_number(u32 number)
{
	return number < cpu_count() ? cpus[number] : NULL;
}

/* Acquire, with the release in cpu_set_state: all that the CPU wrote before is visible. */
enum cpu_state cpu_state(const struct cpu *cpu)
{
	return atomic_load_acquire(&cpu->state);
}

bool cpu_is_online(const struct cpu *cpu)
{
	return cpu_state(cpu) == CPU_ONLINE;
}

u32 cpu_online_count(void)
{
	u32 online = 0;

	for (u32 i = 0; i < cpu_count(); i++)
		online += cpu_is_online(cpus[i]);
	return online;
}

void cpu_set_state(struct cpu *cpu, enum cpu_state state)
{
	atomic_store_release(&cpu->state, state);
}

void cpu_retire(struct cpu *cpu, enum cpu_state state, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	format_text_v(cpu->why, sizeof(cpu->why), fmt, args);
	va_end(args);
	log_write(LOG_ERROR, "cpu%u: %s%s", cpu->number, state == CPU_PARKED ? "parked: " : "",
		  cpu->why);
	cpu_set_state(cpu, state);
}

void cpu_send_kick(u32 number)
{
	lapic_send_ipi(cpus[number]->apic_id, VECTOR_KICK);
}

void cpu_send_posted(u32 number)
{
	lapic_send_ipi(cpus[number]->apic_id, VECTOR_POSTED);
}

/* Fills GDT and TSS in cpu; the TSS has no interrupt stacks yet. */
static void make_tables(struct cpu *cpu)
{
	u64 base = (u64)&cpu->tss, limit = sizeof(cpu->tss) - 1;

	cpu->self = cpu;
	cpu->gdt[SELECTOR_CODE / 8] = DESCRIPTOR_CODE_64;
	cpu->gdt[SELECTOR_DATA / 8] = DESCRIPTOR_DATA;
	cpu->gdt[SELECTOR_TSS / 8] = DESCRIPTOR_TSS_64 | limit | bits_get(base, 23, 0) << 16 |
				     bits_get(base, 31, 24) << 56;
	cpu->gdt[SELECTOR_TSS / 8 + 1] = base >> 32;
	cpu->tss.io_map_base = sizeof(cpu->tss); /* beyond the limit: no map */
}

static bool make_ist_stacks(struct cpu *cpu)
{
	for (unsigned ist = IST_NONE + 1; ist < IST_COUNT; ist++) {
		void *top = stack_alloc(IST_STACK_SIZE);

		if (!top)
			return false;
		cpu->tss.ist[ist - 1] = (u64)top;
	}
	return true;
}

void cpu_load(struct cpu *cpu)
{
	struct x86_table_pointer pointer = {sizeof(cpu->gdt) - 1, (u64)cpu->gdt};

	/* CS, SS, DS and ES stay: their selectors mean the same in every earlier GDT. */
	x86_lgdt(&pointer);
	x86_ltr(SELECTOR_TSS);
	x86_wrmsr(MSR_FS_BASE, 0);
	x86_wrmsr(MSR_GS_BASE, (u64)cpu);
}

void cpu_find_itself(void)
{
	u64 base = x86_rdmsr(MSR_GS_BASE);
	struct cpu *self = &boot_cpu;

	for (u32 i = 0; i < cpu_count(); i++)
		if (base == (u64)cpus[i])
			return;
	for (u32 i = 0; i < cpu_count(); i++)
		if (cpus[i]->apic_id == lapic_id())
			self = cpus[i];
	make_tables(self); /* clears the TSS's busy bit, which LTR demands */
	cpu_load(self);
}

void cpu_init_boot(void)
{
	make_tables(&boot_cpu);
	for (unsigned ist = IST_NONE + 1; ist < IST_COUNT; ist++)
		boot_cpu.tss.ist[ist - 1] = (u64)early_stack + sizeof(early_stack);
	cpu_load(&boot_cpu);
}

enum status cpu_init_boot_stacks(struct error *err)
{
	boot_cpu.windows = window_create(0);
	if (!boot_cpu.windows || !make_ist_stacks(&boot_cpu))
		return fail(err, ERR_NO_MEMORY, "cpu0: no memory for interrupt stacks");
	return OK;
}

enum status cpu_reserve(u32 wanted, struct error *err)
{
	// NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what the table holds
	size_t pages = pages_of((u64)wanted * sizeof(*cpus));
	struct cpu **table = heap_alloc_pages(pages);

	if (!table)
		return fail(err, ERR_NO_MEMORY, "no memory for a table of %u CPUs", wanted);
	table[0] = &boot_cpu;
	cpus = table;
	capacity = wanted;
	return OK;
}

struct cpu *cpu_create(u32 apic_id)
{
	struct cpu *cpu;

	static_assert(sizeof(struct cpu) <= PAGE_SIZE, "a CPU's struct is one page");
	if (count == capacity)
		return NULL;
	cpu = heap_alloc_pages(1);
	if (!cpu)
		return NULL;
	cpu->number = count;
	cpu->apic_id = apic_id;
	cpu->stack_top = stack_alloc(IDLE_STACK_SIZE);
	cpu->windows = window_create(cpu->number);
	make_tables(cpu);
	if (!cpu->stack_top || !cpu->windows || !make_ist_stacks(cpu))
		return NULL;
	cpus[count] = cpu;
	atomic_store_release(&count, count + 1);
	return cpu;
}

void cpu_init_pat(void)
{
	/* SDM 3A "Programming the PAT": what is in use so far has entries that do not change. */
	x86_wrmsr(MSR_PAT, PT_HOST_PAT);
}

void cpu_init_control(void)
{
	u64 cr4 = CR4_PAE | CR4_PGE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	x86_write_cr0(CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_PG);
	cr4 |= x86_cpuid(CPUID_LEAF_FEATURES, 0).ecx & CPUID_1_ECX_XSAVE ? CR4_OSXSAVE : 0;
	if (x86_cpuid(CPUID_LEAF_MAX, 0).eax >= CPUID_LEAF_STRUCTURED) {
		struct cpuid_result features = x86_cpuid(CPUID_LEAF_STRUCTURED, 0);

		cr4 |= features.ebx & CPUID_7_EBX_SMEP ? CR4_SMEP : 0;
		cr4 |= features.ebx & CPUID_7_EBX_SMAP ? CR4_SMAP : 0;
		cr4 |= features.ecx & CPUID_7_ECX_UMIP ? CR4_UMIP : 0;
	}
	x86_write_cr4(cr4);
	x86_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) | EFER_NXE);
}
