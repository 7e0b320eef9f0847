/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the line that is being typed: takes keys, and gives bytes for the terminal,
 * which must know CR, LF and backspace and be 80 columns wide. A longer line
 * scrolls sideways. Keeps the last lines. Pure.
 */
#pragma once

#include "core/base/types.h"

enum { LINE_SIZE = 256, LINE_HISTORY = 16, LINE_COLUMNS = 79 };

/* What the caller has to do after a key. */
enum line_event {
	LINE_NOTHING,
	LINE_ENTERED,	/* use line->text, which is terminated; then call line_begin */
	LINE_TAB,	/* complete the word before line->cursor, by line_insert */
	LINE_ABANDONED, /* Ctrl-C: call line_begin */
};

/* The state of the parser of escape sequences (ECMA-48 "Control sequences"). */
enum line_escape { LINE_GROUND, LINE_ESC, LINE_CSI, LINE_SS3 };

struct line {
	void (*put)(const char *text, size_t size);
	const char *prompt;
	u32 length, cursor;
	u32 view;		   /* index of the first character on the screen */
	u32 shown, column;	   /* characters on the screen, and the cursor's column */
	char screen[LINE_COLUMNS]; /* what the screen shows after the prompt */
	char text[LINE_SIZE];

	enum line_escape escape;
	u32 escape_size;  /* bytes of the sequence so far */
	u32 parameter[2]; /* its numbers */
	u32 parameter_index;
	bool after_cr; /* the last byte was CR: a LF is part of the same key */

	u32 past, recalled;   /* lines kept so far; how many lines back the shown one is, 0: the new
				 one */
	char kept[LINE_SIZE]; /* the new line while an old one is shown */
	char history[LINE_HISTORY][LINE_SIZE];
};

/* prompt is kept, not copied; it takes less than half of the columns. */
void line_init(struct line *line, const char *prompt, void (*put)(const char *text, size_t size));

/* Begins an empty line, and shows the prompt. */
void line_begin(struct line *line);

/* Takes one byte from the keyboard, of any value. */
enum line_event line_key(struct line *line, char c);

/* No byte has come for a while: an ESC without a sequence was a key of its own. */
void line_idle(struct line *line);

/* Inserts text at the cursor, without characters that do not fit or are not printable. */
void line_insert(struct line *line, const char *text, size_t size);

/* Shows prompt and line again, on a new line of the screen. */
void line_redraw(struct line *line);
