/* SPDX-License-Identifier: BSD-2-Clause */
/* The log, the version, and ways to end; one is a panic, to test its report. */
#include "core/shell/machine_commands.h"

#include "core/base/log.h"
#include "core/base/string.h"
#include "core/base/version.h"
#include "core/console/console.h"
#include "core/host/sched.h"
#include "core/host/virt.h"
#include "core/shell/shell.h"
#include "core/terminal/report.h"
#include "drivers/host/power.h"

/* The ring's next line, cut if it is longer than size; false: there is none. */
static bool next_line(u64 *position, char *line, size_t size)
{
	size_t length = 0;
	char c = 0;

	while (c != '\n' && log_read(position, &c, 1) == 1)
		if (c != '\n' && length + 1 < size)
			line[length++] = c;
	line[length] = '\0';
	return c == '\n';
}

enum status machine_log(const struct argument *args, struct report *out, struct error *err)
{
	u64 position = 0, end = log_end();
	char line[256];

	(void)args;
	(void)err;
	report_list(out, "lines");
	while (position < end && next_line(&position, line, sizeof(line))) {
		report_row(out);
		report_string(out, "text", 0, line);
		report_row_end(out);
		sched_yield();
	}
	report_list_end(out);
	return OK;
}

enum status machine_version(const struct argument *args, struct report *out, struct error *err)
{
	(void)args;
	(void)err;
	report_row(out);
	report_note(out, "ashlar ");
	report_string(out, "version", 0, version_text);
	report_note(out, ", ");
	report_string(out, "backend", 0, virt ? virt->name : "no virtualization");
	report_row_end(out);
	return OK;
}

enum status machine_reboot(const struct argument *args, struct report *out, struct error *err)
{
	(void)args;
	(void)err;
	report_end(out, NULL);
	shell_print_ok();
	console_flush();
	power_reset();
}

/* Deeper and deeper; what is read after the call keeps it from becoming a loop. */
// NOLINTNEXTLINE(misc-no-recursion)
static never_inline u32 overflow_stack(u32 depth)
{
	volatile u32 room[32];

	room[0] = depth;
	return depth ? overflow_stack(depth + 1) + room[0] : 0;
}

enum status machine_panic(const struct argument *args, struct report *out, struct error *err)
{
	(void)out;
	if (!args[0].text)
		panic("asked for at the console");
	if (strcmp(args[0].text, "overflow") != 0)
		return fail(err, ERR_INVALID, "'%s' is no way to panic; 'overflow' is",
			    args[0].text);
	return fail(err, ERR_INVALID, "no end at depth %u", overflow_stack(1));
}

enum status machine_power_off(const struct argument *args, struct report *out, struct error *err)
{
	(void)args;
	if (!power_can_off())
		return fail(err, ERR_UNSUPPORTED,
			    "the firmware's tables name no way to switch off; 'reboot' works");
	report_end(out, NULL);
	shell_print_ok();
	console_flush();
	power_off();
	return fail(err, ERR_UNSUPPORTED, "the machine has stayed on; 'reboot' works");
}

enum status machine_timing(const struct argument *args, struct report *out, struct error *err)
{
	(void)args;
	(void)err;
	report_fact_number(out, "ticks", shell_last_ticks());
	return OK;
}
