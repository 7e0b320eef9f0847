/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps by which a CPU comes online, and the handling of CPUs that differ. */
#include "core/host/bringup.h"

#include "apic/host/lapic.h"
#include "core/base/log.h"
#include "core/base/x86.h"
#include "core/host/caps_read.h"
#include "core/host/cpu.h"
#include "core/host/mtrr.h"
#include "core/host/sched.h"
#include "core/host/virt.h"
#include "core/host/xstate.h"
#include "mm/host/heap.h"

const struct virt_ops *virt;

static const struct boot_options *options;
static struct caps_snapshot reference; /* the boot CPU's as it was at boot */
/* The capabilities in common. Each CPU that boot starts writes it; constant afterwards. */
static struct caps_snapshot view;

static_assert(sizeof(struct caps_snapshot) <= PAGE_SIZE, "a CPU's snapshot is one page");

/* The action of cpu-mismatch=common for each kind of difference, in words. */
static const char *const outcomes[] = {
	[CAPS_SAME] = "",
	[CAPS_FEATURES] = "guests get what both have",
	[CAPS_CAUTIONS] = "guests rely on neither",
	[CAPS_LIMIT] = "the smaller counts",
	[CAPS_LAYOUT] = "guests do without",
	[CAPS_DESCRIPTION] = "guests are told cpu0's",
	[CAPS_SETTING] = "cpu0's is set here too",
	[CAPS_RATE] = "",
};
static_assert(ARRAY_SIZE(outcomes) == CAPS_KINDS, "one outcome a kind");

static void alter(struct caps_snapshot *caps, const char *name)
{
	if (!caps_alter(&cpu_caps_table, &caps->cpu, name) &&
	    !(virt && caps_alter(virt->caps, caps->backend, name)))
		log_write(LOG_WARN, "test-mismatch: nothing is named '%s'", name);
}

/*
 * INIT leaves MTRRs unchanged (SDM 3A "Processor State After Reset"), but some
 * emulators disable them. A CPU whose MTRRs are disabled has not been set up
 * differently, but not at all: it gets the boot CPU's.
 */
static void restore_mtrrs(struct cpu_caps *caps)
{
	if (mtrr_are_on(caps) || !mtrr_are_on(&reference.cpu) ||
	    caps->mtrr_cap != reference.cpu.mtrr_cap)
		return;
	mtrr_write(&reference.cpu);
	mtrr_read(caps);
}

static bool is_altered(const struct cpu *cpu, bool returns)
{
	return options->test_mismatch.field[0] && options->test_mismatch.cpu == cpu->number &&
	       (returns || !options->test_mismatch.later);
}

static enum status take_snapshot(struct cpu *cpu, struct error *err)
{
	bool returns = cpu->caps;
	struct caps_snapshot *caps = returns ? cpu->caps : heap_alloc_pages(1);

	if (!caps)
		return fail(err, ERR_NO_MEMORY, "no memory for a CPU's snapshot");
	*caps = (struct caps_snapshot){0};
	caps_read(&caps->cpu);
	restore_mtrrs(&caps->cpu);
	if (virt)
		virt->caps_read(caps->backend);
	if (is_altered(cpu, returns))
		alter(caps, options->test_mismatch.field);
	cpu->caps = caps;
	return OK;
}

/* Checks one part of a snapshot. ERR_UNSUPPORTED: the CPU must not run with the boot CPU. */
static enum status judge(const struct caps_table *table, const void *boot, const void *own,
			 struct error *err)
{
	struct caps_cursor cursor = {0};
	struct caps_difference d;
	char text[ERROR_TEXT_SIZE];

	while (caps_compare(table, boot, own, &cursor, &d)) {
		if (options->cpu_mismatch == CPU_MISMATCH_COMMON && caps_has_common(&d))
			continue;
		caps_describe(&d, text, sizeof(text));
		return fail(err, ERR_UNSUPPORTED, "%s", text);
	}
	return OK;
}

static enum status compare(const struct caps_snapshot *own, struct error *err)
{
	enum status status = judge(&cpu_caps_table, &reference.cpu, &own->cpu, err);

	if (status == OK && virt)
		status = judge(virt->caps, reference.backend, own->backend, err);
	return status;
}

/* Checks that a CPU that comes back still has all features that guests were promised. */
static enum status keep_promises(const struct caps_snapshot *own, struct error *err)
{
	struct caps_difference d;
	char text[ERROR_TEXT_SIZE];

	if (!caps_lacks(&cpu_caps_table, &view.cpu, &own->cpu, &d) &&
	    !(virt && caps_lacks(virt->caps, view.backend, own->backend, &d)))
		return OK;
	caps_describe(&d, text, sizeof(text));
	return fail(err, ERR_UNSUPPORTED, "%s, and guests were promised it", text);
}

static void log_differences(const struct caps_table *table, const void *boot, const void *own)
{
	struct caps_cursor cursor = {0};
	struct caps_difference d;
	char text[ERROR_TEXT_SIZE];

	while (caps_compare(table, boot, own, &cursor, &d)) {
		caps_describe(&d, text, sizeof(text));
		log_write(LOG_WARN, "cpu%u: %s: %s", cpu_this()->number, text, outcomes[d.kind]);
	}
}

