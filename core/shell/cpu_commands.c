/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator sees of physical CPUs. */
#include "core/shell/cpu_commands.h"

#include "core/cpu.h"
#include "core/format.h"
#include "core/shell/report.h"

static const char *const states[] = {
	[CPU_STARTING] = "starting",
	[CPU_ONLINE] = "online",
	[CPU_PARKED] = "parked",
	[CPU_DEAD] = "dead",
};

enum status cpu_list(const struct argument *args, struct report *out, struct error *err)
{
	(void)args;
	(void)err;
	report_list(out, "cpus");
	for (u32 i = 0; i < cpu_count(); i++) {
		char name[8];

		format_text(name, sizeof(name), "cpu%u", i);
		report_row(out);
		report_string(out, "name", -7, name);
		report_note(out, "APIC ID ");
		report_number(out, "apic_id", -6, cpu_by_number(i)->apic_id);
		report_string(out, "state", 0, states[cpu_by_number(i)->state]);
		report_row_end(out);
	}
	report_list_end(out);
	return OK;
}
