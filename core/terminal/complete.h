/* SPDX-License-Identifier: BSD-2-Clause */
/* Completes the word that is being typed at the prompt. Pure. */
#pragma once

#include "core/terminal/command.h"

enum { COMPLETE_SIZE = 64 };

/*
 * Gives the values that an argument of this kind can have: number index into
 * buf; false: index is past the last.
 */
typedef bool complete_values(enum command_takes takes, u32 index, char *buf, size_t size);

struct completion {
	u32 count;		  /* candidates */
	u32 typed;		  /* length of the word before the cursor */
	char text[COMPLETE_SIZE]; /* the longest common start of the candidates */
};

/*
 * Completes the last word of text, which is size bytes up to the cursor; after a
 * blank the last word is empty. Calls each, if not NULL, with every candidate.
 */
void complete(const struct command_table *table, complete_values *values, const char *text,
	      size_t size, struct completion *out, void (*each)(const char *candidate));