/* Replaces this CPU's firmware settings, if they differ, by the boot CPU's. */
static void adopt_settings(const struct caps_snapshot *own)
{
	struct caps_cursor cursor = {0};
	struct caps_difference d;

	while (caps_compare(&cpu_caps_table, &reference.cpu, &own->cpu, &cursor, &d)) {
		if (d.kind == CAPS_SETTING) {
			mtrr_write(&reference.cpu);
			return;
		}
	}
}

/* Reduces the common features to those that this CPU has too. */
static void join(const struct caps_snapshot *own)
{
	log_differences(&cpu_caps_table, &reference.cpu, &own->cpu);
	caps_intersect(&cpu_caps_table, &view.cpu, &own->cpu);
	if (virt) {
		log_differences(virt->caps, reference.backend, own->backend);
		caps_intersect(virt->caps, view.backend, own->backend);
	}
	xstate_set_components(caps_cpuid_xcr0(&view.cpu));
}

/* Checks that the CPU with this snapshot can run guests. */
static enum status check(const struct cpu *cpu, struct error *err)
{
	return virt ? virt->caps_check(cpu->caps->backend, err) : OK;
}

static enum status enable(struct error *err)
{
	enum status status = virt->cpu_enable(err);

	if (status != OK)
		return status;
	status = virt->cpu_test(err);
	if (status != OK)
		virt->cpu_disable();
	return status;
}

enum status bringup_boot_cpu(const struct virt_ops *backend,
			     const struct boot_options *boot_options, struct error *err)
{
	struct cpu *cpu = cpu_this();
	enum status status;
	struct error why;

	virt = backend;
	options = boot_options;
	status = take_snapshot(cpu, err);
	if (status != OK)
		return status;
	reference = *cpu->caps;
	view = reference;
	xstate_init_cpu();
	xstate_set_components(caps_cpuid_xcr0(&view.cpu));
	status = sched_init_cpu(err);
	if (status != OK || !virt)
		return status;
	if (check(cpu, &why) != OK || enable(&why) != OK) {
		log_write(LOG_ERROR, "cpu%u: %s", cpu->number, why.text);
		virt = NULL;
	}
	return OK;
}

/* All steps except the change of state to online. returns: the CPU was online before. */
static enum status bring_up(struct cpu *cpu, bool returns, struct error *err)
{
	bool common = options->cpu_mismatch == CPU_MISMATCH_COMMON;
	enum status status = take_snapshot(cpu, err);

	if (status == OK)
		status = check(cpu, err);
	if (status == OK)
		status = compare(cpu->caps, err);
	if (status == OK && returns)
		status = keep_promises(cpu->caps, err);
	cpu_init_control(); /* a parked CPU takes interrupts too */
	if (status != OK)
		return status;
	if (common)
		adopt_settings(cpu->caps);
	xstate_init_cpu();
	status = sched_init_cpu(err);
	if (status == OK && virt)
		status = enable(err);
	if (status == OK && common && !returns)
		join(cpu->caps);
	return status;
}

/* Brings the CPU online and returns; a CPU that does not fit is parked and never returns. */
static void come_online(struct cpu *cpu, bool returns)
{
	struct error err;

	if (bring_up(cpu, returns, &err) == OK) {
		cpu_set_state(cpu, CPU_ONLINE);
		return;
	}
	cpu_retire(cpu, CPU_PARKED, "%s", err.text);
	for (;;)
		x86_sti_hlt_cli();
}

/* The steps of bring_up backwards, as far as they leave anything. */
static void take_down(void)
{
	if (virt)
		virt->cpu_disable();
	lapic_timer_stop();
}

_Noreturn void bringup_serve(void)
{
	struct cpu *cpu = cpu_this();

	for (;;) {
		sched_idle();
		take_down();
		cpu_set_state(cpu, CPU_OFFLINE);
		while (cpu_state(cpu) != CPU_STARTING)
			x86_sti_hlt_cli();
		come_online(cpu, true);
	}
}

_Noreturn void bringup_cpu(void)
{
	come_online(cpu_this(), false);
	bringup_serve();
}

/* Wakes the CPU, whose state asks it for a change, and waits until it has changed that state. */
static void await(struct cpu *cpu, enum cpu_state state)
{
	cpu_send_kick(cpu->number);
	while (cpu_state(cpu) == state)
		sched_yield();
}

void bringup_offline(struct cpu *cpu)
{
	await(cpu, CPU_LEAVING);
	log_write(LOG_INFO, "cpu%u: offline", cpu->number);
}

enum status bringup_online(struct cpu *cpu, struct error *err)
{
	cpu_set_state(cpu, CPU_STARTING);
	await(cpu, CPU_STARTING);
	if (!cpu_is_online(cpu))
		return fail(err, ERR_UNSUPPORTED, "cpu%u: parked: %s", cpu->number, cpu->why);
	log_write(LOG_INFO, "cpu%u: online", cpu->number);
	return OK;
}

void bringup_cpuid(u32 leaf, u32 subleaf, struct cpuid_regs *out)
{
	caps_cpuid(&view.cpu, leaf, subleaf, out);
}
