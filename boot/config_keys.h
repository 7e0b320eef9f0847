/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the table of the config module's keys, and reads values. For boot/config.c only. Pure. */
#pragma once

#include "boot/config.h"
#include "core/base/span.h"

enum { CONFIG_KEYS_MAX = 16 };

struct config_key {
	const char *name;
	const char *expected; /* description of a good value, for the message about a bad one */
	bool (*read)(struct span value, const struct config_key *key, void *field);
	size_t offset; /* of the field in struct vm_config */
	bool required;
	bool verbatim;			   /* '#' in the value is an ordinary character */
	const struct span_choice *choices; /* of a u32 */
	u32 min, max;			   /* limits of a number, and of the numbers in ranges */
};

extern const struct config_key config_keys[];
extern const u32 config_keys_count; /* at most CONFIG_KEYS_MAX */

/* Returns the key with this name, or NULL. */
const struct config_key *config_keys_find(struct span name);

/* Returns the key whose name differs least from name, or NULL if all differ too much. */
const struct config_key *config_keys_nearest(struct span name);

/* Stores the value of key in *vm. False: a bad value. */
bool config_keys_read(const struct config_key *key, struct span value, struct vm_config *vm);

/* Copies a guest's name: 1 to 31 characters of a-z 0-9 _ -. False: not such a name. */
bool config_keys_read_name(struct span value, char name[VM_NAME_SIZE]);
