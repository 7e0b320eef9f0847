/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot CPU's side of INIT-SIPI-SIPI, and a new CPU's first steps in C. Boot only. */
#include "boot/host/smp.h"

#include "apic/host/lapic.h"
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/base/log.h"
#include "core/base/string.h"
#include "core/host/cpu.h"
#include "core/host/traps.h"
#include "drivers/host/clock.h"
#include "mm/host/hostmap.h"
#include "mm/host/ram.h"
#include "mm/host/window.h"
#include "mm/pt_entry.h"

/* Delays of SDM 3A "MP Initialization Protocol Algorithm for MP Systems", and our time limit. */
enum {
	INIT_DELAY_US = 10000,
	STARTUP_DELAY_US = 200,
	ANSWER_US = 2000000, /* long, since an emulator may have more CPUs than its host */
	POLL_US = 10,
	XAPIC_ID_MAX = 0xfe,
};

extern const u8 smp_trampoline[], smp_trampoline_root[], smp_trampoline_end[];
extern u64 boot_pml4_low[PT_ENTRIES], boot_pdpt_low[PT_ENTRIES], boot_pd_low[PT_ENTRIES];

_Noreturn void smp_main(void);

/* Read by boot/host/trampoline.asm. */
u64 smp_root;
void *smp_stack; /* atomic: the new CPU takes the stack and leaves NULL */

static struct cpu *starting; /* the CPU that smp_stack is for; constant while it starts */
static void (*entry_point)(void);
static u64 low_table[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));

static void point_to(u64 *entry, const u64 *table)
{
	pt_entry_write(entry, hostmap_to_phys(table).addr | pt_format_host.table);
}

/*
 * In the lower half of the low root only the trampoline page is mapped, read-only and executable.
 */
static void prepare_tables(struct hpa page)
{
	struct pt_leaf leaf = {.perms = PT_READ | PT_EXEC, .type = MEMTYPE_WB};

	memset(boot_pdpt_low, 0, PAGE_SIZE);
	memset(boot_pd_low, 0, PAGE_SIZE);
	point_to(&boot_pml4_low[0], boot_pdpt_low);
	point_to(&boot_pdpt_low[0], boot_pd_low);
	point_to(&boot_pd_low[0], low_table);
	pt_entry_write(&low_table[page.addr / PAGE_SIZE],
		       pt_leaf_encode(&pt_format_host, PT_LEVEL_4K, page, leaf));
}

static void prepare_trampoline(struct hpa page)
{
	u32 root = (u32)hostmap_to_phys(boot_pml4_low).addr;

	window_write(page, smp_trampoline, (u64)smp_trampoline_end - (u64)smp_trampoline);
	window_write(hpa_make(page.addr + (u64)smp_trampoline_root - (u64)smp_trampoline), &root,
		     sizeof(root));
	prepare_tables(page);
	smp_root = hostmap_root().addr;
}

/* Enables the local APIC of this CPU. If its mode or ID is not as expected, parks the CPU. */
static bool has_own_apic(struct cpu *cpu)
{
	if (!lapic_has_mode()) {
		cpu_retire(cpu, CPU_PARKED, "has no x2APIC, which cpu0 uses: boot with x2apic=off");
		return false;
	}
	lapic_enable();
	if (lapic_id() == cpu->apic_id)
		return true;
	cpu_retire(cpu, CPU_PARKED,
		   "APIC ID %u answers instead of %u: the firmware's MADT is wrong", lapic_id(),
		   cpu->apic_id);
	return false;
}

/* Runs on the new CPU, on its own stack. */
_Noreturn void smp_main(void)
{
	struct cpu *cpu = starting;

	cpu->start_tsc = x86_rdtsc();
	cpu_init_pat();
	cpu_load(cpu);
	traps_load();
	if (has_own_apic(cpu)) {
		lapic_timer_init();
		entry_point();
	}
	for (;;)
		x86_hlt();
}

/* True once the new CPU has taken its stack. */
static bool has_begun(void)
{
	return atomic_get(&smp_stack) == NULL;
}

