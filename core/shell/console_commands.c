/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has the keyboard. */
#include "core/shell/console_commands.h"

#include "core/base/string.h"
#include "core/console/console.h"
#include "core/shell/shell.h"
#include "core/terminal/report.h"

enum status console_attach_command(const struct argument *args, struct report *out,
				   struct error *err)
{
	(void)err;
	report_row(out);
	report_string(out, "keyboard", 0, args[0].text);
	report_note(out, " has the keyboard; Ctrl-] comes back here");
	report_row_end(out);
	shell_hand_over(args[0].vm);
	return OK;
}

enum status console_mix_command(const struct argument *args, struct report *out, struct error *err)
{
	bool on = strcmp(args[0].text, "on") == 0;

	(void)out;
	if (!on && strcmp(args[0].text, "off") != 0)
		return fail(err, ERR_INVALID, "'%s': on or off", args[0].text);
	console_set_mix(on);
	return OK;
}
