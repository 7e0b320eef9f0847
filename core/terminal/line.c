/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each key changes the text and the cursor. refresh() then compares the text with
 * a copy of the screen's contents, and sends as few bytes as possible.
 */
#include "core/terminal/line.h"

#include "core/base/bits.h"
#include "core/base/string.h"

enum {
	KEY_ESC = 0x1b,
	KEY_DELETE = 0x7f,
	SEQUENCE_MAX = 16, /* longer sequences are noise */
};

#define CTRL(letter) ((letter) - '@')

/* Columns for the text: those after the prompt but the last, which is for the cursor. */
static u32 view_size(const struct line *line)
{
	return LINE_COLUMNS - 1 - (u32)strlen(line->prompt);
}

/* Sends the screen's characters from the cursor to end again, which moves the cursor to end. */
static void put_screen(struct line *line, u32 end)
{
	if (end > line->column)
		line->put(line->screen + line->column, end - line->column);
	line->column = end;
}

static void move_to(struct line *line, u32 column)
{
	while (line->column > column) {
		line->put("\b", 1);
		line->column--;
	}
	put_screen(line, column);
}

/* Makes the cursor visible. Scrolls by half a view, so that not every further key redraws. */
static void scroll(struct line *line)
{
	u32 size = view_size(line), half = size / 2;

	while (line->cursor > line->view + size)
		line->view += half;
	while (line->cursor < line->view)
		line->view -= (u32)min_u64(line->view, half);
}

/* Makes the screen show the text and the cursor. */
static void refresh(struct line *line)
{
	u32 size, same = 0, old = line->shown;
	const char *text;

	scroll(line);
	text = line->text + line->view;
	size = (u32)min_u64(line->length - line->view, view_size(line));
	while (same < size && same < old && text[same] == line->screen[same])
		same++;
	if (same < size || same < old) {
		move_to(line, same);
		memcpy(line->screen + same, text + same, size - same);
		if (old > size)
			memset(line->screen + size, ' ', old - size);
		put_screen(line, (u32)max_u64(size, old));
	}
	line->shown = size;
	move_to(line, line->cursor - line->view);
}

void line_init(struct line *line, const char *prompt, void (*put)(const char *text, size_t size))
{
	memset(line, 0, sizeof(*line));
	line->prompt = prompt;
	line->put = put;
}

void line_redraw(struct line *line)
{
	line->put(line->prompt, strlen(line->prompt));
	line->shown = line->column = 0;
	refresh(line);
}

void line_begin(struct line *line)
{
	line->length = line->cursor = line->view = 0;
	line->recalled = 0;
	line_redraw(line);
}

static bool is_printable(char c)
{
	return c >= ' ' && c < KEY_DELETE;
}

static void insert(struct line *line, char c)
{
	if (!is_printable(c))
		return;
	if (line->length == LINE_SIZE - 1) {
		line->put("\a", 1);
		return;
	}
	memmove(line->text + line->cursor + 1, line->text + line->cursor,
		line->length - line->cursor);
	line->text[line->cursor++] = c;
	line->length++;
}

void line_insert(struct line *line, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		insert(line, text[i]);
	refresh(line);
}

/* Removes [from, to), and moves the cursor there. */
static void erase(struct line *line, u32 from, u32 to)
{
	memmove(line->text + from, line->text + to, line->length - to);
	line->length -= to - from;
	line->cursor = from;
}

static u32 word_left(const struct line *line)
{
	u32 at = line->cursor;

	while (at && line->text[at - 1] == ' ')
		at--;
	while (at && line->text[at - 1] != ' ')
		at--;
	return at;
}

static u32 word_right(const struct line *line)
{
	u32 at = line->cursor;

	while (at < line->length && line->text[at] == ' ')
		at++;
	while (at < line->length && line->text[at] != ' ')
		at++;
	return at;
}

static char *history_slot(struct line *line, u32 back)
{
	return line->history[(line->past - back) % LINE_HISTORY];
}

/* Shows a line of the history, or the new line again. steps: 1 older, -1 newer. */
static void recall(struct line *line, int steps)
{
	u32 oldest = (u32)min_u64(line->past, LINE_HISTORY);
	u32 back = line->recalled + (u32)steps;
	const char *text;

	if (back > oldest) /* also if it wrapped below 0 */
		return;
	if (line->recalled == 0) {
		line->text[line->length] = '\0';
		memcpy(line->kept, line->text, line->length + 1);
	}
	line->recalled = back;
	text = back ? history_slot(line, back) : line->kept;
	line->length = line->cursor = (u32)strnlen(text, LINE_SIZE - 1);
	memcpy(line->text, text, line->length);
}

/* Ends the line, and puts it into the history unless it is empty or equals the last one. */
static enum line_event enter(struct line *line)
{
	line->cursor = line->length;
	refresh(line);
	line->text[line->length] = '\0';
	if (line->length && (!line->past || strcmp(history_slot(line, 1), line->text) != 0)) {
		memcpy(line->history[line->past % LINE_HISTORY], line->text, line->length + 1);
		line->past++;
	}
	line->put("\r\n", 2);
	return LINE_ENTERED;
}

enum action {
	NONE,
	LEFT,
	RIGHT,
	WORD_LEFT,
	WORD_RIGHT,
	HOME,
	END,
	OLDER,
	NEWER,
	ERASE_LEFT,
	ERASE_RIGHT,
	ERASE_WORD,
	ERASE_WORD_RIGHT,
	ERASE_HEAD,
	ERASE_TAIL,
	REDRAW,
};

