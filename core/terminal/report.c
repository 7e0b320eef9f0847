/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows and fields as text or as JSON (RFC 8259). Pure. */
#include "core/terminal/report.h"

#include "core/base/format.h"
#include "core/base/status.h"
#include "core/base/string.h"

enum { NUMBER_SIZE = 24, FACT_WIDTH = -16 };

static void flush(struct report *r)
{
	if (r->used)
		r->put(r->buffer, r->used);
	r->used = 0;
}

static void add(struct report *r, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (r->used == sizeof(r->buffer))
			flush(r);
		r->buffer[r->used++] = text[i];
	}
}

static void add_text(struct report *r, const char *text)
{
	add(r, text, strlen(text));
}

void report_begin(struct report *r, bool json, void (*put)(const char *text, size_t size))
{
	*r = (struct report){.put = put, .json = json, .first = true};
}

/* JSON: what stands before the next member or element. */
static void separate(struct report *r)
{
	if (!r->begun)
		add_text(r, "{");
	else if (!r->first)
		add_text(r, ",");
	r->begun = true;
	r->first = false;
}

/*
 * Any byte string as valid JSON: what is no printable ASCII becomes an escape,
 * a byte of 0x80 and above the code point of that number.
 */
static void add_quoted(struct report *r, const char *text)
{
	char escape[8];

	add_text(r, "\"");
	for (; *text; text++) {
		u8 c = (u8)*text;

		if (c == '"' || c == '\\')
			format_text(escape, sizeof(escape), "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			format_text(escape, sizeof(escape), "\\u%04x", c);
		else
			format_text(escape, sizeof(escape), "%c", c);
		add_text(r, escape);
	}
	add_text(r, "\"");
}

static void add_key(struct report *r, const char *key)
{
	separate(r);
	add_quoted(r, key);
	add_text(r, ":");
}

/* Nothing that a terminal would obey. Returns the columns taken. */
static int add_visible(struct report *r, const char *text)
{
	char escape[8];
	int columns = 0;

	for (; *text; text++) {
		u8 c = (u8)*text;

		columns += (int)format_text(escape, sizeof(escape),
					    c < ' ' || c >= 0x7f ? "\\x%02x" : "%c", c);
		add_text(r, escape);
	}
	return columns;
}

static void pad(struct report *r, int columns)
{
	for (; columns > 0; columns--)
		add_text(r, " ");
}

static void add_column(struct report *r, int width, const char *text)
{
	int columns = (int)strlen(text);

	r->line = true;
	pad(r, width - columns);
	columns = add_visible(r, text);
	if (width < 0) {
		pad(r, -width - columns);
		add_text(r, " ");
	}
}

void report_list(struct report *r, const char *key)
{
	if (r->json) {
		add_key(r, key);
		add_text(r, "[");
		r->first = true;
	}
	r->in_list = true;
}

void report_list_end(struct report *r)
{
	if (r->json) {
		add_text(r, "]");
		r->first = false;
	}
	r->in_list = false;
}

void report_row(struct report *r)
{
	if (r->json && r->in_list) {
		separate(r);
		add_text(r, "{");
		r->first = true;
	}
	r->in_row = true;
}

void report_row_end(struct report *r)
{
	r->in_row = false;
	if (r->json && r->in_list) {
		add_text(r, "}");
		r->first = false;
	}
	if (r->json)
		return;
	/* Blanks that fill the last column are of no use. */
	while (r->used && r->buffer[r->used - 1] == ' ')
		r->used--;
	add_text(r, "\r\n");
	r->line = false;
	flush(r);
}

void report_string(struct report *r, const char *key, int width, const char *value)
{
	if (r->json) {
		add_key(r, key);
		add_quoted(r, value);
	} else {
		add_column(r, width, value);
	}
}

/* text is a JSON value as it stands. */
static void add_value(struct report *r, const char *key, int width, const char *text)
{
	if (r->json) {
		add_key(r, key);
		add_text(r, text);
	} else {
		add_column(r, width, text);
	}
}

void report_number(struct report *r, const char *key, int width, u64 value)
{
	char text[NUMBER_SIZE];

	format_text(text, sizeof(text), "%llu", value);
	add_value(r, key, width, text);
}

void report_hex(struct report *r, const char *key, int width, u64 value)
{
	char text[NUMBER_SIZE];

	format_text(text, sizeof(text), "0x%llx", value);
	report_string(r, key, width, text);
}

void report_flag(struct report *r, const char *key, const char *if_true, bool value)
{
	if (r->json)
		add_value(r, key, 0, value ? "true" : "false");
	else if (value)
		add_column(r, 0, if_true);
}

void report_note(struct report *r, const char *text)
{
	if (r->json)
		return;
	r->line = true;
	add_text(r, text);
}

static void fact_begin(struct report *r, const char *key)
{
	report_row(r);
	if (!r->json)
		add_column(r, FACT_WIDTH, key);
}

void report_fact(struct report *r, const char *key, const char *value)
{
	fact_begin(r, key);
	report_string(r, key, 0, value);
	report_row_end(r);
}

void report_fact_number(struct report *r, const char *key, u64 value)
{
	fact_begin(r, key);
	report_number(r, key, 0, value);
	report_row_end(r);
}

void report_fact_hex(struct report *r, const char *key, u64 value)
{
	fact_begin(r, key);
	report_hex(r, key, 0, value);
	report_row_end(r);
}

void report_end(struct report *r, const struct error *err)
{
	if (r->json ? r->in_row : r->line)
		report_row_end(r);
	if (r->in_list)
		report_list_end(r);
	if (r->json) {
		if (err)
			report_string(r, "error", 0, err->text);
		add_text(r, r->begun ? "}\r\n" : "{}\r\n");
	}
	flush(r);
}
