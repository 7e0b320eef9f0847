/* SPDX-License-Identifier: BSD-2-Clause */
/* What a word that is being typed may become. Pure. */
#pragma once

#include "core/terminal/command.h"

enum { COMPLETE_SIZE = 64 };

/*
 * The values that an argument can have: candidate number index of this kind
 * into buf; false past the last.
 */
typedef bool complete_values(enum command_takes takes, u32 index, char *buf, size_t size);

/* What all candidates have in common beyond what has been typed, and how many there are. */
struct completion {
	u32 count;
	u32 typed;		  /* length of the word so far */
	char text[COMPLETE_SIZE]; /* the longest common start of the candidates */
};

/*
 * For the last word of text (size bytes, up to the cursor; empty after a
 * blank). each (or NULL) is called with every candidate.
 */
void complete(const struct command_table *table, complete_values *values, const char *text,
	      size_t size, struct completion *out, void (*each)(const char *candidate));
