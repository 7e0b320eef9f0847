/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command has to say, once for a person and once for a program: the same
 * calls become lines of aligned text or, with --json, one JSON object on one
 * line. Pure: everything leaves through the caller's put.
 *
 *	report_list(out, "vms");
 *	for (each) {
 *		report_row(out);
 *		report_string(out, "name", -16, name);     text: padded; JSON: "name":"..."
 *		report_number(out, "cpus", 3, cpus);
 *		report_note(out, " vCPUs");                text alone
 *		report_row_end(out);                       text: the line ends
 *	}
 *	report_list_end(out);
 *
 * A row outside a list is a line of text, and its fields are the object's own.
 * Lists do not nest. A field's key occurs once in its object.
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
	bool line;  /* text: something stands on the line */
	size_t used;
	char buffer[REPORT_BUFFER_SIZE];
};

void report_begin(struct report *r, bool json, void (*put)(const char *text, size_t size));

/*
 * Closes whatever is open. With an error (NULL: none) the JSON object has a
 * member "error"; for a person the caller says it.
 */
void report_end(struct report *r, const struct error *err);

void report_list(struct report *r, const char *key);
void report_list_end(struct report *r);
void report_row(struct report *r);
void report_row_end(struct report *r);

/*
 * Fields. width: columns of text, negative: left-aligned, 0: as it comes. A
 * column is followed by a blank when its text is left-aligned. In JSON,
 * report_hex is a string "0x..."; numbers above 2^53 are read exactly by few.
 * A person sees control characters as "\x1b".
 */
void report_string(struct report *r, const char *key, int width, const char *value);
void report_number(struct report *r, const char *key, int width, u64 value);
void report_hex(struct report *r, const char *key, int width, u64 value);
void report_flag(struct report *r, const char *key, const char *if_true, bool value);

/* Text that only a person needs. */
void report_note(struct report *r, const char *text);

/* A whole row outside a list: "key             value". */
void report_fact(struct report *r, const char *key, const char *value);
void report_fact_number(struct report *r, const char *key, u64 value);
void report_fact_hex(struct report *r, const char *key, u64 value);
