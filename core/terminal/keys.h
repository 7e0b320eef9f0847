/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the ring of typed keys that no reader has removed yet. A key is lost if the
 * ring is full, unless the key is urgent. Pure; the caller locks.
 */
#pragma once

#include "core/base/types.h"

enum { KEYS_SIZE = 16384 }; /* room for a pasted text, while a guest reads slowly */

struct keys {
	u64 received, taken; /* keys put into and removed from the ring so far */
	char byte[KEYS_SIZE];
};

/* Adds a key. If the ring is full, an urgent key replaces the last key; others are lost. */
void keys_put(struct keys *keys, char c, bool urgent);

/* Gives the next key, which stays in the ring. False: the ring is empty. */
bool keys_peek(const struct keys *keys, char *c);

/* Removes all keys before the first c. False: the ring has no c, and all keys remain. */
bool keys_skip_to(struct keys *keys, char c);
