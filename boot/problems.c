/* SPDX-License-Identifier: BSD-2-Clause */
/* Adds a sentence to a list of problems. Never logs. Pure. */
#include "boot/problems.h"

#include <stdarg.h>

#include "core/base/format.h"

void problems_add(struct problems *list, const char *fmt, ...)
{
	va_list args;

	if (list->count == PROBLEMS_MAX) {
		list->missed++;
		return;
	}
	va_start(args, fmt);
	format_text_v(list->text[list->count++], PROBLEM_TEXT_SIZE, fmt, args);
	va_end(args);
}
