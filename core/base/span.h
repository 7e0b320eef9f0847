/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the span: a pointer and a length of text without a NUL, such as a word of
 * the command line, of the config module or of the shell. Pure.
 */
#pragma once

#include "core/base/types.h"

struct span {
	const char *at;
	size_t len;
};

struct span span_of(const char *text);
bool span_equal(struct span span, const char *text);
bool span_is_blank(char c); /* space or tab */
struct span span_trim(struct span span);

/*
 * Removes and returns the characters before the first separator of *rest; removes
 * the separator too. Without a separator, all of *rest.
 */
struct span span_take(struct span *rest, char separator);

/* Removes and returns the next word of *rest, without blanks around it; empty: none is left. */
struct span span_take_word(struct span *rest);

/*
 * The whole span as a number up to max: decimal, or hexadecimal after 0x.
 * False: not a number, or too large; *value is unchanged.
 */
bool span_number(struct span span, u64 max, u64 *value);

/* Copies into buf with a NUL. False: size is too small, and buf is empty. */
bool span_copy(struct span span, char *buf, size_t size);

/* For "%.*s", whose length is an int. */
int span_width(struct span span);

/* A word and what it stands for; the last of a list has no name. */
struct span_choice {
	const char *name;
	u32 value;
};

/* The value of the choice that span names. False: it names none, and *value is unchanged. */
bool span_choose(struct span span, const struct span_choice *choices, u32 *value);

enum { SPAN_DISTANCE_MAX = 31 };

/*
 * The number of insertions, deletions, replacements and swaps of neighbours that
 * turn a into b. Only the first SPAN_DISTANCE_MAX characters of each count.
 */
u32 span_distance(struct span a, struct span b);
