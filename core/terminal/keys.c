/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of typed keys. */
#include "core/terminal/keys.h"

void keys_put(struct keys *keys, char c, bool urgent)
{
	if (keys->received - keys->taken < KEYS_SIZE)
		keys->byte[keys->received++ % KEYS_SIZE] = c;
	else if (urgent)
		keys->byte[(keys->received - 1) % KEYS_SIZE] = c;
}

bool keys_peek(const struct keys *keys, char *c)
{
	*c = keys->byte[keys->taken % KEYS_SIZE];
	return keys->taken != keys->received;
}

bool keys_skip_to(struct keys *keys, char c)
{
	for (u64 at = keys->taken; at != keys->received; at++) {
		if (keys->byte[at % KEYS_SIZE] == c) {
			keys->taken = at;
			return true;
		}
	}
	return false;
}
