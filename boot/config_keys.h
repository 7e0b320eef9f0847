/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of the config module and how their values are read. Pure. For boot/config.c only. */
#pragma once

#include "boot/config.h"
#include "boot/span.h"

enum { CONFIG_KEYS_MAX = 16 };

struct config_key {
	const char *name;
	const char *want; /* for the message about a bad value */
	bool required;
	bool verbatim; /* '#' in the value is an ordinary character */
	const struct span_choice *choices;
	size_t offset; /* of the u32 that a choice sets */
	bool (*read)(struct span value, struct vm_config *vm);
};

extern const struct config_key config_keys[];
extern const u32 config_key_count; /* at most CONFIG_KEYS_MAX */

/* NULL: no such key. */
const struct config_key *config_key_find(struct span name);

/* The key that name is probably a slip for, or NULL. */
const struct config_key *config_key_nearest(struct span name);

/* Stores the value in *vm. False: a bad value. */
bool config_key_read(const struct config_key *key, struct span value, struct vm_config *vm);

/* A guest's name: 1 to 31 of a-z 0-9 _ - */
bool config_name_read(struct span value, char name[VM_NAME_SIZE]);
