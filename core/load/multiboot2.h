/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the header of a multiboot 2 kernel says, read into plain C; and the
 * types of information tags, which it may demand. Pure. For
 * core/load_multiboot2*.c only.
 */
#pragma once

#include "core/load/image.h"

/* "Boot information format": types of its tags. */
enum {
	INFO_END = 0,
	INFO_TAG_CMDLINE = 1,
	INFO_TAG_LOADER_NAME = 2,
	INFO_MODULE = 3,
	INFO_BASIC_MEMORY = 4,
	INFO_TAG_MEMORY_MAP = 6,
	INFO_ELF_SYMBOLS = 9,
	INFO_ACPI_OLD = 14,
	INFO_ACPI_NEW = 15,
	INFO_LOAD_BASE = 21,
	INFO_LAST = INFO_LOAD_BASE, /* of the types that the specification has */
};

/* Of a relocatable image. */
enum { PREFER_LOWEST = 1, PREFER_HIGHEST = 2 };

/* What the tags of the header say. */
struct multiboot2_header {
	u32 at, length; /* offset in the file; bytes */
	bool has_addresses, has_entry, relocatable;
	struct load_addresses addresses;
	u32 entry;
	u32 lowest, highest, align, preference; /* of a relocatable image */
};

/*
 * Reads the header that load_multiboot2_find has found. ERR_INVALID: malformed.
 * ERR_UNSUPPORTED: it demands what a guest cannot be given; err names it.
 */
enum status load_multiboot2_read(const struct load_request *request,
				 struct multiboot2_header *header, struct error *err) must_check;
