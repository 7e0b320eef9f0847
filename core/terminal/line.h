/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the line that is being typed and the history of lines. Receives keys and
 * writes bytes for a terminal, which must know CR, LF and backspace and be 80
 * columns wide; a longer line scrolls sideways. Never executes a line. Pure.
 */
#pragma once

#include "core/base/types.h"

enum { LINE_SIZE = 256, LINE_HISTORY = 16, LINE_COLUMNS = 79 };

/* The action that a key asks of the caller. */
enum line_event {
	LINE_NOTHING,
	LINE_ENTERED,	/* line->text is a complete string: use it, then call line_begin */
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
	u32 shown, column;	   /* characters after the prompt, and the cursor's column there */
	char screen[LINE_COLUMNS]; /* what the screen shows after the prompt */
	char text[LINE_SIZE];

	enum line_escape escape;
	u32 escape_size;  /* bytes of the sequence so far */
	u32 parameter[2]; /* the sequence's numbers */
	u32 parameter_index;
	bool after_cr; /* the last byte was CR: a LF now belongs to the same key */

	u32 past;	      /* lines put into the history so far */
	u32 recalled;	      /* age of the shown line; 0: the new line, 1: the last one */
	char kept[LINE_SIZE]; /* the new line, while an old one is shown */
	char history[LINE_HISTORY][LINE_SIZE];
};

/*
 * put writes to the terminal. prompt is kept, not copied; it takes less than half of the columns.
 */
void line_init(struct line *line, const char *prompt, void (*put)(const char *text, size_t size));

/* Begins an empty line, and shows the prompt. */
void line_begin(struct line *line);

/* Handles one byte from the keyboard, of any value; returns what the caller has to do. */
enum line_event line_key(struct line *line, char c);

/* Call when no byte has come for a while: an ESC before that was the ESC key, not a sequence. */
void line_idle(struct line *line);

/* Inserts text at the cursor; drops characters that do not fit or are not printable. */
void line_insert(struct line *line, const char *text, size_t size);

/* Shows prompt and line again. The screen's cursor is at the start of an empty line. */
void line_redraw(struct line *line);
