/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the keys that were typed and not yet taken. A key without room is lost,
 * unless it is urgent. Pure; the caller locks.
 */
#pragma once

#include "core/base/types.h"

enum { KEYS_SIZE = 16384 }; /* room for a pasted text, while a guest reads slowly */

struct keys {
	u64 received, taken; /* how many so far */
	char byte[KEYS_SIZE];
};

/* Adds a key. Without room an urgent key replaces the last one. */
void keys_put(struct keys *keys, char c, bool urgent);

/* The next key, which remains; false: there is none. */
bool keys_peek(const struct keys *keys, char *c);

/* Removes all keys before the first c; false: there is no c, and all keys remain. */
bool keys_skip_to(struct keys *keys, char c);
