/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of keys, and the functions that read values. Never logs. Pure. */
#include "boot/config_keys.h"

#include "core/base/bits.h"
#include "core/base/string.h"

#define MEMORY_MIN (1ULL << 20)
#define MEMORY_MAX (1ULL << 44)

/*
 * A read function gets the key's row and a pointer to the member at the row's offset. It stores the
 * value there and returns true, or returns false for a bad value.
 */

static bool read_module(struct span value, const struct config_key *key, void *name)
{
	(void)key;
	for (size_t i = 0; i < value.len; i++)
		if (span_is_blank(value.at[i]))
			return false;
	return value.len > 0 && span_copy(value, name, VM_MODULE_SIZE);
}

static bool read_cmdline(struct span value, const struct config_key *key, void *cmdline)
{
	(void)key;
	return span_copy(value, cmdline, VM_CMDLINE_SIZE);
}

static bool read_memory(struct span value, const struct config_key *key, void *memory)
{
	static const struct span_choice shifts[] = {{"K", 10}, {"M", 20}, {"G", 30}, {0}};
	u64 number;
	u32 shift;

	(void)key;
	if (value.len == 0)
		return false;
	value.len--;
	if (!span_choose((struct span){value.at + value.len, 1}, shifts, &shift) ||
	    !span_number(value, MEMORY_MAX >> shift, &number))
		return false;
	number <<= shift;
	if (number < MEMORY_MIN || !is_aligned(number, PAGE_SIZE))
		return false;
	*(u64 *)memory = number;
	return true;
}

static bool read_number(struct span value, const struct config_key *key, void *field)
{
	u64 number;

	if (!span_number(value, key->max, &number) || number < key->min)
		return false;
	*(u32 *)field = (u32)number;
	return true;
}

/* Reads "N" or "N-M", with N and M at most max. */
static bool read_range(struct span value, u32 max, struct config_range *range)
{
	struct span first_text = span_take(&value, '-');
	bool single = value.at == first_text.at + first_text.len;
	u64 first, last;

	if (!span_number(span_trim(first_text), max, &first))
		return false;
	last = first;
	if (!single && !span_number(span_trim(value), max, &last))
		return false;
	*range = (struct config_range){(u32)first, (u32)last};
	return first <= last;
}

static bool read_ranges(struct span value, const struct config_key *key, void *ranges)
{
	struct config_ranges out = {0};
	struct span part;

	do {
		part = span_take(&value, ',');
		if (out.count == CONFIG_RANGES_MAX ||
		    !read_range(span_trim(part), key->max, &out.at[out.count++]))
			return false;
	} while (value.at != part.at + part.len); /* a comma was taken */
	*(struct config_ranges *)ranges = out;
	return true;
}

static bool read_choice(struct span value, const struct config_key *key, void *field)
{
	return span_choose(value, key->choices, field);
}

static const struct span_choice lazy_choices[] = {
	{"off", VM_LAZY_OFF}, {"zero", VM_LAZY_ZERO}, {"pager", VM_LAZY_PAGER}, {0}};

/* Reads "off", "zero" or "pager:VM". The row's offset is 0, since two members are set. */
static bool read_lazy(struct span value, const struct config_key *key, void *config)
{
	struct vm_config *vm = config;
	struct span pager = value;
	struct span word = span_take(&pager, ':');
	bool named = word.len < value.len;
	u32 lazy;

	(void)key;
	if (!span_choose(word, lazy_choices, &lazy) || named != (lazy == VM_LAZY_PAGER))
		return false;
	if (named && !config_keys_read_name(pager, vm->pager))
		return false;
	vm->lazy = lazy;
	return true;
}

static const struct span_choice apic_choices[] = {{"auto", VM_APIC_AUTO},
						  {"emulate", VM_APIC_EMULATE},
						  {"accelerate", VM_APIC_ACCELERATE},
						  {0}};
static const struct span_choice memtype_choices[] = {
	{"pat", VM_MEMTYPE_PAT}, {"wb", VM_MEMTYPE_WB}, {"mtrr", VM_MEMTYPE_MTRR}, {0}};
