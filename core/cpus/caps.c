/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compares and narrows capability snapshots by their tables, and owns the table of the
 * members that do not depend on the vendor. Pure; never reads a register.
 */
#include "core/cpus/caps.h"

#include "core/base/format.h"
#include "core/base/string.h"

/* SDM 3A "IA32_MTRRCAP Register", "IA32_MTRR_DEF_TYPE Register". Firmware alone uses SMRRs. */
static const struct caps_bit mtrr_cap_bits[] = {{8, "fixed ranges"}, {10, "WC"}, {0}};
static const struct caps_bit mtrr_def_type_bits[] = {
	{10, "fixed ranges on"}, {11, "MTRRs on"}, {0}};

#define MTRR_CAP_MASK	   (BITS(8, 0) | BIT(10))
#define MTRR_DEF_TYPE_MASK (BITS(7, 0) | BITS(11, 10))

// clang-format off
static const struct caps_field cpu_fields[] = {
	{"IA32_MTRRCAP", CAPS_SAME, 1, offsetof(struct cpu_caps, mtrr_cap), MTRR_CAP_MASK,
		.bits = mtrr_cap_bits},
	{"IA32_MTRR_DEF_TYPE", CAPS_SETTING, 1, offsetof(struct cpu_caps, mtrr_def_type),
		MTRR_DEF_TYPE_MASK, .bits = mtrr_def_type_bits},
	{"IA32_MTRR_FIX64K_00000", CAPS_SETTING, 1, offsetof(struct cpu_caps, mtrr_fixed[0]), .mask = ~0ULL},
	{"IA32_MTRR_FIX16K_80000", CAPS_SETTING, 1, offsetof(struct cpu_caps, mtrr_fixed[1]), .mask = ~0ULL},
	{"IA32_MTRR_FIX16K_A0000", CAPS_SETTING, 1, offsetof(struct cpu_caps, mtrr_fixed[2]), .mask = ~0ULL},
	{"IA32_MTRR_FIX4K_C0000", CAPS_SETTING, 1, offsetof(struct cpu_caps, mtrr_fixed[3]), .mask = ~0ULL},
	{"IA32_MTRR_FIX4K_C8000", CAPS_SETTING, 1, offsetof(struct cpu_caps, mtrr_fixed[4]), .mask = ~0ULL},
	{"IA32_MTRR_FIX4K_D0000", CAPS_SETTING, 1, offsetof(struct cpu_caps, mtrr_fixed[5]), .mask = ~0ULL},
	{"IA32_MTRR_FIX4K_D8000", CAPS_SETTING, 1, offsetof(struct cpu_caps, mtrr_fixed[6]), .mask = ~0ULL},
	{"IA32_MTRR_FIX4K_E0000", CAPS_SETTING, 1, offsetof(struct cpu_caps, mtrr_fixed[7]), .mask = ~0ULL},
	{"IA32_MTRR_FIX4K_E8000", CAPS_SETTING, 1, offsetof(struct cpu_caps, mtrr_fixed[8]), .mask = ~0ULL},
	{"IA32_MTRR_FIX4K_F0000", CAPS_SETTING, 1, offsetof(struct cpu_caps, mtrr_fixed[9]), .mask = ~0ULL},
	{"IA32_MTRR_FIX4K_F8000", CAPS_SETTING, 1, offsetof(struct cpu_caps, mtrr_fixed[10]), .mask = ~0ULL},
	{"IA32_MTRR_PHYSBASE", CAPS_SETTING, MTRR_VARIABLE_MAX,
		offsetof(struct cpu_caps, mtrr_base), .mask = ~0ULL},
	{"IA32_MTRR_PHYSMASK", CAPS_SETTING, MTRR_VARIABLE_MAX,
		offsetof(struct cpu_caps, mtrr_mask), .mask = ~0ULL},
	{"APIC_VERSION", CAPS_LIMIT, 1, offsetof(struct cpu_caps, apic_version), .mask = BITS(7, 0)},
	{"APIC_MAX_LVT", CAPS_LIMIT, 1, offsetof(struct cpu_caps, apic_version), .mask = BITS(23, 16)},
	{"APIC_EOI_SUPPRESSION", CAPS_FEATURES, 1, offsetof(struct cpu_caps, apic_version), .mask = BIT(24)},
	{"APIC_ID_BITS", CAPS_LIMIT, 1, offsetof(struct cpu_caps, apic_id_bits), .mask = ~0ULL},
	{"TSC_KHZ", CAPS_RATE, 1, offsetof(struct cpu_caps, tsc_khz), .mask = ~0ULL},
};
// clang-format on

