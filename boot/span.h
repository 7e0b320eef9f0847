/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run of characters that need not be terminated: the words and values of
 * the command line and of the config module. Pure.
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
 * Takes the characters before the first separator off the front of *rest, and
 * the separator with them. With none left it takes everything.
 */
struct span span_take(struct span *rest, char separator);

/* Takes the next word off the front of *rest, blanks on both sides dropped; empty when there is
 * none. */
struct span span_take_word(struct span *rest);

/*
 * The whole span as a number, decimal or with 0x hexadecimal, at most max.
 * False: not a number, or too large; *value is then left alone.
 */
bool span_number(struct span span, u64 max, u64 *value);

/* Copies into buf with a NUL. False when size is too small; buf is then empty. */
bool span_copy(struct span span, char *buf, size_t size);

/* For "%.*s", whose length is an int. */
int span_width(struct span span);

/* A word and what it stands for; the last of a list has no name. */
struct span_choice {
	const char *name;
	u32 value;
};

/* The value of the choice that span names. False when it names none; *value is then left alone. */
bool span_choose(struct span span, const struct span_choice *choices, u32 *value);
