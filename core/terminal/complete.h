/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the candidates for the word that is being typed at the prompt: names of
 * commands, guests, CPUs. Changes nothing: the caller edits the line. Pure.
 */
#pragma once

#include "core/terminal/command.h"

enum { COMPLETE_SIZE = 64 };

/*
 * Writes value number `index` (from 0) that an argument of this kind can have to
 * buf. False: the kind has no such value.
 */
typedef bool complete_values(enum command_takes takes, u32 index, char *buf, size_t size);

struct completion {
	u32 count;		  /* candidates */
	u32 typed;		  /* characters of the word before the cursor */
	char text[COMPLETE_SIZE]; /* the longest common start of the candidates */
};

/*
 * Finds the candidates for the last word of text, which is the line up to the
 * cursor, size bytes; after a blank the last word is empty. Sets *out, and calls
 * each, if not NULL, with every candidate.
 */
void complete(const struct command_table *table, complete_values *values, const char *text,
	      size_t size, struct completion *out, void (*each)(const char *candidate));