static_assert(offsetof(struct cpu_caps, tsc_noise_khz) ==
		      offsetof(struct cpu_caps, tsc_khz) + sizeof(u64),
	      "CAPS_RATE finds the noise behind the rate");
static_assert(sizeof(struct cpu_caps) <= UINT16_MAX, "offsets are 16 bits wide");

const struct caps_table cpu_caps_table = {cpu_fields, ARRAY_SIZE(cpu_fields), caps_cpuid_field};

/* One member of a row. */
struct place {
	struct caps_field field;
	u32 index;
};

static bool read_row(const struct caps_table *table, u32 row, struct caps_field *field)
{
	if (row < table->count) {
		*field = table->fields[row];
		return true;
	}
	return table->computed && table->computed(row - table->count, field);
}

static bool next_member(const struct caps_table *table, struct caps_cursor *cursor,
			struct place *place)
{
	while (read_row(table, cursor->row, &place->field)) {
		if (place->field.mask != 0 && cursor->index < place->field.count) {
			place->index = cursor->index++;
			return true;
		}
		cursor->row++;
		cursor->index = 0;
	}
	return false;
}

static size_t offset_of(const struct place *place)
{
	return place->field.offset + place->index * sizeof(u64);
}

static const u64 *member(const struct place *place, const void *caps)
{
	return (const u64 *)((const u8 *)caps + offset_of(place));
}

static void name_of(const struct place *place, char name[CAPS_NAME_SIZE])
{
	if (place->field.count == 1)
		format_text(name, CAPS_NAME_SIZE, "%s", place->field.name);
	else
		format_text(name, CAPS_NAME_SIZE, "%s%u", place->field.name, place->index);
}

/* a and b point to a rate and its noise. */
static bool rates_differ(const u64 *a, const u64 *b)
{
	u64 apart = max_u64(a[0], b[0]) - min_u64(a[0], b[0]);

	return apart > max_u64(a[0], b[0]) / CAPS_RATE_TOLERANCE + a[1] + b[1];
}

static bool differ(const struct place *place, const void *reference, const void *other)
{
	const u64 *a = member(place, reference), *b = member(place, other);

	if (place->field.kind == CAPS_RATE)
		return rates_differ(a, b);
	return (*a ^ *b) & place->field.mask;
}

/* The value that CPUs with a and with b have in common; a is the view's, so far. */
static u64 common(enum caps_kind kind, u64 a, u64 b)
{
	switch (kind) {
	case CAPS_FEATURES:
		return a & b;
	case CAPS_CAUTIONS:
		return a | b;
	case CAPS_LIMIT:
		return min_u64(a, b);
	case CAPS_LAYOUT:
		return a && b ? a : 0;
	default:
		return a;
	}
}

/* A text of at most CAPS_DETAIL_SIZE bytes to which names are added until it is full. */
struct list {
	char *text;
	size_t length;
	bool cut;
};

static void add(struct list *list, const char *before, const char *name)
{
	static const char more[] = ", ...";
	size_t room = CAPS_DETAIL_SIZE - list->length;

	if (list->cut)
		return;
	list->cut = strlen(before) + strlen(name) + sizeof(more) > room;
	list->length +=
		list->cut ? format_text(list->text + list->length, room, "%s", more)
			  : format_text(list->text + list->length, room, "%s%s", before, name);
}

/* The name of the bit; "bit N" for an unnamed one; NULL if the bit is part of a number. */
static const char *bit_name(const struct caps_field *field, unsigned bit, char unnamed[8])
{
	const char *name = NULL;

	for (const struct caps_bit *b = field->bits; b && b->name; b++)
		if (b->bit == bit)
			name = b->name;
	if (!field->bits && field->leaf)
		name = caps_cpuid_bit(field->leaf, field->reg, bit);
	if (name || (field->kind != CAPS_FEATURES && field->kind != CAPS_CAUTIONS))
		return name;
	format_text(unnamed, 8, "bit %u", bit);
	return unnamed;
}

static void add_bits(struct list *list, const struct caps_field *field, u64 bits, const char *title)
{
	const char *before = title;
	char unnamed[8];

	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = bits & BIT(bit) ? bit_name(field, bit, unnamed) : NULL;

		if (!name)
			continue;
		if (before == title && list->length)
			add(list, "; ", "");
		add(list, before, name);
		before = ", ";
	}
}

static void describe(const struct place *place, u64 reference, u64 other, char *text)
{
	struct list list = {.text = text};

	text[0] = '\0';
	add_bits(&list, &place->field, reference & ~other & place->field.mask, "missing: ");
	add_bits(&list, &place->field, other & ~reference & place->field.mask, "extra: ");
}

