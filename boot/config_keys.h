/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the keys of the config module, and reads their values. Pure. For boot/config.c only. */
#pragma once

#include "boot/config.h"
#include "core/base/span.h"

enum { CONFIG_KEYS_MAX = 16 };

struct config_key {
	const char *name;
	const char *expected; /* what a value must be, for the message about a bad one */
	bool (*read)(struct span value, const struct config_key *key, void *field);
	size_t offset; /* of the field in struct vm_config */
	bool required;
	bool verbatim;			   /* '#' in the value is an ordinary character */
	const struct span_choice *choices; /* of a u32 */
	u32 min, max;			   /* of a number, or of those in ranges */
};

extern const struct config_key config_keys[];
extern const u32 config_keys_count; /* at most CONFIG_KEYS_MAX */

/* NULL: no such key. */
const struct config_key *config_keys_find(struct span name);

/* The key whose name is nearest, if it is near enough to be meant, or NULL. */
const struct config_key *config_keys_nearest(struct span name);

/* Stores the value in *vm. False: a bad value. */
bool config_keys_read(const struct config_key *key, struct span value, struct vm_config *vm);

/* Copies a guest's name: 1 to 31 of a-z 0-9 _ - */
bool config_keys_read_name(struct span value, char name[VM_NAME_SIZE]);
