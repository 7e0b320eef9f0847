/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the form of a command's output. The same calls produce lines of aligned
 * text for people or, with --json, one JSON object on one line for programs.
 * Pure: all bytes go to the caller's put; nothing here waits or locks.
 *
 *	report_list(out, "vms");
 *	for (each)
 *		report_row(out, "{name}%-16s {cpus}%3u vCPUs at {base}%#llx", name, cpus, base);
 *	report_list_end(out);
 *
 * A format is printf's, and the compiler checks its arguments. A field is a key
 * in braces and, right behind it, its conversion. A format that breaks this rule
 * is a bug of ours and ends the hypervisor with #UD.
 *
 *	{key}%s       a string. Text: control characters as "\x1b".
 *	{key}%u       a number of 32 bits, %llu of 64. Many JSON parsers round
 *	              numbers above 2^53.
 *	{key}%#llx    the same with 0x in front; a string in JSON.
 *	{key?text}%d  a bool. Text: "text" if it is true.
 *	{%s}...       the key is the argument before the field's.
 *
 * A width may follow the % (a number, or * for an int argument), with - before
 * it for text on the left. All other text of a format is left out of JSON. In
 * text, blanks at the end of a line are dropped.
 *
 * A row outside a list is a line of text; in JSON its fields are members of the
 * outermost object. Lists do not nest. A key occurs once in its object.
 */
#pragma once

#include "core/base/types.h"

struct error;

enum { REPORT_BUFFER_SIZE = 256 };

struct report {
	void (*put)(const char *text, size_t size);
	bool json;
	bool in_list, in_row;
	bool begun;  /* JSON: the outermost object is open */
	bool first;  /* JSON: the next member is the first of its object or list */
	size_t used; /* bytes in buffer that put has not been given */
	char buffer[REPORT_BUFFER_SIZE];
};

/* Begins an empty report. put is called with the output, in pieces of any size. */
void report_begin(struct report *r, bool json, void (*put)(const char *text, size_t size));

/*
 * Ends the report: closes an open row and an open list. With an error (NULL:
 * none) the JSON object gets a member "error"; in text the caller prints the error.
 */
void report_end(struct report *r, const struct error *err);

/* Begins a list of rows. key names it in JSON; text does not show the key. */
void report_list(struct report *r, const char *key);
void report_list_end(struct report *r);

/* Begins a row if none is open, and adds these fields. */
void report_fields(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As report_fields, and ends the row. */
void report_row(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_row_end(struct report *r);

/*
 * Adds a row "key             value" for each field. The format has no widths, and
 * its text is ignored. Not inside a list.
 */
void report_facts(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
