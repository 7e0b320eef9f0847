/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A minimal terminal: 80 columns with CR, LF, BEL and backspace. Its contents are compared
 * with the line. It refuses all other control characters.
 */
#pragma once

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/terminal/line.h"

enum { TERMINAL_COLUMNS = 80 };

static const char terminal_prompt[] = "ashlar> ";
static char terminal[TERMINAL_COLUMNS];
static unsigned terminal_column;

static void terminal_require(bool condition)
{
	if (!condition)
		abort();
}

static void terminal_put(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		if (c == '\r') {
			terminal_column = 0;
		} else if (c == '\n') {
			memset(terminal, ' ', sizeof(terminal));
		} else if (c == '\b') {
			terminal_require(terminal_column > 0);
			terminal_column--;
		} else if (c != '\a') {
			terminal_require(c >= ' ' && c < 0x7f);
			terminal_require(terminal_column < TERMINAL_COLUMNS - 1);
			terminal[terminal_column++] = c;
		}
	}
}

/* Checks that the row has the prompt, the part of the text around the cursor, and blanks. */
static void terminal_check(const struct line *line)
{
	size_t prompt = strlen(terminal_prompt), part = line->length - line->view;
	size_t room = TERMINAL_COLUMNS - 2 - prompt;
	char want[TERMINAL_COLUMNS];

	terminal_require(line->length < LINE_SIZE && line->cursor <= line->length);
	terminal_require(line->view <= line->cursor);
	memset(want, ' ', sizeof(want));
	memcpy(want, terminal_prompt, prompt);
	memcpy(want + prompt, line->text + line->view, part < room ? part : room);
	terminal_require(memcmp(terminal, want, sizeof(want)) == 0);
	terminal_require(terminal_column == prompt + line->cursor - line->view);
}

static void terminal_begin(struct line *line)
{
	terminal_put("\r\n", 2);
	line_init(line, terminal_prompt, terminal_put);
	line_begin(line);
}
