/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded list of sentences: what a parser found wrong and went on from.
 * The caller logs them; a parser never does. Pure.
 */
#pragma once

#include "core/base/types.h"

enum {
	PROBLEMS_MAX = 32,
	PROBLEM_TEXT_SIZE = 160,
};

/* Zero-initialised is empty. */
struct problems {
	u32 count;  /* sentences kept in text */
	u32 missed; /* found after the list was full */
	char text[PROBLEMS_MAX][PROBLEM_TEXT_SIZE];
};

/* Formats: those of core/base/format.h. A sentence that is too long is cut. */
void problems_add(struct problems *list, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
