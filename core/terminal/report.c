/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats rows and fields as text or as JSON (RFC 8259). Collects them in the
 * report's buffer and gives full buffers and whole lines of text to put. Pure.
 */
#include "core/terminal/report.h"

#include <stdarg.h>

#include "core/base/format.h"
#include "core/base/status.h"
#include "core/base/string.h"

enum { NUMBER_SIZE = 24, FACT_WIDTH = 16 };

/* One field of a format: the key in braces and the conversion. */
struct field {
	const char *key; /* key_size characters, not terminated */
	size_t key_size;
	const char *text; /* what a flag that is true shows; not terminated */
	size_t text_size;
	bool left; /* the text is on the left of its column */
	int width;
	bool wide; /* the argument has 64 bits */
	char conversion;
};

/*
 * A va_list may be an array type, which decays when it is a parameter: functions
 * pass the address of this structure instead.
 */
struct arguments {
	va_list list;
};

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

/* JSON: opens the object, or separates the next member or element from the last. */
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
 * Adds any byte string as valid JSON: a byte that is not printable ASCII becomes an
 * escape, and a byte of 0x80 or more the code point of the same number.
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

static void add_key(struct report *r, const char *key, size_t size)
{
	separate(r);
	add_text(r, "\"");
	add(r, key, size);
	add_text(r, "\":");
}

/* Adds text with its control characters as escapes. Returns the columns used. */
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

static void add_column(struct report *r, const struct field *field, const char *text)
{
	int columns = (int)strlen(text);

	if (!field->left)
		pad(r, field->width - columns);
	columns = add_visible(r, text);
	if (field->left)
		pad(r, field->width - columns);
}

void report_list(struct report *r, const char *key)
{
	if (r->json) {
		add_key(r, key, strlen(key));
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

static void row_begin(struct report *r)
{
	if (r->in_row)
		return;
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
	while (r->used && r->buffer[r->used - 1] == ' ')
		r->used--;
	add_text(r, "\r\n");
	flush(r);
}

/* The first '}' at or after `at`. A format without one is a bug of ours and ends the hypervisor. */
static const char *find_brace(const char *at)
{
	const char *brace = strchr(at, '}');

	if (!brace)
		__builtin_trap();
	return brace;
}

/* Parses "key}", "key?text}" or "%s}"; at points behind the '{'. Returns what follows the '}'. */
static const char *parse_key(struct field *field, const char *at, struct arguments *args)
{
	const char *brace = find_brace(at), *end = at;

	while (*end != '?' && end < brace)
		end++;
	field->key = at;
	field->key_size = (size_t)(end - at);
	if (*at == '%') {
		field->key = va_arg(args->list, const char *);
		field->key_size = strlen(field->key);
	}
	field->text = end < brace ? end + 1 : brace;
	field->text_size = (size_t)(brace - field->text);
	return brace + 1;
}

/*
 * Parses "%-16s"; at points to the '%'. Returns what follows the conversion. A
 * key without a conversion is a bug of ours and ends the hypervisor.
 */
static const char *parse_conversion(struct field *field, const char *at, struct arguments *args)
{
	if (*at != '%')
		__builtin_trap();
	for (at++; *at == '-' || *at == '#'; at++)
		field->left |= *at == '-';
	for (; *at >= '0' && *at <= '9'; at++)
		field->width = field->width * 10 + (*at - '0');
	if (*at == '*') {
		field->width = va_arg(args->list, int);
		at++;
	}
	for (; *at == 'l' || *at == 'z'; at++)
		field->wide = true;
	if (!*at || !strchr("dsux", *at))
		__builtin_trap();
	field->conversion = *at;
	return at + 1;
}

static void add_value(struct report *r, const struct field *field, struct arguments *args)
{
	char number[NUMBER_SIZE];
	const char *text = number;
	bool quoted = field->conversion != 'u';

	if (field->conversion == 'd') {
		bool value = va_arg(args->list, int);

		if (r->json)
			add_text(r, value ? "true" : "false");
		else if (value)
			add(r, field->text, field->text_size);
		return;
	}
	if (field->conversion == 's')
		text = va_arg(args->list, const char *);
	else
		format_text(number, sizeof(number), quoted ? "0x%llx" : "%llu",
			    field->wide ? va_arg(args->list, u64) : va_arg(args->list, u32));
	if (!r->json)
		add_column(r, field, text);
	else if (quoted)
		add_quoted(r, text);
	else
		add_text(r, text);
}

/* Adds a field; at points behind its '{'. Returns what follows it. fact: a row of its own. */
static const char *add_field(struct report *r, const char *at, struct arguments *args, bool fact)
{
	struct field field = {0};

	at = parse_key(&field, at, args);
	at = parse_conversion(&field, at, args);
	row_begin(r);
	if (r->json) {
		add_key(r, field.key, field.key_size);
	} else if (fact) {
		add(r, field.key, field.key_size);
		pad(r, FACT_WIDTH - (int)field.key_size);
		add_text(r, " ");
	}
	add_value(r, &field, args);
	if (fact)
		report_row_end(r);
	return at;
}

static void add_fields(struct report *r, const char *fmt, struct arguments *args)
{
	row_begin(r);
	while (*fmt) {
		if (*fmt == '{')
			fmt = add_field(r, fmt + 1, args, false);
		else if (r->json)
			fmt++;
		else
			add(r, fmt++, 1);
	}
}

void report_fields(struct report *r, const char *fmt, ...)
{
	struct arguments args;

	va_start(args.list, fmt);
	add_fields(r, fmt, &args);
	va_end(args.list);
}

void report_row(struct report *r, const char *fmt, ...)
{
	struct arguments args;

	va_start(args.list, fmt);
	add_fields(r, fmt, &args);
	va_end(args.list);
	report_row_end(r);
}

void report_facts(struct report *r, const char *fmt, ...)
{
	struct arguments args;

	va_start(args.list, fmt);
	while (*fmt)
		fmt = *fmt == '{' ? add_field(r, fmt + 1, &args, true) : fmt + 1;
	va_end(args.list);
}

void report_end(struct report *r, const struct error *err)
{
	if (r->in_row)
		report_row_end(r);
	if (r->in_list)
		report_list_end(r);
	if (r->json) {
		if (err) {
			add_key(r, "error", strlen("error"));
			add_quoted(r, err->text);
		}
		add_text(r, r->begun ? "}\r\n" : "{}\r\n");
	}
	flush(r);
}
