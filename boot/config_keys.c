/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the table of the config module's keys: one row a key, with its values.
 * Never looks at lines or at other guests. Pure.
 */
#include "boot/config_keys.h"

#include "core/base/bits.h"
#include "core/base/string.h"

#define MEMORY_MIN (1ULL << 20)
#define MEMORY_MAX (1ULL << 44)

static bool read_module(struct span value, char name[VM_MODULE_SIZE])
{
	for (size_t i = 0; i < value.len; i++)
		if (span_is_blank(value.at[i]))
			return false;
	return value.len > 0 && span_copy(value, name, VM_MODULE_SIZE);
}

static bool read_kernel(struct span value, struct vm_config *vm)
{
	return read_module(value, vm->kernel);
}

static bool read_initrd(struct span value, struct vm_config *vm)
{
	return read_module(value, vm->initrd);
}

static bool read_cmdline(struct span value, struct vm_config *vm)
{
	return span_copy(value, vm->cmdline, VM_CMDLINE_SIZE);
}

/* Bits to shift by for the suffix of an amount of memory, or 0. */
static unsigned suffix_shift(char suffix)
{
	switch (suffix) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	default:
		return 0;
	}
}

static bool read_memory(struct span value, struct vm_config *vm)
{
	unsigned shift = value.len > 0 ? suffix_shift(value.at[value.len - 1]) : 0;
	u64 number;

	if (shift == 0)
		return false;
	value.len--;
	if (!span_number(value, MEMORY_MAX >> shift, &number))
		return false;
	number <<= shift;
	if (number < MEMORY_MIN || !is_aligned(number, PAGE_SIZE))
		return false;
	vm->memory = number;
	return true;
}

static bool read_cpus(struct span value, struct vm_config *vm)
{
	u64 number;

	if (!span_number(value, CONFIG_CPUS_MAX, &number) || number == 0)
		return false;
	vm->cpus = (u32)number;
	return true;
}

/* N or N-M, each at most max. */
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

static bool read_ranges(struct span value, u32 max, struct config_ranges *ranges)
{
	struct config_ranges out = {0};
	struct span part;

	do {
		part = span_take(&value, ',');
		if (out.count == CONFIG_RANGES_MAX ||
		    !read_range(span_trim(part), max, &out.at[out.count++]))
			return false;
	} while (value.at != part.at + part.len); /* a comma was taken */
	*ranges = out;
	return true;
}

static bool read_affinity(struct span value, struct vm_config *vm)
{
	return read_ranges(value, CONFIG_CPU_NUMBER_MAX, &vm->affinity);
}

static bool read_ports(struct span value, struct vm_config *vm)
{
	return read_ranges(value, UINT16_MAX, &vm->ports);
}

static const struct span_choice lazy_choices[] = {
	{"off", VM_LAZY_OFF}, {"zero", VM_LAZY_ZERO}, {"pager", VM_LAZY_PAGER}, {0}};

/* off | zero | pager:VM */
static bool read_lazy(struct span value, struct vm_config *vm)
{
	struct span pager = value;
	struct span word = span_take(&pager, ':');
	bool named = word.len < value.len;
	u32 lazy;

	if (!span_choose(word, lazy_choices, &lazy) || named != (lazy == VM_LAZY_PAGER))
		return false;
	if (named && !config_name_read(pager, vm->pager))
		return false;
	vm->lazy = lazy;
	return true;
}

static bool read_pager_timeout(struct span value, struct vm_config *vm)
{
	u64 number;

	if (!span_number(value, CONFIG_PAGER_TIMEOUT_MAX, &number))
		return false;
	vm->pager_timeout = (u32)number;
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
	{"kernel", "a module's name of up to 63 characters", .read = read_kernel, .required = true},
	{"initrd", "a module's name of up to 63 characters", .read = read_initrd},
	{"cmdline", "up to 2047 characters", .read = read_cmdline, .verbatim = true},
	{"memory", "a number with K, M or G, 1M to 16384G in steps of 4K",
		.read = read_memory, .required = true},
	{"cpus", "a number from 1 to 255", .read = read_cpus},
	{"affinity", "up to 16 CPU numbers or ranges, such as 0-1,4", .read = read_affinity},
	{"apic", "emulate|accelerate|auto",
		.choices = apic_choices, .offset = offsetof(struct vm_config, apic)},
	{"x2apic", "on|off", .choices = on_choices, .offset = offsetof(struct vm_config, x2apic)},
	{"memtype", "wb|pat|mtrr",
		.choices = memtype_choices, .offset = offsetof(struct vm_config, memtype)},
	{"lazy", "off|zero|pager:VM", .read = read_lazy},
	{"pager_timeout", "seconds, 0 to 86400; 0: without end", .read = read_pager_timeout},
	{"ports", "up to 16 I/O ports or ranges, such as 0x510-0x511", .read = read_ports},
	{"restart", "never|on-failure|always",
		.choices = restart_choices, .offset = offsetof(struct vm_config, restart)},
	{"autostart", "yes|no",
		.choices = yes_choices, .offset = offsetof(struct vm_config, autostart)},
	{"privileged", "yes|no",
		.choices = yes_choices, .offset = offsetof(struct vm_config, privileged)},
	// clang-format on
};

const u32 config_key_count = ARRAY_SIZE(config_keys);
static_assert(ARRAY_SIZE(config_keys) <= CONFIG_KEYS_MAX, "the parser keeps a line for each key");

const struct config_key *config_key_find(struct span name)
{
	for (u32 i = 0; i < config_key_count; i++)
		if (span_equal(name, config_keys[i].name))
			return &config_keys[i];
	return NULL;
}

enum { SLIP_LENGTH_MAX = 16, SLIP_DISTANCE_MAX = 2 };

/* How many characters to insert, delete or replace between a and b (Levenshtein); a.len bounded. */
static size_t distance(struct span a, struct span b)
{
	size_t row[SLIP_LENGTH_MAX + 1];

	for (size_t i = 0; i <= a.len; i++)
		row[i] = i;
	for (size_t j = 1; j <= b.len; j++) {
		size_t diagonal = row[0];

		row[0] = j;
		for (size_t i = 1; i <= a.len; i++) {
			size_t replaced = diagonal + (a.at[i - 1] != b.at[j - 1]);
			size_t moved = min_u64(row[i], row[i - 1]) + 1;

			diagonal = row[i];
			row[i] = min_u64(replaced, moved);
		}
	}
	return row[a.len];
}

const struct config_key *config_key_nearest(struct span name)
{
	const struct config_key *nearest = NULL;
	size_t least = SLIP_DISTANCE_MAX + 1;

	if (name.len > SLIP_LENGTH_MAX)
		return NULL;
	for (u32 i = 0; i < config_key_count; i++) {
		size_t d = distance(name, span_of(config_keys[i].name));

		if (d >= least || d >= name.len)
			continue;
		least = d;
		nearest = &config_keys[i];
	}
	return nearest;
}

bool config_key_read(const struct config_key *key, struct span value, struct vm_config *vm)
{
	if (key->read)
		return key->read(value, vm);
	return span_choose(value, key->choices, (u32 *)((char *)vm + key->offset));
}

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool config_name_read(struct span value, char name[VM_NAME_SIZE])
{
	for (size_t i = 0; i < value.len; i++)
		if (!is_name_character(value.at[i]))
			return false;
	return value.len > 0 && span_copy(value, name, VM_NAME_SIZE);
}