static const u8 control_actions[] = {
	[CTRL('A')] = HOME,	  [CTRL('B')] = LEFT,	    [CTRL('D')] = ERASE_RIGHT,
	[CTRL('E')] = END,	  [CTRL('F')] = RIGHT,	    [CTRL('H')] = ERASE_LEFT,
	[CTRL('K')] = ERASE_TAIL, [CTRL('L')] = REDRAW,	    [CTRL('N')] = NEWER,
	[CTRL('P')] = OLDER,	  [CTRL('U')] = ERASE_HEAD, [CTRL('W')] = ERASE_WORD,
};

static void act(struct line *line, enum action action)
{
	u32 at = line->cursor, end = line->length;

	switch (action) {
	case NONE:
		return;
	case LEFT:
		line->cursor -= at > 0;
		break;
	case RIGHT:
		line->cursor += at < end;
		break;
	case WORD_LEFT:
		line->cursor = word_left(line);
		break;
	case WORD_RIGHT:
		line->cursor = word_right(line);
		break;
	case HOME:
		line->cursor = 0;
		break;
	case END:
		line->cursor = end;
		break;
	case OLDER:
		recall(line, 1);
		break;
	case NEWER:
		recall(line, -1);
		break;
	case ERASE_LEFT:
		erase(line, at - (at > 0), at);
		break;
	case ERASE_RIGHT:
		erase(line, at, at + (at < end));
		break;
	case ERASE_WORD:
		erase(line, word_left(line), at);
		break;
	case ERASE_WORD_RIGHT:
		erase(line, at, word_right(line));
		break;
	case ERASE_HEAD:
		erase(line, 0, at);
		break;
	case ERASE_TAIL:
		erase(line, at, end);
		break;
	case REDRAW:
		line->put("\r\n", 2);
		line_redraw(line);
		return;
	}
	refresh(line);
}

/* c is the last byte of a sequence as "ESC [ 1 ; 5 C" (xterm, VT220 and Linux consoles). */
static enum action final_action(const struct line *line, char c)
{
	static const u8 by_number[] = {
		[1] = HOME, [3] = ERASE_RIGHT, [4] = END, [7] = HOME, [8] = END};
	bool modified = line->parameter[1] > 1;

	switch (c) {
	case 'A':
		return OLDER;
	case 'B':
		return NEWER;
	case 'C':
		return modified ? WORD_RIGHT : RIGHT;
	case 'D':
		return modified ? WORD_LEFT : LEFT;
	case 'F':
		return END;
	case 'H':
		return HOME;
	case '~':
		return line->parameter[0] < ARRAY_SIZE(by_number) ? by_number[line->parameter[0]]
								  : NONE;
	default:
		return NONE;
	}
}

/* The byte after ESC begins a longer sequence, or ESC and the byte mean Alt and a key. */
static enum action escape_begin(struct line *line, char c)
{
	switch (c) {
	case '[':
		line->escape = LINE_CSI;
		return NONE;
	case 'O':
		line->escape = LINE_SS3;
		return NONE;
	case 'b':
		return WORD_LEFT;
	case 'f':
		return WORD_RIGHT;
	case 'd':
		return ERASE_WORD_RIGHT;
	case KEY_DELETE:
		return ERASE_WORD;
	default:
		return NONE;
	}
}

static void add_parameter(struct line *line, char c)
{
	u32 *value = &line->parameter[line->parameter_index];

	if (c == ';')
		line->parameter_index = 1;
	else if (c >= '0' && c <= '9' && *value < 1000)
		*value = *value * 10 + (u32)(c - '0');
}

/* c is a printable byte or DEL inside a sequence. */
static enum action escape_next(struct line *line, char c)
{
	enum line_escape state = line->escape;

	line->escape = LINE_GROUND;
	if (state == LINE_ESC)
		return escape_begin(line, c);
	if (c >= '@' || state == LINE_SS3)
		return final_action(line, c);
	if (++line->escape_size < SEQUENCE_MAX)
		line->escape = LINE_CSI;
	add_parameter(line, c);
	return NONE;
}

static enum line_event control_key(struct line *line, char c)
{
	switch (c) {
	case KEY_ESC:
		line->escape = LINE_ESC;
		line->escape_size = line->parameter_index = 0;
		line->parameter[0] = line->parameter[1] = 0;
		return LINE_NOTHING;
	case '\r':
	case '\n':
		return enter(line);
	case '\t':
		return LINE_TAB;
	case CTRL('C'):
		line->put("\r\n", 2);
		return LINE_ABANDONED;
	case KEY_DELETE:
		act(line, ERASE_LEFT);
		return LINE_NOTHING;
	default:
		if ((u8)c < ARRAY_SIZE(control_actions))
			act(line, control_actions[(u8)c]);
		return LINE_NOTHING;
	}
}

enum line_event line_key(struct line *line, char c)
{
	bool same_key = line->after_cr && c == '\n';

	line->after_cr = c == '\r';
	if (same_key)
		return LINE_NOTHING;
	if (line->escape != LINE_GROUND && (is_printable(c) || c == KEY_DELETE)) {
		act(line, escape_next(line, c));
		return LINE_NOTHING;
	}
	/* A control character ends an incomplete sequence, and is also a key. */
	line->escape = LINE_GROUND;
	if (!is_printable(c))
		return control_key(line, c);
	insert(line, c);
	refresh(line);
	return LINE_NOTHING;
}

void line_idle(struct line *line)
{
	line->escape = LINE_GROUND;
}