/* Warns if the new CPU's TSC differs: CPUs compare TSC deadlines that other CPUs computed. */
static void check_tsc(const struct cpu *cpu, u64 before, u64 after)
{
	if (cpu->start_tsc < before || cpu->start_tsc > after)
		log_write(LOG_WARN, "cpu%u: TSC 0x%llx is not in step: cpu0 had 0x%llx to 0x%llx",
			  cpu->number, cpu->start_tsc, before, after);
}

/* INIT keeps the CPU from a late start, in which it would take the next CPU's stack. */
static void give_up(struct cpu *cpu)
{
	lapic_send_init(cpu->apic_id);
	cpu_retire(cpu, CPU_DEAD, "APIC ID %u %s in %u ms after INIT-SIPI-SIPI: left out",
		   cpu->apic_id, has_begun() ? "began but did not report" : "does not answer",
		   ANSWER_US / 1000);
}

static bool start_one(struct cpu *cpu, struct hpa page)
{
	u8 vector = (u8)(page.addr >> PAGE_SHIFT);
	u64 before = x86_rdtsc();

	starting = cpu;
	/* Release: a CPU that reads the stack sees `starting` and its struct complete. */
	atomic_store_release(&smp_stack, cpu->stack_top);
	lapic_send_startup(cpu->apic_id, vector);
	for (u32 waited = 0; waited < STARTUP_DELAY_US && !has_begun(); waited += POLL_US)
		clock_delay_us(POLL_US);
	if (!has_begun())
		lapic_send_startup(cpu->apic_id, vector);
	for (u32 waited = 0; waited < ANSWER_US && cpu_state(cpu) == CPU_STARTING;
	     waited += POLL_US)
		clock_delay_us(POLL_US);
	if (cpu_state(cpu) == CPU_STARTING) {
		give_up(cpu);
		return false;
	}
	check_tsc(cpu, before, x86_rdtsc());
	return true;
}

static bool is_reachable(const struct smp_cpu *listed)
{
	return lapic_is_x2apic() || listed->apic_id <= XAPIC_ID_MAX;
}

/* True if the CPU is to be started: enabled, not this one, and reachable by IPI. */
static bool must_start(const struct smp_cpu *listed)
{
	return listed->enabled && listed->apic_id != cpu_this()->apic_id && is_reachable(listed);
}

/* Sends INIT to all CPUs, then waits once. Returns the number of CPUs. */
static u32 send_inits(const struct smp_cpu *cpus, u32 count)
{
	u32 sent = 0;

	for (u32 i = 0; i < count; i++) {
		if (cpus[i].enabled && !is_reachable(&cpus[i]))
			log_write(LOG_WARN, "smp: APIC ID %u needs x2APIC mode: left out",
				  cpus[i].apic_id);
		if (!must_start(&cpus[i]))
			continue;
		lapic_send_init(cpus[i].apic_id);
		sent++;
	}
	if (sent)
		clock_delay_us(INIT_DELAY_US);
	return sent;
}

/* Starts one CPU after the other. ERR_NO_MEMORY: the rest is not started. */
static enum status start_all(const struct smp_cpu *cpus, u32 count, struct hpa page,
			     struct smp_result *result, struct error *err)
{
	for (u32 i = 0; i < count; i++) {
		struct cpu *cpu;

		if (!must_start(&cpus[i]))
			continue;
		cpu = cpu_create(cpus[i].apic_id);
		if (!cpu)
			return fail(err, ERR_NO_MEMORY, "smp: no memory for APIC ID %u",
				    cpus[i].apic_id);
		if (start_one(cpu, page))
			result->answered++;
		else
			result->silent++;
	}
	return OK;
}

enum status smp_start(const struct smp_cpu *cpus, u32 count, void (*entry)(void),
		      struct smp_result *result, struct error *err)
{
	struct hpa page = ram_low_page();
	enum status status;

	*result = (struct smp_result){.answered = 1};
	for (u32 i = 0; i < count; i++)
		result->disabled += !cpus[i].enabled;
	status = cpu_reserve(count + 1, err);
	if (status != OK || count - result->disabled <= 1)
		return status;
	if (page.addr == 0)
		return fail(err, ERR_NO_MEMORY, "smp: no free page below 1 MiB to start CPUs from");
	entry_point = entry;
	prepare_trampoline(page);
	if (send_inits(cpus, count) != 0)
		status = start_all(cpus, count, page, result, err);
	memset(low_table, 0, sizeof(low_table));
	return status;
}
