/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has the keyboard. */
#include "core/shell/console_commands.h"

#include "core/shell/report.h"
#include "core/shell/shell.h"

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