/* The value to show: a limit without the other bits of its register, else the whole member. */
static u64 shown_value(const struct place *place, const void *caps)
{
	u64 value = *member(place, caps), mask = place->field.mask;

	return place->field.kind == CAPS_LIMIT ? (value & mask) >> __builtin_ctzll(mask) : value;
}

/* Limits and rates in decimal, but limits from 2^31 on (extended leaves) and others in hex. */
static void print_value(enum caps_kind kind, u64 value, char text[CAPS_VALUE_SIZE])
{
	bool decimal = (kind == CAPS_LIMIT || kind == CAPS_RATE) && value < BIT(31);

	format_text(text, CAPS_VALUE_SIZE, decimal ? "%llu" : "0x%llx", value);
}

static bool find(const struct caps_table *table, const void *reference, const void *other,
		 struct caps_cursor *cursor, struct caps_difference *difference,
		 bool (*is_found)(const struct place *, const void *, const void *))
{
	struct place place;

	while (next_member(table, cursor, &place)) {
		if (!is_found(&place, reference, other))
			continue;
		difference->kind = (enum caps_kind)place.field.kind;
		difference->reference = shown_value(&place, reference);
		difference->other = shown_value(&place, other);
		name_of(&place, difference->name);
		describe(&place, *member(&place, reference), *member(&place, other),
			 difference->detail);
		return true;
	}
	return false;
}

bool caps_compare(const struct caps_table *table, const void *reference, const void *other,
		  struct caps_cursor *cursor, struct caps_difference *difference)
{
	return find(table, reference, other, cursor, difference, differ);
}

/* True if caps_intersect with other would change this member of view. */
static bool narrows(const struct place *place, const void *view, const void *other)
{
	u64 mask = place->field.mask, value = *member(place, view) & mask;

	return common((enum caps_kind)place->field.kind, value, *member(place, other) & mask) !=
	       value;
}

bool caps_lacks(const struct caps_table *table, const void *view, const void *other,
		struct caps_difference *difference)
{
	struct caps_cursor cursor = {0};

	return find(table, view, other, &cursor, difference, narrows);
}

bool caps_next(const struct caps_table *table, const void *caps, struct caps_cursor *cursor,
	       char name[CAPS_NAME_SIZE], char value[CAPS_VALUE_SIZE])
{
	struct place place;

	if (!next_member(table, cursor, &place))
		return false;
	name_of(&place, name);
	print_value((enum caps_kind)place.field.kind, shown_value(&place, caps), value);
	return true;
}

void caps_describe(const struct caps_difference *difference, char *text, size_t size)
{
	bool detailed = difference->detail[0] != '\0';
	char other[CAPS_VALUE_SIZE], reference[CAPS_VALUE_SIZE];

	print_value(difference->kind, difference->other, other);
	print_value(difference->kind, difference->reference, reference);
	format_text(text, size, "%s %s differs from cpu0 %s%s%s%s", difference->name, other,
		    reference, detailed ? " (" : "", difference->detail, detailed ? ")" : "");
}

bool caps_has_common(const struct caps_difference *difference)
{
	switch (difference->kind) {
	case CAPS_SAME:
	case CAPS_RATE:
		return false;
	case CAPS_LAYOUT:
		return difference->reference == 0 || difference->other == 0;
	default:
		return true;
	}
}

void caps_intersect(const struct caps_table *table, void *view, const void *other)
{
	struct caps_cursor cursor = {0};
	struct place place;

	while (next_member(table, &cursor, &place)) {
		u64 mask = place.field.mask;
		u64 *value = (u64 *)((u8 *)view + offset_of(&place));

		*value = (*value & ~mask) | common((enum caps_kind)place.field.kind, *value & mask,
						   *member(&place, other) & mask);
	}
}

/* A different value of the same kind that differs in as few bits as possible. */
static u64 altered(const struct caps_field *field, u64 value)
{
	u64 mask = field->mask, part = value & mask, lowest = mask & (0 - mask);

	if (field->kind == CAPS_RATE)
		return value * 2 + 1;
	if (part == 0)
		return value ^ lowest;
	if (field->kind == CAPS_LIMIT)
		return value - lowest;
	return value ^ BIT(63 - __builtin_clzll(part));
}

bool caps_alter(const struct caps_table *table, void *caps, const char *name)
{
	struct caps_cursor cursor = {0};
	struct place place;
	char found[CAPS_NAME_SIZE];

	while (next_member(table, &cursor, &place)) {
		u64 *value = (u64 *)((u8 *)caps + offset_of(&place));

		name_of(&place, found);
		if (strcmp(found, name) != 0)
			continue;
		*value = altered(&place.field, *value);
		return true;
	}
	return false;
}
