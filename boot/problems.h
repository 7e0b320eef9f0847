/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the bounded list of problems: one sentence for each error that a parser
 * found in its input and skipped. The parser's caller logs the sentences; a
 * parser never logs. Pure.
 */
#pragma once

#include "core/base/types.h"

enum {
	PROBLEMS_MAX = 32,
	PROBLEM_TEXT_SIZE = 160,
};

/* A list of zeros is empty. */
struct problems {
	u32 count;  /* sentences kept in text */
	u32 missed; /* problems found when text was full; their sentences are lost */
	char text[PROBLEMS_MAX][PROBLEM_TEXT_SIZE];
};

/*
 * Appends a sentence, cut to PROBLEM_TEXT_SIZE - 1 bytes. If the list is full, only counts it in
 * missed. Formats: those of core/base/format.h.
 */
void problems_add(struct problems *list, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
