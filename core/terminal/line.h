/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line being typed: keys in, bytes for the terminal out. Works on anything
 * that knows CR, LF and backspace and is 80 columns wide; a longer line scrolls
 * sideways. Keeps the last lines. Pure.
 */
#pragma once

#include "core/base/types.h"

enum { LINE_SIZE = 256, LINE_HISTORY = 16, LINE_COLUMNS = 79 };

/* What the caller has to do after a key. */
enum line_event {
	LINE_NOTHING,
	LINE_ENTERED,	/* take line->text: it is terminated; then line_begin */
	LINE_TAB,	/* complete the word before line->cursor, by line_insert */
	LINE_ABANDONED, /* Ctrl-C: line_begin */
};

/* Where the parser is in an escape sequence (ECMA-48 "Control sequences"). */
enum line_escape { LINE_GROUND, LINE_ESC, LINE_CSI, LINE_SS3 };

struct line {
	void (*put)(const char *text, size_t size);
	const char *prompt;
	u32 length, cursor;
	u32 view;		   /* first character that is on the screen */
	u32 shown, column;	   /* characters on the screen, and where its cursor is */
	char screen[LINE_COLUMNS]; /* what is there after the prompt */
	char text[LINE_SIZE];

	enum line_escape escape;
	u32 escape_size;  /* bytes of the sequence so far */
	u32 parameter[2]; /* its numbers */
	u32 parameter_index;
	bool after_cr; /* a LF that follows is the same key */

	u32 past, recalled;   /* lines kept ever; how many back the shown one is, 0: new */
	char kept[LINE_SIZE]; /* the new line while an old one is shown */
	char history[LINE_HISTORY][LINE_SIZE];
};

/* prompt is kept, not copied; it takes less than half of the columns. */
void line_init(struct line *line, const char *prompt, void (*put)(const char *text, size_t size));

/* An empty line, its prompt shown. */
void line_begin(struct line *line);

/* One byte from the keyboard, any byte. */
enum line_event line_key(struct line *line, char c);

/* Nothing came for a while: what looked like the start of a sequence was a lone ESC. */
void line_idle(struct line *line);

/* As if typed at the cursor; what does not fit or is not printable is left out. */
void line_insert(struct line *line, const char *text, size_t size);

/* Prompt and line once more, on a new line of the screen. */
void line_redraw(struct line *line);