static const struct span_choice restart_choices[] = {{"never", VM_RESTART_NEVER},
						     {"on-failure", VM_RESTART_ON_FAILURE},
						     {"always", VM_RESTART_ALWAYS},
						     {0}};
static const struct span_choice on_choices[] = {{"on", true}, {"off", false}, {0}};
static const struct span_choice yes_choices[] = {{"yes", true}, {"no", false}, {0}};

const struct config_key config_keys[] = {
	// clang-format off
	{"kernel", "a module's name of up to 63 characters", read_module, offsetof(struct vm_config, kernel), .required = true},
	{"initrd", "a module's name of up to 63 characters", read_module, .offset = offsetof(struct vm_config, initrd)},
	{"cmdline", "up to 2047 characters", read_cmdline, offsetof(struct vm_config, cmdline), .verbatim = true},
	{"memory", "a number with K, M or G, 1M to 16384G in steps of 4K",
		read_memory, offsetof(struct vm_config, memory), .required = true},
	{"cpus", "a number from 1 to 255", read_number, offsetof(struct vm_config, cpus), .min = 1, .max = CONFIG_CPUS_MAX},
	{"affinity", "up to 16 CPU numbers or ranges, such as 0-1,4",
		read_ranges, offsetof(struct vm_config, affinity), .max = CONFIG_CPU_NUMBER_MAX},
	{"apic", "emulate|accelerate|auto", read_choice, offsetof(struct vm_config, apic), .choices = apic_choices},
	{"x2apic", "on|off", read_choice, offsetof(struct vm_config, x2apic), .choices = on_choices},
	{"memtype", "wb|pat|mtrr", read_choice, offsetof(struct vm_config, memtype), .choices = memtype_choices},
	{"lazy", "off|zero|pager:VM", read_lazy, .offset = 0},
	{"pager_timeout", "seconds, 0 to 86400; 0: without end",
		read_number, offsetof(struct vm_config, pager_timeout), .max = CONFIG_PAGER_TIMEOUT_MAX},
	{"ports", "up to 16 I/O ports or ranges, such as 0x510-0x511",
		read_ranges, offsetof(struct vm_config, ports), .max = UINT16_MAX},
	{"restart", "never|on-failure|always",
		read_choice, offsetof(struct vm_config, restart), .choices = restart_choices},
	{"autostart", "yes|no", read_choice, offsetof(struct vm_config, autostart), .choices = yes_choices},
	{"privileged", "yes|no", read_choice, offsetof(struct vm_config, privileged), .choices = yes_choices},
	// clang-format on
};

const u32 config_keys_count = ARRAY_SIZE(config_keys);
static_assert(ARRAY_SIZE(config_keys) <= CONFIG_KEYS_MAX, "the parser keeps a line for each key");

const struct config_key *config_keys_find(struct span name)
{
	for (u32 i = 0; i < config_keys_count; i++)
		if (span_equal(name, config_keys[i].name))
			return &config_keys[i];
	return NULL;
}

enum { SLIP_LENGTH_MAX = 16, SLIP_DISTANCE_MAX = 2 };

const struct config_key *config_keys_nearest(struct span name)
{
	const struct config_key *nearest = NULL;
	u32 least = SLIP_DISTANCE_MAX + 1;

	if (name.len > SLIP_LENGTH_MAX)
		return NULL;
	for (u32 i = 0; i < config_keys_count; i++) {
		u32 d = span_distance(name, span_of(config_keys[i].name));

		if (d >= least || d >= name.len)
			continue;
		least = d;
		nearest = &config_keys[i];
	}
	return nearest;
}

bool config_keys_read(const struct config_key *key, struct span value, struct vm_config *vm)
{
	return key->read(value, key, (char *)vm + key->offset);
}

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool config_keys_read_name(struct span value, char name[VM_NAME_SIZE])
{
	for (size_t i = 0; i < value.len; i++)
		if (!is_name_character(value.at[i]))
			return false;
	return value.len > 0 && span_copy(value, name, VM_NAME_SIZE);
}
