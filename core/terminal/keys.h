/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was typed and nobody has taken yet. What finds no room is lost, but for
 * one key, which always gets through. Pure; the caller locks.
 */
#pragma once

#include "core/base/types.h"

enum { KEYS_SIZE = 16384 }; /* a pasted text, for who reads slowly */

struct keys {
	u64 received, taken; /* ever */
	char byte[KEYS_SIZE];
};

/* urgent: when there is no room it takes the place of the last one. */
void keys_put(struct keys *keys, char c, bool urgent);

/* The next one, which stays; false: there is none. */
bool keys_peek(const struct keys *keys, char *c);

/* Forgets all before the first c; false: there is none, and nothing is forgotten. */
bool keys_skip_to(struct keys *keys, char c);
