/* SPDX-License-Identifier: BSD-2-Clause */
/* Searches AML for the encoding of \_S5; never interprets AML (ACPI "AML Grammar Definition").
 * Pure. */
#include "boot/acpi_sleep.h"

#include "core/base/string.h"

enum {
	AML_ZERO = 0x00,
	AML_ONE = 0x01,
	AML_NAME = 0x08,
	AML_BYTE = 0x0a,
	AML_PACKAGE = 0x12,
	AML_ROOT = '\\',
	NAME_SIZE = 4,
	SLEEP_TYPE_MAX = 7,
};

/* Decodes a sleep type, a constant from 0 to 7, at aml[*at], and moves *at past it. */
static bool read_integer(const u8 *aml, size_t size, size_t *at, u8 *out)
{
	if (*at < size && (aml[*at] == AML_ZERO || aml[*at] == AML_ONE)) {
		*out = aml[(*at)++];
		return true;
	}
	if (*at + 1 >= size || aml[*at] != AML_BYTE || aml[*at + 1] > SLEEP_TYPE_MAX)
		return false;
	*out = aml[*at + 1];
	*at += 2;
	return true;
}

/*
 * Decodes the first two elements of a package: opcode, length, element count, elements. Bits 7:6
 * of the first byte of the length are the number of length bytes after it.
 */
static bool read_package(const u8 *aml, size_t size, size_t at, struct acpi_sleep_types *out)
{
	if (at + 1 >= size || aml[at] != AML_PACKAGE)
		return false;
	at += 2u + (aml[at + 1] >> 6) + 1;
	return read_integer(aml, size, &at, &out->a) && read_integer(aml, size, &at, &out->b);
}

/* True if the name at aml[at], with or without a root prefix, is the operand of Name(). */
static bool is_named(const u8 *aml, size_t at)
{
	if (at >= 1 && aml[at - 1] == AML_NAME)
		return true;
	return at >= 2 && aml[at - 1] == AML_ROOT && aml[at - 2] == AML_NAME;
}

bool acpi_sleep_find_s5(const u8 *aml, size_t size, struct acpi_sleep_types *out)
{
	for (size_t at = 0; at + NAME_SIZE <= size; at++)
		if (memcmp(aml + at, "_S5_", NAME_SIZE) == 0 && is_named(aml, at) &&
		    read_package(aml, size, at + NAME_SIZE, out))
			return true;
	return false;
}
