/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of a CPU's steps, and what becomes of one that differs. */
#include "core/bringup.h"

#include "core/caps_read.h"
#include "core/cpu.h"
#include "core/log.h"
#include "core/mtrr.h"
#include "core/sched.h"
#include "core/virt.h"
#include "core/x86.h"
#include "core/xstate.h"
#include "mm/host.h"

static const struct boot_options *options;
static const struct caps_snapshot *reference; /* the boot CPU's */
static struct caps_snapshot view; /* in common; written by the CPU that starts, constant after */

static_assert(sizeof(struct caps_snapshot) <= PAGE_SIZE, "a CPU's snapshot is one page");

/* What 'common' makes of a difference. */
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
 * INIT leaves MTRRs as they are (SDM 3A "Processor State After Reset"), but
 * some emulators turn them off. Such a CPU has not been set up otherwise: it
 * has not been set up, and gets the boot CPU's.
 */
static void restore_mtrrs(struct cpu_caps *caps)
{
	if (!reference || mtrr_are_on(caps) || !mtrr_are_on(&reference->cpu) ||
	    caps->mtrr_cap != reference->cpu.mtrr_cap)
		return;
	mtrr_write(&reference->cpu);
	mtrr_read(caps);
}

static enum status take_snapshot(struct cpu *cpu, struct error *err)
{
	struct caps_snapshot *caps = heap_alloc_pages(1);

	if (!caps)
		return fail(err, ERR_NO_MEMORY, "cpu%u: no memory for its snapshot", cpu->number);
	caps_read(&caps->cpu);
	restore_mtrrs(&caps->cpu);
	if (virt)
		virt->caps_read(caps->backend);
	if (options->test_mismatch.field[0] && options->test_mismatch.cpu == cpu->number)
		alter(caps, options->test_mismatch.field);
	cpu->caps = caps;
	return OK;
}

/* May a CPU with this part of a snapshot run with the boot CPU? */
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
	enum status status = judge(&cpu_caps_table, &reference->cpu, &own->cpu, err);

	if (status == OK && virt)
		status = judge(virt->caps, reference->backend, own->backend, err);
	return status;
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

/* What the firmware set gives way to what it set on the boot CPU. */
static void adopt_settings(const struct caps_snapshot *own)
{
	struct caps_cursor cursor = {0};
	struct caps_difference d;

	while (caps_compare(&cpu_caps_table, &reference->cpu, &own->cpu, &cursor, &d)) {
		if (d.kind == CAPS_SETTING) {
			mtrr_write(&reference->cpu);
			return;
		}
	}
}

/* From here on the machine is no more than what this CPU can do as well. */
static void join(const struct caps_snapshot *own)
{
	log_differences(&cpu_caps_table, &reference->cpu, &own->cpu);
	caps_intersect(&cpu_caps_table, &view.cpu, &own->cpu);
	if (virt) {
		log_differences(virt->caps, reference->backend, own->backend);
		caps_intersect(virt->caps, view.backend, own->backend);
	}
	xstate_set_components(caps_xcr0(&view.cpu));
}

/* Can the CPU that took this snapshot run guests at all? */
static enum status check(const struct cpu *cpu, struct error *err)
{
	return virt ? virt->caps_check(cpu->caps->backend, cpu->number, err) : OK;
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

enum status bringup_boot_cpu(const struct boot_options *boot_options, struct error *err)
{
	struct cpu *cpu = cpu_this();
	enum status status;
	struct error why;

	options = boot_options;
	if (virt_select(&why) != OK)
		log_write(LOG_ERROR, "%s", why.text);
	status = take_snapshot(cpu, err);
	if (status != OK)
		return status;
	reference = cpu->caps;
	view = *reference;
	xstate_init_cpu();
	xstate_set_components(caps_xcr0(&view.cpu));
	status = sched_init_cpu(err);
	if (status != OK || !virt)
		return status;
	if (check(cpu, &why) != OK || enable(&why) != OK) {
		log_write(LOG_ERROR, "%s", why.text);
		virt = NULL;
	}
	return OK;
}

/* All of it but the last step: to be online. */
static enum status bring_up(struct cpu *cpu, struct error *err)
{
	bool common = options->cpu_mismatch == CPU_MISMATCH_COMMON;
	enum status status = take_snapshot(cpu, err);

	if (status == OK)
		status = check(cpu, err);
	if (status == OK)
		status = compare(cpu->caps, err);
	cpu_init_control(); /* a parked CPU takes interrupts too */
	if (status != OK)
		return status;
	if (common)
		adopt_settings(cpu->caps);
	xstate_init_cpu();
	status = sched_init_cpu(err);
	if (status == OK && virt)
		status = enable(err);
	if (status == OK && common)
		join(cpu->caps);
	return status;
}

_Noreturn void bringup_cpu(void)
{
	struct cpu *cpu = cpu_this();
	struct error err;

	if (bring_up(cpu, &err) == OK) {
		cpu_set_state(cpu, CPU_ONLINE);
		sched_idle();
	}
	log_write(LOG_ERROR, "cpu%u: parked: %s", cpu->number, err.text);
	cpu_set_state(cpu, CPU_PARKED);
	for (;;)
		x86_sti_hlt_cli();
}

void bringup_cpuid(u32 leaf, u32 subleaf, struct cpuid_regs *out)
{
	caps_cpuid(&view.cpu, leaf, subleaf, out);
}
