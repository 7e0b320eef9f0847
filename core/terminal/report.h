/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command's output, once for a person and once for a program: the same calls
 * produce lines of aligned text or, with --json, one JSON object on one line.
 * Pure: everything leaves through the caller's put.
 *
 *	report_list(out, "vms");
 *	for (each)
 *		report_row(out, "{name}%-16s {cpus}%3u vCPUs at {base}%#llx", name, cpus, base);
 *	report_list_end(out);
 *
 * A format is printf's, and the compiler checks its arguments. A field is a key
 * in braces and its conversion:
 *
 *	{key}%s       a string. Text: control characters as "\x1b".
 *	{key}%u       a number of 32 bits, %llu of 64. Numbers above 2^53 are read
 *	              exactly by few programs.
 *	{key}%#llx    the same with 0x in front; a string in JSON.
 *	{key?text}%d  a bool. Text: "text" if it is true.
 *	{%s}...       takes the key from the argument before the field's.
 *
 * A width may follow the % (a number, or * for an int argument), with - before
 * it for text on the left. All else is text that only a person sees. Blanks at
 * the end of a line are dropped.
 *
 * A row outside a list is a line of text, and its fields are members of the
 * object itself. Lists do not nest. A key occurs once in its object.
 */
#pragma once

#include "core/base/types.h"

struct error;

enum { REPORT_BUFFER_SIZE = 256 };

struct report {
	void (*put)(const char *text, size_t size);
	bool json;
	bool in_list, in_row;
	bool begun; /* JSON: the object is open */
	bool first; /* JSON: the next member is the first of its object or list */
	size_t used;
	char buffer[REPORT_BUFFER_SIZE];
};

void report_begin(struct report *r, bool json, void (*put)(const char *text, size_t size));

/*
 * Closes an open row and an open list. With an error (NULL: none) the JSON
 * object has a member "error"; in text the caller prints the error.
 */
void report_end(struct report *r, const struct error *err);

void report_list(struct report *r, const char *key);
void report_list_end(struct report *r);

/* Begins a row if none is open, and adds these fields. */
void report_fields(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As report_fields, and ends the row. */
void report_row(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_row_end(struct report *r);

/* A row for each field: "key             value". Without widths and text; outside lists. */
void report_facts(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
