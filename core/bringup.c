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

static enum status take_snapshot(struct cpu *cpu, struct error *err)
{
	struct caps_snapshot *caps = heap_alloc_pages(1);

	if (!caps)
		return fail(err, ERR_NO_MEMORY, "cpu%u: no memory for its snapshot", cpu->number);
	caps_read(&caps->cpu);
	if (virt)
		virt->caps_read(caps->backend);
	if (options->test_mismatch.field[0] && options->test_mismatch.cpu == cpu->number)
		alter(caps, options->test_mismatch.field);
	cpu->caps = caps;
	return OK;
}

/* The nth difference from the boot CPU, its own part and then the backend's. */
static bool next_difference(const struct caps_snapshot *caps, u32 nth, struct caps_difference *d)
{
	u32 count = 0;

	if (caps_compare(&cpu_caps_table, &reference->cpu, &caps->cpu, nth, d))
		return true;
	while (caps_compare(&cpu_caps_table, &reference->cpu, &caps->cpu, count, d))
		count++;
	return virt && caps_compare(virt->caps, reference->backend, caps->backend, nth - count, d);
}

/* May this CPU run with the others? */
static enum status judge(const struct caps_snapshot *caps, struct error *err)
{
	struct caps_difference d;
	char text[ERROR_TEXT_SIZE];

	for (u32 nth = 0; next_difference(caps, nth, &d); nth++) {
		if (options->cpu_mismatch == CPU_MISMATCH_COMMON && caps_has_common(&d))
			continue;
		caps_describe(&d, text, sizeof(text));
		return fail(err, ERR_UNSUPPORTED, "%s", text);
	}
	return OK;
}

/* The firmware's MTRRs, where they differ, give way to the boot CPU's. */
static void set_mtrrs(struct caps_snapshot *caps)
{
	struct caps_difference d;

	for (u32 nth = 0; next_difference(caps, nth, &d); nth++) {
		if (d.kind != CAPS_SETTING)
			continue;
		mtrr_write(&reference->cpu);
		return;
	}
}
